"""Loops over pixels, compiled by numba on first use; import them inside functions."""

from __future__ import annotations

import numpy as np

from ..splats.kernels.compiled import compiled, inlined


@compiled
def carry(
    depth: np.ndarray,
    directions: np.ndarray,
    parts: np.ndarray,
    carriers: np.ndarray,
    points: np.ndarray,
) -> None:
    """Points of an image in the axes of another camera; of pixels with depth 0 the direction alone.

    Args:
        depth: m. [H, W] float32
        directions: Camera axes, z = 1. [H, W, 3] float64
        parts: Of the pixel, -1 for what holds still. [H, W] int32, or [1, 1] for all pixels
        carriers: See `motion.carriers`. [1 + B, 4, 4] float64
        points: Is filled in. [H, W, 3] float64
    """
    height, width = depth.shape
    one = parts.size == 1
    for y in range(height):
        for x in range(width):
            z = np.float64(depth[y, x])
            part = parts[0, 0] if one else parts[y, x]
            if z == 0:
                z, shift, part = np.float64(1), 0.0, -1
            else:
                shift = 1.0
            a, b, c = z * directions[y, x, 0], z * directions[y, x, 1], z * directions[y, x, 2]
            for axis in range(3):
                m = carriers[part + 1, axis]
                points[y, x, axis] = m[0] * a + m[1] * b + m[2] * c + shift * m[3]


@compiled
def through_pinhole(points: np.ndarray, intrinsics: np.ndarray, pixels: np.ndarray) -> None:
    """Where points in camera axes lie on a pinhole's image; NaN behind it. [N, 3], [3, 3] → fills [N, 2] float64"""
    fx, fy, cx, cy = intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]
    for i in range(len(points)):
        z = points[i, 2]
        if z > 0:
            pixels[i, 0], pixels[i, 1] = fx * (points[i, 0] / z) + cx, fy * (points[i, 1] / z) + cy
        else:
            pixels[i, 0], pixels[i, 1] = np.nan, np.nan


@inlined
def _ahead(point: np.ndarray, depth: float, normal: np.ndarray, direction: np.ndarray) -> float:
    """How far the plane that a pixel shows lies before a point, m; the pixel itself, where it has no normal."""
    z = np.float64(depth)
    if normal[0] == 0 and normal[1] == 0 and normal[2] == 0:
        return point[2] - z
    return (
        normal[0] * (z * direction[0] - point[0])
        + normal[1] * (z * direction[1] - point[1])
        + normal[2] * (z * direction[2] - point[2])
    )


@compiled
def behind(
    points: np.ndarray,
    far: np.ndarray,
    pixels: np.ndarray,
    depth: np.ndarray,
    normals: np.ndarray,
    directions: np.ndarray,
    width_of_pixel: float,
    noise: float,
    hidden: np.ndarray,
) -> None:
    """Which points an image does not show. See `visibility.hidden`; `far` are directions, not points. [N] bool"""
    height, width = depth.shape
    for i in range(len(points)):
        u, v = pixels[i, 0], pixels[i, 1]
        if not (0 <= u < width and 0 <= v < height):  # NaN as well
            hidden[i] = True
            continue
        y, x = int(v), int(u)
        if depth[y, x] == 0 or far[i]:
            hidden[i] = depth[y, x] > 0
            continue
        pixel = width_of_pixel * points[i, 2]
        close, doubtful = 0.25 * pixel + noise * points[i, 2], pixel + noise * points[i, 2]
        ahead = _ahead(points[i], depth[y, x], normals[y, x], directions[y, x])
        hidden[i] = ahead > close
        if close < ahead <= doubtful:
            y, x = int(v - 0.5), int(u - 0.5)  # v - 0.5 > -1 is cut to 0
            for row in range(y, min(y + 2, height)):
                for column in range(x, min(x + 2, width)):
                    if depth[row, column] > 0:
                        other = _ahead(points[i], depth[row, column], normals[row, column], directions[row, column])
                        if -close <= other <= close:
                            hidden[i] = False


@compiled
def extents(instances: np.ndarray, bounds: np.ndarray, counts: np.ndarray) -> None:
    """Which pixels each id has.

    Args:
        instances: [H, W] uint16
        bounds: Is filled in where an id is seen: first column, first row, last column, last row. [65536, 4] int32
        counts: Is added to: pixels. [65536] int64
    """
    height, width = instances.shape
    for y in range(height):
        for x in range(width):
            i = instances[y, x]
            if counts[i] == 0:
                bounds[i, 0], bounds[i, 1], bounds[i, 2] = x, y, x
            else:
                bounds[i, 0], bounds[i, 2] = min(bounds[i, 0], x), max(bounds[i, 2], x)
            bounds[i, 3] = y
            counts[i] += 1


@compiled
def fill(corners: np.ndarray, mask: np.ndarray) -> None:
    """Set the pixels whose centres lie in a convex polygon. [K, 2] px, in their order around; [H, W] bool"""
    height, width = mask.shape
    count = len(corners)
    top, bottom = corners[:, 1].min(), corners[:, 1].max()
    for y in range(int(max(np.ceil(top - 0.5), 0.0)), int(min(np.floor(bottom - 0.5) + 1, height))):
        left, right = np.inf, -np.inf
        for i in range(count):
            a, b = corners[i], corners[(i + 1) % count]
            low, high = min(a[1], b[1]), max(a[1], b[1])
            if low <= y + 0.5 <= high and high > low:
                x = a[0] + (y + 0.5 - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
                left, right = min(left, x), max(right, x)
        first, end = max(np.ceil(left - 0.5), 0.0), min(np.floor(right - 0.5) + 1, width)
        if first < end:
            mask[y, int(first) : int(end)] = True
