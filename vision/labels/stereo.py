"""Stereo: disparity from depth and back, what the other eye does not see, and warping one view into the other."""

from __future__ import annotations

import numpy as np

from ..cameras.viewpoint import Viewpoint
from ..render.buffers import Buffers
from .flow import Flow, flow


def disparity(depth: np.ndarray, focal: float, baseline: float, doffs: float = 0.0) -> np.ndarray:
    """How far left of its place in the left image each point lies in the right one, of a rectified pair: f·b/z - doffs.

    Args:
        depth: z-depth, m; 0 where nothing is. [H, W] float32
        focal: px, of both.
        baseline: m from the left eye to the right.
        doffs: px by which the right camera's principal point lies further right than the left one's, as Middlebury's
            calibration files name it (Scharstein et al., High-resolution stereo datasets, 2014).

    Returns:
        px; 0 where nothing is. [H, W] float32
    """
    there = depth > 0
    return np.where(there, focal * baseline / np.where(there, depth, 1) - doffs, 0).astype(np.float32)


def depth_of(disparity: np.ndarray, focal: float, baseline: float, doffs: float = 0.0) -> np.ndarray:
    """z-depth of a rectified pair: f·b / (d + doffs); the inverse of `disparity`.

    Args:
        disparity: px; not finite where it is unknown. [H, W]
        focal: px.
        baseline: m.
        doffs: px.

    Returns:
        m; 0 where the disparity is unknown or of nothing in front of the cameras. [H, W] float32
    """
    shift = np.asarray(disparity, np.float64) + doffs
    known = np.isfinite(shift) & (shift > 0)
    return np.where(known, focal * baseline / np.where(known, shift, 1), 0).astype(np.float32)


def between(left: Viewpoint, left_seen: Buffers, right: Viewpoint, right_seen: Buffers) -> Flow:
    """Where one eye's points lie in the other's image at the same moment, and which it does not see; any two lenses.

    Its first component, sign changed, is the disparity; of two pinholes without toe-in it is that of `disparity`, and
    the second is 0.
    """
    return flow(left, left_seen, right, right_seen)


def warp(image: np.ndarray, disparity: np.ndarray) -> np.ndarray:
    """The right image as the left eye would see it: bilinear, at each pixel's place in the right image.

    Args:
        image: The right one. [H, W] or [H, W, C]
        disparity: Of the left one, px. [H, W]

    Returns:
        NaN where the disparity is not finite or leads out of the image. [H, W] or [H, W, C] float32
    """
    import cv2

    height, width = disparity.shape
    u = np.arange(width, dtype=np.float32) - disparity.astype(np.float32)
    v = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], u.shape)
    known = np.isfinite(u) & (u >= 0) & (u <= width - 1)
    moved = cv2.remap(
        image.astype(np.float32), np.where(known, u, 0).astype(np.float32), np.ascontiguousarray(v), cv2.INTER_LINEAR
    )
    result: np.ndarray = np.where(known if image.ndim == 2 else known[..., None], moved, np.float32(np.nan))
    return result


def shown(disparity: np.ndarray, tolerance: float = 1.0) -> np.ndarray:
    """Which pixels of the left image the right eye sees too, by the left disparity alone.

    A pixel is hidden if one that is nearer by more than the tolerance comes to lie on its pixel of the right image, or
    one on either side of that; or if it leaves the image.

    Args:
        disparity: Of the left image, px; not finite where it is unknown. [H, W]
        tolerance: px of disparity.

    Returns:
        [H, W] bool; False where the disparity is unknown.
    """
    height, width = disparity.shape
    known = np.isfinite(disparity)
    shift = np.where(known, disparity, 0.0)
    place = np.arange(width) - shift
    # from right to left, what lies nearer reaches furthest left in the right image
    nearest = np.full((height, width + 2), -np.inf)
    column = np.round(place).astype(int)
    inside = known & (place >= -0.5) & (place < width - 0.5)
    rows, _ = np.nonzero(inside)
    np.maximum.at(nearest, (rows, column[inside] + 1), shift[inside])
    best = np.maximum(nearest[:, 1:-1], np.minimum(nearest[:, :-2], nearest[:, 2:]))
    seen = np.zeros(disparity.shape, bool)
    seen[inside] = shift[inside] >= best[rows, column[inside]] - tolerance
    return seen
