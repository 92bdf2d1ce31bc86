"""Gaussian splats in a world that is turned: places, axes, and colours by direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from multisynth.scenes.poses import quaternion

from .gaussians import Gaussians

_DIRECTIONS = 64
"""At which harmonics are compared: several times the 7 of the widest band, so that the fit is well conditioned."""


def turned(gaussians: Gaussians, rotation: np.ndarray) -> Gaussians:
    """The same splats where x has become R x, so that a camera that turns with them sees the same.

    Args:
        gaussians: In the old world.
        rotation: R. [3, 3]
    """
    w, x, y, z = quaternion(rotation)
    product = np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]])  # of R's quaternion and another
    return replace(
        gaussians,
        means=_by(rotation, gaussians.means),
        quaternions=_by(product, gaussians.quaternions),
        harmonics=_turned_harmonics(gaussians.harmonics, rotation),
    )


def _turned_harmonics(harmonics: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Coefficients [N, (D + 1)², 3] whose colour in the direction R d is the old one in the direction d."""
    degree = round(harmonics.shape[1] ** 0.5) - 1
    found = harmonics.copy()
    if degree:
        directions = _spread(_DIRECTIONS)
        before, after = _basis(degree, directions), _basis(degree, directions @ rotation.T)
    for band in range(1, degree + 1):
        own = slice(band**2, (band + 1) ** 2)
        # a rotation keeps each band to itself, so there is an exact solution: Wigner's D of real harmonics
        matrix = np.linalg.lstsq(after[:, own], before[:, own], rcond=None)[0].astype(np.float32)
        found[:, own] = np.einsum("ij,njc->nic", matrix, harmonics[:, own])
    return found


def _basis(degree: int, directions: np.ndarray) -> np.ndarray:
    """Real harmonics up to a degree, those that splats are seen with. [K, 3] unit length → [K, 16]"""
    from .kernels.harmonics import bases

    values = np.zeros((16, len(directions)))
    bases.py_func(degree, *directions.T, values)
    return values.T


def _spread(count: int) -> np.ndarray:
    """Directions about evenly over the sphere (a Fibonacci lattice). [K, 3]"""
    z = 1 - (2 * np.arange(count) + 1) / count
    around, across = np.pi * (3 - 5**0.5) * np.arange(count), np.sqrt(1 - z * z)
    return np.stack([across * np.cos(around), across * np.sin(around), z], -1)


def _by(matrix: np.ndarray, rows: np.ndarray) -> np.ndarray:
    product: np.ndarray = (rows.astype(np.float64) @ matrix.T).astype(np.float32)
    return product
