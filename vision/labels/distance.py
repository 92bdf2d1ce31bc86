"""Distance along the ray, and normals, of an image of z-depth."""

from __future__ import annotations

import numpy as np

from ..cameras.lenses import rays
from ..cameras.viewpoint import Viewpoint


def distance(viewpoint: Viewpoint, depth: np.ndarray) -> np.ndarray:
    """Distance from the camera's centre along the ray of each pixel, m; 0 where depth is.

    Args:
        viewpoint: The camera, of any lens.
        depth: z-depth, m. [H, W] float32

    Returns:
        [H, W] float32
    """
    directions = rays(viewpoint)
    length = np.sqrt(np.einsum("yxi,yxi->yx", directions, directions))
    return np.where(depth > 0, depth * length, 0).astype(np.float32)


def normals_from_depth(viewpoint: Viewpoint, depth: np.ndarray) -> np.ndarray:
    """Normals of the surface through the points of an image of z-depth, for where a renderer gives none.

    The surface's slopes are taken across and down, each toward the neighbour whose depth is nearer to the pixel's own,
    so that edges keep their sides (Nakagawa et al., Estimating surface normals with depth image gradients for fast and
    accurate registration, 2015, choose alike).

    Args:
        viewpoint: The camera, of any lens.
        depth: z-depth, m; 0 where nothing is. [H, W] float32

    Returns:
        Camera axes, unit length, toward the camera; 0, 0, 0 where nothing is or no neighbour is. [H, W, 3] float32
    """
    points = rays(viewpoint) * depth[..., None]
    across, down = _step(points, depth, 1), _step(points, depth, 0)
    normals = np.cross(down, across)
    normals *= -np.sign(np.einsum("yxi,yxi->yx", normals, points))[..., None]
    length = np.sqrt(np.einsum("yxi,yxi->yx", normals, normals))
    there = np.isfinite(length) & (length > 0)
    result: np.ndarray = np.where(there[..., None], normals / np.where(there, length, 1)[..., None], 0)
    return result.astype(np.float32)


def _step(points: np.ndarray, depth: np.ndarray, axis: int) -> np.ndarray:
    """From each point to the next along an axis, or from the one before if that is nearer; NaN without either."""
    low, high = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
    there = (depth[low] > 0) & (depth[high] > 0)
    change = np.where(there, np.abs(depth[high] - depth[low]), np.inf)
    after, before = np.full(depth.shape, np.inf), np.full(depth.shape, np.inf)
    after[low], before[high] = change, change
    steps = points[high] - points[low]
    forward, backward = np.full(points.shape, np.nan), np.full(points.shape, np.nan)
    forward[low], backward[high] = steps, steps
    nearer: np.ndarray = np.where((after <= before)[..., None], forward, backward)
    nearer[np.isinf(np.minimum(after, before))] = np.nan
    return nearer
