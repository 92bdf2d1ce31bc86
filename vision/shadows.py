"""Where the light does not reach."""

from __future__ import annotations

import numpy as np

from .rays import Placement, World

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

    def behind(self, world: World, placement: Placement, occluders: list[int], asking: np.ndarray) -> np.ndarray:
        """Which points lie in the shadow of any of some shapes.

        Args:
            world: What is there.
            placement: Where it is.
            occluders: Indices of the shapes.
            asking: The points that want to know. [N] bool

        Returns:
            False for the other points. [N] bool
        """
        dark = np.zeros(len(self.points), bool)
        if not occluders:
            return dark
        bounds = placement.corners[occluders] @ self.axes.T
        lowest, highest = bounds.min(axis=1), bounds.max(axis=1)
        # what lies outside the bounds of them all, often most of the image, is not looked at again
        left = np.flatnonzero(asking & self._within(slice(None), lowest.min(axis=0), highest.max(axis=0)))
        for index, low, high in zip(occluders, lowest, highest, strict=True):
            maybe = left[self._within(left, low, high)]
            if len(maybe):
                place = placement.places[index].astype(np.float32)
                origins = (self.points[maybe] - place[:3, 3]) @ place[:3, :3]
                blocks = world.shapes[index].surface.blocks(origins, self.towards @ placement.places[index, :3, :3])
                dark[maybe[blocks]] = True
                left = left[~dark[left]]
        return dark

    def _within(self, points: slice | np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Whether a box across and along the light can shade points: it is around them and not farther back."""
        a, b = self.a[points], self.b[points]
        within: np.ndarray = (a >= low[0]) & (a <= high[0]) & (b >= low[1]) & (b <= high[1])
        return within & (self.along[points] < high[2])
