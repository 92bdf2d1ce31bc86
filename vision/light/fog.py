"""Fog by Koschmieder's law (Koschmieder, Theorie der horizontalen Sichtweite, 1924), along the ray:

    L = L₀ e^(−βd) + A (1 − e^(−βd))

β is the extinction of light a metre, the same for all colours, as droplets are larger than wavelengths; A is the
airlight: the radiance of fog without end. It is exact for a homogeneous medium of single-scattering albedo 1 in even
light A from all around, where what scatters out of the ray is replaced from everywhere; it has no shafts of light and
no glow around lamps, and fog does not dim what lights the scene.
"""

from __future__ import annotations

import numpy as np

from ..cameras.lenses import unit_rays
from ..cameras.viewpoint import Viewpoint

CONTRAST = 0.05
"""Of a black target at the meteorological optical range (WMO-No. 8, Guide to Instruments, chapter 9; ICAO Annex 3).

Koschmieder's own threshold was 2 %, with which β = 3.912/V instead of 2.996/V.
"""


def extinction(visibility: float) -> float:
    """β = ln(1/0.05)/V, 1/m, of a meteorological optical range V in m.

    Raises:
        ValueError: The range is not above 0.
    """
    if not visibility > 0:
        raise ValueError(f"a visibility is above 0 m, not {visibility}")
    return float(-np.log(CONTRAST) / visibility)


def transmittance(distance: np.ndarray, beta: float | np.ndarray) -> np.ndarray:
    """Share of the light that arrives unscattered, e^(−βd); none from infinity unless β is 0.

    Args:
        distance: m along the ray, 0 where nothing is: that is infinitely far. [H, W]
        beta: Extinction, 1/m; one, or one a channel. [] or [C]

    Returns:
        [H, W] float32, or [H, W, C] for C coefficients.
    """
    beta = np.asarray(beta, np.float32)
    far = distance <= 0
    depth = -distance.astype(np.float32)
    if not beta.ndim:
        share = np.exp(depth * beta)
        share[far] = 0 if beta > 0 else 1
        return share
    shares = np.exp(depth[..., None] * beta)
    shares[far] = beta <= 0
    return shares


def fog(
    radiance: np.ndarray,  # [H, W, 3] linear
    distance: np.ndarray,  # [H, W] m along the ray, 0: sky
    visibility: float,  # m, meteorological optical range
    airlight: np.ndarray | tuple[float, float, float],  # [3] radiance of endless fog
) -> np.ndarray:
    """What is seen through fog; where nothing is, airlight. [H, W, 3] float32

    Raises:
        ValueError: The visibility is not above 0.
    """
    share = transmittance(distance, extinction(visibility))[..., None]
    light = np.asarray(airlight, np.float32)
    return (radiance - light) * share + light


def under_sky(distance: np.ndarray, view: Viewpoint, top: float) -> np.ndarray:
    """The way through a layer of fog, where nothing stands in it: up to its top, and without end below the horizon.

    Args:
        distance: m along the ray, 0 where nothing is. [H, W]
        view: The camera; its world has z up.
        top: Height of the layer's top above the camera, m.

    Returns:
        m, 0 where the fog has no end. [H, W] float32
    """
    rise = unit_rays(view) @ view.world_to_camera[:3, 2]
    above = np.where(rise > 1e-9, top / np.maximum(rise, 1e-9), 0)
    return np.where(distance > 0, distance, np.nan_to_num(above)).astype(np.float32)
