"""Where the light does not reach."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from multisynth.scenes.render.world import Placement, World

CLEARANCE = 1e-4
"""How far from its surface a shadow ray starts, m, so that rounding does not make a surface shade itself."""
CELLS = 256
"""Rows and columns that points are sorted into."""
FINE = 64
"""Rows and columns that the outline of one shape is drawn with."""


class Shade:
    """Points that want to know what keeps a distant light from them.

    Args:
        depth: z-depth, m. [N]
        directions: Camera axes, z = 1. [N, 3] float32
        normals: Toward the camera, unit length. [N, 3]
        toward: Unit vector toward the light, camera axes. [3]
    """

    def __init__(self, depth: np.ndarray, directions: np.ndarray, normals: np.ndarray, toward: np.ndarray) -> None:
        self.points = depth[:, None] * directions
        self.points += np.float32(CLEARANCE) * normals
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
        for shape, points in candidates:
            outline = placement.outlines[shape] @ self.axes.T
            low, high = outline.min(axis=0).tolist(), outline.max(axis=0).tolist()
            points = points[asking[points]]
            a = self.a[points]
            points = points[(a >= low[0]) & (a <= high[0]) & (self.along[points] < high[2])]
            b = self.b[points]
            points = points[(b >= low[1]) & (b <= high[1])]
            if len(points):
                points = points[_within(outline[:, :2], self.a[points], self.b[points])]
            if len(points):
                place = placement.places[shape]
                near = place.astype(np.float32)
                origins = (self.points[points] - near[:3, 3]) @ near[:3, :3]
                blocked = points[world.surfaces[shape].blocks(origins, self.toward @ place[:3, :3])]
                by[blocked], asking[blocked] = shape, False
        return by


class Sorted:
    """Some of a shade's points by where the light sees them, so that those behind an outline are a few runs.

    Args:
        shade: Which points.
        lit: Some of them. [N] bool
    """

    def __init__(self, shade: Shade, lit: np.ndarray) -> None:
        self._axes = shade.axes[:2]
        points = np.flatnonzero(lit)
        places = np.stack([shade.a[points], shade.b[points]], -1)
        # what lies far out shares the outermost cells
        ends = np.quantile(places[:: max(1, len(places) // 4096)], (0.005, 0.995), axis=0) if len(places) else None
        self._low = np.zeros(2) if ends is None else ends[0]
        self._scale = CELLS / np.maximum(np.ones(2) if ends is None else ends[1] - ends[0], 1e-6)
        cells = self._cells(places) @ np.array([1, CELLS])
        cells = cells.astype(np.uint16)  # which numpy sorts by radix
        self._points = points[np.argsort(cells, kind="stable")]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(cells, minlength=CELLS * CELLS))])

    def _cells(self, places: np.ndarray) -> np.ndarray:
        """[K, 2] → columns and rows, [K, 2], whole numbers."""
        return np.clip(np.floor((places - self._low) * self._scale), 0, CELLS - 1)

    def behind(self, outline: np.ndarray) -> np.ndarray:
        """Those that the convex hull of points, camera axes, m, [K, 3], can keep the light from, and a few about it."""
        import cv2

        places = outline @ self._axes.T
        inside = (places - self._low) * self._scale
        left, top = self._cells(places.min(axis=0)).astype(int)
        right, bottom = self._cells(places.max(axis=0)).astype(int) + 1
        window = np.ones((bottom - top, right - left), np.uint8)
        if inside.min() >= 0 and inside.max() < CELLS:
            hull = cv2.convexHull(np.round(inside - [left, top] - 0.5).astype(np.int32))
            window = cv2.dilate(cv2.fillConvexPoly(window * np.uint8(0), hull, 1), np.ones((3, 3), np.uint8))
        rows = np.flatnonzero(window.any(axis=1))
        first = window[rows].argmax(axis=1) + left
        last = right - window[rows, ::-1].argmax(axis=1)  # a hull covers one run of each row
        row = (rows + top) * CELLS
        starts, ends = self._starts[row + first], self._starts[row + last]
        lengths = ends - starts
        runs = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        return self._points[runs + np.arange(len(runs))]


def _within(outline: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Which points can lie within the convex hull of others, whose bounds they lie in. [K, 2], [N], [N] → [N] bool"""
    import cv2

    low, extent = outline.min(axis=0), np.maximum(np.ptp(outline, axis=0), 1e-9)
    scale = (FINE - 1) / extent
    hull = cv2.convexHull(np.round((outline - low) * scale + 1).astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros((FINE + 2, FINE + 2), np.uint8), hull, 1)
    mask = cv2.dilate(mask, np.ones((3, 3), np.uint8)).view(bool).ravel()
    column = (a - np.float32(low[0])) * np.float32(scale[0]) + np.float32(1.5)
    row = (b - np.float32(low[1])) * np.float32(scale[1]) + np.float32(1.5)
    inside: np.ndarray = mask[row.astype(np.int32) * (FINE + 2) + column.astype(np.int32)]
    return inside
