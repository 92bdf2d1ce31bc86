"""Where the light does not reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .rays import Placed, corners

CLEARANCE = 1e-4
"""How far from its surface a shadow ray starts, m, so that rounding does not make a surface shade itself."""


class Shade:
    """Points that want to know whether a distant light reaches them.

    Args:
        points: Camera axes, m. [N, 3]
        normals: Toward the camera, unit length. [N, 3]
        towards: Unit vector toward the light, camera axes. [3]
    """

    def __init__(self, points: np.ndarray, normals: np.ndarray, towards: np.ndarray) -> None:
        self.points = points + np.float32(CLEARANCE) * normals
        self.towards = towards
        # two axes across the light and one along it: an occluder can only matter within its bounds there
        across = np.cross(towards, np.eye(3)[np.abs(towards).argmin()])
        across /= np.linalg.norm(across)
        self.axes = np.stack([across, np.cross(towards, across), towards])
        self.a, self.b, self.along = np.ascontiguousarray((self.points @ self.axes.T.astype(np.float32)).T)

    def behind(self, shapes: Sequence[tuple[Placed, np.ndarray]], asking: np.ndarray) -> np.ndarray:
        """Which points lie in the shadow of any of the shapes.

        Args:
            shapes: Shapes with their place, shape to camera.
            asking: The points that want to know. [N] bool

        Returns:
            False for the other points. [N] bool
        """
        dark, asking = np.zeros(len(self.points), bool), asking.copy()
        for shape, place in shapes:
            box = (corners(shape.surface.bounds) @ place[:3, :3].T + place[:3, 3]) @ self.axes.T
            low, high = box.min(axis=0), box.max(axis=0)
            maybe = np.flatnonzero(
                (self.a >= low[0]) & (self.a <= high[0]) & (self.b >= low[1]) & (self.b <= high[1])
                & (self.along < high[2]) & asking
            )  # fmt: skip
            if len(maybe):
                rotation = place[:3, :3].astype(np.float32)
                origins = (self.points[maybe] - place[:3, 3].astype(np.float32)) @ rotation
                blocked = maybe[shape.surface.blocks(origins, self.towards @ place[:3, :3])]
                dark[blocked], asking[blocked] = True, False
        return dark
