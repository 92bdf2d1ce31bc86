"""The pixels of a camera: which way each looks, and which of them a hull can cover. The same wherever it stands."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from multisynth.scenes.render.eye import Eye

NEAREST = 1e-3
"""Hulls that come closer to the camera's plane than this, m, may cover the whole image."""
FARTHEST = 2**14
"""Hulls that reach so many px beyond the image are taken for the rectangle around them."""


class Canvas:
    """The N = height · width pixels of a camera, row by row."""

    def __init__(self, eye: Eye) -> None:
        self.width, self.height, self.eye = eye.width, eye.height, eye
        v, u = np.mgrid[: eye.height, : eye.width].reshape(2, -1) + 0.5
        self.u, self.v = u, v  # [N] px, centres of the pixels
        directions = eye.directions(u, v)
        self.seeing = None if eye.lens is None else np.isfinite(directions).all(axis=1)
        """Which pixels have a ray, [N] bool; None where all have."""
        self.directions = directions if self.seeing is None else np.where(self.seeing[:, None], directions, [0, 0, 1])
        """Camera axes, z = 1. [N, 3] float64"""
        self.coarse = self.directions.astype(np.float32)
        self._indices = np.arange(self.width * self.height).reshape(self.height, self.width)

    @cached_property
    def everywhere(self) -> np.ndarray:
        """Indices of all pixels that have a ray. [M]"""
        return self._indices.ravel() if self.seeing is None else np.flatnonzero(self.seeing)

    @cached_property
    def turns(self) -> np.ndarray:
        """`Eye.turns` at the centres of the pixels. [N or 1, 2, 2]"""
        turns = self.eye.turns(self.u, self.v)
        # beside what a lens cannot see, differences have no meaning
        return np.where(np.isfinite(turns), turns, 0.0)

    def covered(self, points: np.ndarray) -> np.ndarray:
        """Indices of the pixels whose centres the convex hull of points can cover, and a few about it.

        Args:
            points: Camera axes, m. [K, 3]

        Returns:
            In rising order; all of them where the hull reaches the camera's plane. [M]
        """
        depth = points[:, 2]
        if depth.max(initial=0) <= 0:
            return np.empty(0, int)
        if depth.min() < NEAREST:
            return self.everywhere
        return self._through_pinhole(points) if self.eye.lens is None else self._through_lens(points)

    def _through_lens(self, points: np.ndarray) -> np.ndarray:
        """Those that look into the rectangle about the hull at z = 1, as a lens bends the hull's edges."""
        plane = points[:, :2] / points[:, 2:]
        low, high = plane.min(axis=0), plane.max(axis=0)
        margin = 1e-6 * (1 + np.abs(plane).max())  # directions are compared in single precision
        (left, top), (right, bottom) = (low - margin).tolist(), (high + margin).tolist()
        x, y = self._x, self._y
        inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
        return np.flatnonzero(inside if self.seeing is None else inside & self.seeing)

    @cached_property
    def _x(self) -> np.ndarray:
        return np.ascontiguousarray(self.coarse[:, 0])

    @cached_property
    def _y(self) -> np.ndarray:
        return np.ascontiguousarray(self.coarse[:, 1])

    def _through_pinhole(self, points: np.ndarray) -> np.ndarray:
        import cv2

        image = points @ self.eye.intrinsics.T
        image = image[:, :2] / image[:, 2:] - 0.5
        left, top = np.maximum(np.floor(image.min(axis=0)) - 1, 0).astype(int)
        right, bottom = np.minimum(np.ceil(image.max(axis=0)) + 2, [self.width, self.height]).astype(int)
        if left >= right or top >= bottom:
            return np.empty(0, int)
        window = self._indices[top:bottom, left:right]
        if np.abs(image).max() > FARTHEST:
            return window.ravel()
        hull = cv2.convexHull(np.round(image - [left, top]).astype(np.int32))
        filled = cv2.fillConvexPoly(np.zeros(window.shape, np.uint8), hull, 1)
        # corners were rounded to pixels
        return window[cv2.dilate(filled, np.ones((3, 3), np.uint8)).view(bool)]
