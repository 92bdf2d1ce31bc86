"""Whether depth and camera poses are in the same unit: what one camera sees must lie where another sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cameras.lenses import project, unproject
from ..cameras.viewpoint import Viewpoint

UNITS = {"metres": 1.0, "millimetres": 1e-3, "centimetres": 1e-2, "inches": 0.0254, "feet": 0.3048, "kilometres": 1e3}
PRECISE = 0.02
"""Median difference of two depths of a point, over the depth, up to which a unit is believed: grids are coarse."""
BETTER = 2.0
"""How many times smaller than in metres the difference must be in another unit."""
OVERLAP = 0.1
"""The share of the first image's points that the second must see."""


@dataclass(frozen=True)
class Glance:
    """A coarse image of depth and the camera that saw it."""

    viewpoint: Viewpoint  # of the size of the grid
    depth: np.ndarray  # [h, w] m, 0 where nothing is


def glance(viewpoint: Viewpoint, depth: np.ndarray, size: int = 48) -> Glance:
    """Every so many pixels of a depth image, about `size` along its longer side. [H, W]"""
    step = max(1, round(max(depth.shape) / size))
    coarse = depth[step // 2 :: step, step // 2 :: step]
    height, width = coarse.shape
    intrinsics = np.array(viewpoint.intrinsics, np.float64)
    intrinsics[:2, 2] -= step // 2 + 0.5 - step / 2  # the pixels that are kept become the centres of larger ones
    intrinsics[:2] /= step
    small = Viewpoint(width, height, intrinsics, viewpoint.world_to_camera, viewpoint.lens, viewpoint.distortion)
    return Glance(small, coarse)


def unit_of(first: Glance, second: Glance) -> str | None:
    """The unit in which two glances at the same things agree best; None where they do in no unit, or see too little.

    What holds still is seen at the same place by both once depth is in the unit of the poses. Where every unit agrees,
    as over an even floor, it is taken to be metres.
    """
    apart = {name: _difference(first, second, scale) for name, scale in UNITS.items()}
    best = min(apart, key=lambda name: apart[name])
    if not apart[best] <= PRECISE:
        return None
    return best if BETTER * apart[best] < apart["metres"] else "metres"


def _difference(first: Glance, second: Glance, scale: float) -> float:
    """Median difference of the second's depth from that of the first's points, over it, in a unit of `scale` m."""
    points = unproject(first.viewpoint, first.depth * scale).reshape(-1, 3)
    pixels, depth = project(second.viewpoint, points[np.isfinite(points).all(axis=1)])
    height, width = second.depth.shape
    inside = (depth > 0) & (pixels >= 0.5).all(axis=1) & (pixels < [width - 0.5, height - 0.5]).all(axis=1)
    if inside.sum() < OVERLAP * first.depth.size:
        return float("inf")
    return float(np.median(np.abs(_between(second.depth, pixels[inside]) * scale / depth[inside] - 1)))


def _between(depth: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Depth between the centres of pixels, bilinear in 1/depth, as planes are; 0 beside nothing. [N, 2] → [N]"""
    left, top = np.minimum(np.floor(pixels - 0.5).astype(int), [depth.shape[1] - 2, depth.shape[0] - 2]).T
    x, y = (pixels - 0.5).T - [left, top]
    with np.errstate(divide="ignore"):
        near = 1 / depth
    upper = near[top, left] * (1 - x) + near[top, left + 1] * x
    lower = near[top + 1, left] * (1 - x) + near[top + 1, left + 1] * x
    return 1 / (upper * (1 - y) + lower * y)
