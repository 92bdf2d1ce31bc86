"""Whether an image shows given points of the world."""

from __future__ import annotations

import numpy as np

from ..cameras.lenses import onto_image, rays
from ..cameras.viewpoint import Viewpoint
from ..render.buffers import Buffers

SURFACE = 2e-4
"""Share of its depth by which a point may lie behind a surface that rays met, and count as a part of it."""
VOLUME = 0.02
"""The same of a volume, whose depth is a mean over what is there."""


def place(viewpoint: Viewpoint, points: np.ndarray) -> np.ndarray:
    """Where points in camera axes lie on the image, px; NaN where the lens does not see. [N, 3] → [N, 2] float64"""
    if viewpoint.lens != "pinhole":
        return onto_image(viewpoint, points)[0]
    from .kernels import through_pinhole

    pixels = np.empty((len(points), 2))
    through_pinhole(points, viewpoint.intrinsics.astype(np.float64), pixels)
    return pixels


def hidden(
    viewpoint: Viewpoint, seen: Buffers, points: np.ndarray, pixels: np.ndarray, far: np.ndarray | None = None
) -> np.ndarray:
    """Which points an image does not show, because they lie outside it or behind something.

    A point is behind something if it is behind the tangent plane of the surface that its nearest pixel shows. The
    plane goes on beyond the centre of the pixel, so slopes need no tolerance. A surface that curves away leaves its
    plane by a quarter of a pixel's width at most, which is allowed, and so are `SURFACE` or `VOLUME`. Where the nearest
    pixel shows another side of an edge, the point lies behind it by up to a pixel's width, and it is enough that one of
    the four pixels about it shows the point's own plane. What has no depth is infinitely far.

    Args:
        viewpoint: The camera of the image.
        seen: The image.
        points: In the camera's axes, m. [N, 3] float64
        pixels: Where they lie on the image. [N, 2] float64
        far: Which of the points are directions to what is infinitely far. [N] bool; None: none

    Returns:
        [N] bool
    """
    from .kernels import behind

    focal = float(np.sqrt(viewpoint.intrinsics[0, 0] * viewpoint.intrinsics[1, 1]))
    noise = VOLUME if seen.volume else SURFACE
    result = np.empty(len(points), bool)
    behind(
        points, np.zeros(len(points), bool) if far is None else far, pixels,
        np.ascontiguousarray(seen.depth), np.ascontiguousarray(seen.normals), rays(viewpoint), 1 / focal, noise, result,
    )  # fmt: skip
    return result
