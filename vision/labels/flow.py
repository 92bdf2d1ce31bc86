"""Optical flow, exact: by depth, the poses of two cameras, and the motion of what moves between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..cameras.lenses import rays
from ..cameras.viewpoint import Viewpoint
from ..render.buffers import Buffers
from .motion import carriers
from .visibility import hidden, place


class Flow(NamedTuple):
    """From one image to another."""

    flow: np.ndarray
    """px right and down from each pixel to where its surface lies in the other image, even if that hides it. What
    has no depth is infinitely far, and moves as the camera turns. 0 where the other camera's lens has no place for it,
    as behind the camera. [H, W, 2] float32"""
    hidden: np.ndarray
    """Where the other image does not show the surface, because it lies outside or behind something. [H, W] bool"""


def flow(
    viewpoint: Viewpoint,
    seen: Buffers,
    other: Viewpoint,
    other_seen: Buffers,
    poses: np.ndarray | None = None,
    other_poses: np.ndarray | None = None,
) -> Flow:
    """The flow from an image to another, earlier or later or beside it, through any two lenses.

    Args:
        viewpoint: The camera of the one image.
        seen: The one image; its `parts` say what moves.
        other: The camera of the other.
        other_seen: The other image.
        poses: Of the moving parts in the one: x, y, z, w, x, y, z. [B, 7]; None where nothing moves
        other_poses: In the other. [B, 7]

    Raises:
        ValueError: Poses are of one moment alone, or fewer than the parts seen.
    """
    from .kernels import carry

    moves = carriers(viewpoint, other, poses, other_poses)
    parts = np.full((1, 1), -1, np.int32)
    if seen.parts is not None and len(moves) > 1:
        parts = np.ascontiguousarray(seen.parts, np.int32)
        if parts.max() >= len(moves) - 1:
            raise ValueError(f"part {parts.max()} is seen, and there are poses of {len(moves) - 1}")
    height, width = seen.depth.shape
    image = np.empty((height, width, 3))
    carry(np.ascontiguousarray(seen.depth), rays(viewpoint), parts, moves, image)
    points = image.reshape(-1, 3)
    pixels = place(other, points)
    covered = hidden(other, other_seen, points, pixels, (seen.depth == 0).ravel())
    moved = pixels.reshape(height, width, 2)
    moved[..., 0] -= np.arange(width) + 0.5
    moved[..., 1] -= (np.arange(height) + 0.5)[:, None]
    result = moved.astype(np.float32)
    result[np.isnan(result)] = 0
    return Flow(result, covered.reshape(height, width))
