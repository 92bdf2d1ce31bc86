"""Cameras of training that see what cameras of testing see."""

from __future__ import annotations

import numpy as np


def leaks(
    train: np.ndarray, test: np.ndarray, scales: np.ndarray, near: float, angle: float
) -> list[tuple[int, float, float] | None]:
    """For each training camera the test camera that it repeats.

    Args:
        train: World to camera. [N, 4, 4]
        test: World to camera. [M, 4, 4]
        scales: How far each training camera typically sees, m. [N]
        near: The distance of two cameras, over how far they see, up to which they may repeat each other.
        angle: Degrees up to which, at that distance, they do.

    Returns:
        For each: which test camera, the distance over the scale, and degrees; None where it repeats none. [N]
    """
    if not len(test):
        return [None] * len(train)
    places = -np.einsum("nji,nj->ni", train[:, :3, :3], train[:, :3, 3])
    others = -np.einsum("nji,nj->ni", test[:, :3, :3], test[:, :3, 3])
    found: list[tuple[int, float, float] | None] = []
    for pose, place, scale in zip(train, places, scales, strict=True):
        apart = np.linalg.norm(others - place, axis=1) / max(scale, 1e-9)
        traces = np.einsum("ij,mij->m", pose[:3, :3], test[:, :3, :3])
        turned = np.degrees(np.arccos(np.clip((traces - 1) / 2, -1, 1)))
        close = np.flatnonzero((apart <= near) & (turned <= angle))
        best = int(close[np.argmin(apart[close])]) if len(close) else -1
        found.append((best, float(apart[best]), float(turned[best])) if best >= 0 else None)
    return found
