"""Gaussians to write and read."""

import numpy as np
from multisynth.vision.splats.gaussians import Gaussians


def cloud(count: int = 50, degree: int = 3, instances: bool = False) -> Gaussians:
    rng = np.random.default_rng(3)
    return Gaussians(
        means=rng.normal(0, 2, (count, 3)).astype(np.float32),
        quaternions=rng.normal(0, 1, (count, 4)).astype(np.float32),
        log_scales=rng.uniform(-8, 2, (count, 3)).astype(np.float32),
        logit_opacities=rng.uniform(-4, 4, count).astype(np.float32),
        harmonics=rng.uniform(-0.9, 0.9, (count, (degree + 1) ** 2, 3)).astype(np.float32),
        instances=rng.integers(0, 2**16, count, dtype=np.uint16) if instances else None,
    )


def degrees_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Angle between rotations given as quaternions of any length and sign."""
    unit = [quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True) for quaternions in (one, other)]
    return np.degrees(2 * np.arccos(np.clip(np.abs((unit[0] * unit[1]).sum(axis=1)), 0, 1)))
