"""A camera as rays have it: which direction each point of its image looks in, whatever its lens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from multisynth.scenes.schema import Camera

STEP = 1e-3
"""Of the difference that tells how far a direction turns from pixel to pixel, px."""


@dataclass(frozen=True, eq=False)
class Eye:
    """A camera at one place, whose rays start at its centre with directions (x, y, 1)."""

    width: int  # px
    height: int  # px
    intrinsics: np.ndarray  # [3, 3] K, px
    world_to_camera: np.ndarray  # [4, 4] float64, OpenCV axes, m
    lens: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    """For another lens than a pinhole: directions through u, v, px, camera axes, z = 1; not finite where the lens sees
    nothing. Each [N] → [N, 3] float64"""

    @classmethod
    def of(cls, camera: Camera | Self) -> Self:
        """That of a scene's camera; an eye is its own."""
        if isinstance(camera, cls):
            return camera
        return cls(camera.width, camera.height, camera.intrinsics, camera.world_to_camera)

    @property
    def position(self) -> np.ndarray:
        """Where it is, world, m. [3]"""
        place: np.ndarray = -self.world_to_camera[:3, :3].T @ self.world_to_camera[:3, 3]
        return place

    def directions(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Through points of the image in px, camera axes, z = 1. Each [N] → [N, 3] float64"""
        if self.lens is not None:
            return self.lens(u, v)
        y = (v - self.intrinsics[1, 2]) / self.intrinsics[1, 1]
        x = (u - self.intrinsics[0, 2] - self.intrinsics[0, 1] * y) / self.intrinsics[0, 0]
        return np.stack([x, y, np.ones_like(y)], -1)

    def turns(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """How x and y of the direction change from pixel to pixel: a row for right, a row for down. [N or 1, 2, 2]"""
        if self.lens is None:
            return np.linalg.inv(self.intrinsics)[None, :2, :2].transpose(0, 2, 1)
        right = self.directions(u + STEP, v) - self.directions(u - STEP, v)
        down = self.directions(u, v + STEP) - self.directions(u, v - STEP)
        return np.stack([right[:, :2], down[:, :2]], 1) / (2 * STEP)
