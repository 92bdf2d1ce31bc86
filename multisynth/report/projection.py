"""Where points of the world stand in a frame or view, by its lens as OpenCV has it; and turning them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multisynth.report.words import given
from multisynth.sample import Sample

_NEAR = 1e-3
"""m in front of the camera, at least."""


def project(sample: Sample, points: np.ndarray) -> np.ndarray:
    """Places in px, NaN for what is behind the camera or where nobody knows the camera.

    Args:
        sample: A frame or view: `intrinsics`, `world_to_camera`, `lens`, `distortion`.
        points: World. [N, 3]

    Returns:
        [N, 2] float64
    """
    if sample["intrinsics"] is None or sample["world_to_camera"] is None:
        return np.full((len(points), 2), np.nan)
    camera = points.astype(np.float64) @ sample["world_to_camera"][:3, :3].T + sample["world_to_camera"][:3, 3]
    with np.errstate(all="ignore"):
        z = np.where(camera[:, 2] > _NEAR, camera[:, 2], np.nan)
        flat = _bent(camera[:, :2] / z[:, None], given(sample, "lens") or "pinhole", given(sample, "distortion"))
        k = sample["intrinsics"]
        return np.stack([k[0, 0] * flat[:, 0] + k[0, 1] * flat[:, 1] + k[0, 2], k[1, 1] * flat[:, 1] + k[1, 2]], 1)


def _bent(flat: np.ndarray, lens: str, distortion: np.ndarray | None) -> np.ndarray:
    """Normalised image coordinates behind the lens; NaN outside the cone in which its polynomial rises. [N, 2]"""
    coefficients = np.zeros(12)
    given = np.zeros(0) if distortion is None else np.asarray(distortion, np.float64)[:12]
    coefficients[: len(given)] = given
    if lens == "fisheye":
        radius = np.hypot(*flat.T)
        angle = np.arctan(radius)
        powers = angle[:, None] ** [2, 4, 6, 8]
        return flat * np.where(radius > 0, angle * (1 + powers @ coefficients[:4]) / radius, 1.0)[:, None]
    if lens != "opencv" or not given.any():
        return flat
    k1, k2, p1, p2, k3, k4, k5, k6, *_ = coefficients
    x, y = flat.T
    r = x**2 + y**2
    radial = (1 + r * (k1 + r * (k2 + r * k3))) / (1 + r * (k4 + r * (k5 + r * k6)))
    slope = 1 + r * (3 * k1 + r * (5 * k2 + r * 7 * k3))  # of the distorted radius, but for k4 to k6
    bent = np.stack(
        [x * radial + 2 * p1 * x * y + p2 * (r + 2 * x**2), y * radial + p1 * (r + 2 * y**2) + 2 * p2 * x * y], 1
    )
    return np.where((slope > 0)[:, None], bent, np.nan)


def rotation(quaternion: Sequence[float] | np.ndarray) -> np.ndarray:
    """Its matrix; of any length but 0. w, x, y, z to [3, 3]"""
    w, x, y, z = np.asarray(quaternion, np.float64) / max(float(np.linalg.norm(quaternion)), 1e-12)
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
