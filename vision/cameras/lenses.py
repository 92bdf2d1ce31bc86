"""Where points lie on an image and which way its pixels look: pinhole, lens with distortion, fisheye."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .distortion import bend, reach, straighten
from .viewpoint import Lens, Viewpoint


def project(viewpoint: Viewpoint, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where points of the world lie on the image.

    Args:
        viewpoint: The camera.
        points: World, m. [N, 3]

    Returns:
        Pixels, x and y, which may lie outside the image, NaN where the lens cannot see (behind it, or beyond the angle
        at which its model turns back), [N, 2] float64; and z-depth, m, negative behind the camera, [N] float64.
    """
    matrix = viewpoint.world_to_camera
    return onto_image(viewpoint, np.asarray(points, np.float64) @ matrix[:3, :3].T + matrix[:3, 3])


def onto_image(viewpoint: Viewpoint, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`project` of points that are in camera axes already, m. [N, 3] → [N, 2], [N]"""
    points = np.asarray(points, np.float64)
    depth = points[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        plane = points[..., :2] / depth[..., None]
    lens, coefficients = viewpoint.lens, viewpoint.distortion
    radius = np.linalg.norm(plane, axis=-1)
    seen = (depth > 0) & (radius < reach(lens, coefficients))
    plane = np.where(seen[..., None], plane, 0.0)
    bent, _ = bend(plane, lens, coefficients)
    pixels = bent * np.diag(viewpoint.intrinsics)[:2] + viewpoint.intrinsics[:2, 2]
    pixels[~seen] = np.nan
    return pixels, depth


def rays(viewpoint: Viewpoint, pixels: np.ndarray | None = None) -> np.ndarray:
    """Which way pixels look, in camera axes with z = 1, so that z-depth times it is the point.

    Args:
        viewpoint: The camera.
        pixels: Places on the image, x and y. [..., 2]; None for the centres of all its pixels, H · W

    Returns:
        [..., 3] or [H, W, 3] float64, read-only without `pixels`; NaN where the lens has no ray.
    """
    k = viewpoint.intrinsics
    key = float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]), viewpoint.lens, tuple(viewpoint.distortion)
    if pixels is None:
        return _all_rays(viewpoint.width, viewpoint.height, *key)
    return _rays(np.asarray(pixels, np.float64), *key)


def unit_rays(viewpoint: Viewpoint, pixels: np.ndarray | None = None) -> np.ndarray:
    """As `rays`, of unit length, so that distance along the ray times it is the point."""
    directions = rays(viewpoint, pixels)
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def unproject(viewpoint: Viewpoint, depth: np.ndarray) -> np.ndarray:
    """The points that an image of z-depth shows, world, m; NaN where depth is 0. [H, W] → [H, W, 3] float64"""
    points = rays(viewpoint) * np.where(depth > 0, depth, np.nan)[..., None]
    matrix = viewpoint.camera_to_world
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def focal(fov: float, size: int, lens: Lens = "pinhole") -> float:
    """The focal length, px, at which `size` px span a field of view of `fov` degrees, distortion left aside."""
    half = np.radians(fov) / 2
    return float(size / 2 / (half if lens == "fisheye" else np.tan(half)))


@lru_cache(maxsize=4)
def _all_rays(width: int, height: int, *key: object) -> np.ndarray:
    """Of all pixels; a path has one lens, so it is solved once."""
    pixels = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), -1)
    directions = _rays(pixels, *key)  # type: ignore[arg-type]
    directions.setflags(write=False)
    return directions


def _rays(
    pixels: np.ndarray, fx: float, fy: float, cx: float, cy: float, lens: Lens, coefficients: tuple[float, ...]
) -> np.ndarray:
    wanted = (pixels - [cx, cy]) / [fx, fy]
    plane = straighten(wanted, lens, coefficients)
    return np.concatenate([plane, np.ones_like(plane[..., :1])], -1)
