"""Where the light does not reach."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from multisynth.scenes.render.world import Placement, World

CLEARANCE = 1e-4
"""How far from its surface a shadow ray starts, m, so that rounding does not make a surface shade itself."""


class Shade:
    """Points that want to know what keeps a distant light from them.

    Args:
        depth: z-depth, m. [N]
        directions: Camera axes, z = 1. [N, 3]
        normals: Toward the camera, unit length. [N, 3]
        toward: Unit vector toward the light, camera axes. [3]
    """

    def __init__(self, depth: np.ndarray, directions: np.ndarray, normals: np.ndarray, toward: np.ndarray) -> None:
        self.points = (depth[:, None] * directions).astype(np.float32) + np.float32(CLEARANCE) * normals
        self.toward = toward
        # two axes across the light and one along it: an occluder can only matter within its bounds there
        across = np.cross(toward, np.eye(3)[np.abs(toward).argmin()])
        across /= np.linalg.norm(across)
        self.axes = np.stack([across, np.cross(toward, across), toward])
        self.a, self.b, self.along = np.ascontiguousarray((self.points @ self.axes.T.astype(np.float32)).T)

    def behind(
        self, world: World, placement: Placement, candidates: Iterable[tuple[int, np.ndarray]], asking: np.ndarray
    ) -> np.ndarray:
        """Which of some shapes casts a shadow on each point.

        Args:
            world: What is there.
            placement: Where it is.
            candidates: Shapes, each with the indices of the points that it may shade.
            asking: The points that want to know. [N] bool

        Returns:
            Index of the first shape that does, -1 where none does or the point does not ask. [N] int16
        """
        by, asking = np.full(len(self.points), -1, np.int16), asking.copy()
        boxes = placement.corners @ self.axes.T
        lows, highs = boxes.min(axis=1).tolist(), boxes.max(axis=1).tolist()
        for shape, points in candidates:
            low, high = lows[shape], highs[shape]
            points = points[asking[points]]
            a, b, along = self.a[points], self.b[points], self.along[points]
            points = points[(a >= low[0]) & (a <= high[0]) & (b >= low[1]) & (b <= high[1]) & (along < high[2])]
            if len(points):
                place = placement.places[shape]
                near = place.astype(np.float32)
                origins = (self.points[points] - near[:3, 3]) @ near[:3, :3]
                blocked = points[world.surfaces[shape].blocks(origins, self.toward @ place[:3, :3])]
                by[blocked], asking[blocked] = shape, False
        return by
