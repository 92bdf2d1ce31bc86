"""Two-dimensional boxes around what can be seen of each instance, and around all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..cameras.lenses import project
from ..cameras.viewpoint import Viewpoint
from ..render.buffers import Buffers
from .things import Thing, Things


def boxes_2d(
    viewpoint: Viewpoint, seen: Buffers, things: Iterable[Things], poses: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """One box for each instance with a visible pixel, as `kinds.BOX` has it, in the order of the things.

    The box itself is tight around the visible pixels, edges included. `full` is about the outline of all of it, hidden
    or outside of the image, and about the visible pixels; None where some of it lies behind the camera or beyond what
    the lens sees, so that it has no end. `visible` is the number of visible pixels over that of the pixels that the
    instance would have in this image with nothing in front of it: from `Buffers.covered` where the renderer gives it,
    and else from the filled hulls of its outline, which for what is not convex is a low estimate. An id that no thing
    has makes a box too, with its number as its name and neither `full` nor anything hidden.

    Args:
        viewpoint: The camera.
        seen: What it sees.
        things: What there is.
        poses: Of the moving parts. [B, 7]; None where nothing moves
    """
    from .kernels import extents

    bounds, counts = np.zeros((65536, 4), np.int32), np.zeros(65536, np.int64)
    extents(np.ascontiguousarray(seen.instances), bounds, counts)
    counts[0] = 0
    left = dict.fromkeys(np.flatnonzero(counts).tolist())
    found = []
    for some in things:
        outlines = some.outlines(viewpoint, poses)
        for thing in some.table:
            if thing.instance not in left:
                continue
            del left[thing.instance]
            pieces = [_placed(viewpoint, points) for points in outlines.get(thing.instance, [])]
            pixels = int(counts[thing.instance])
            alone = _alone(viewpoint, seen, thing.instance, pieces)
            found.append(_box(thing, bounds[thing.instance], pixels, max(alone, pixels), _full(pieces)))
    for instance in left:
        pixels = int(counts[instance])
        thing = Thing(instance, f"instance {instance}", "thing")
        found.append(_box(thing, bounds[instance], pixels, pixels, None))
    return found


_Piece = tuple[np.ndarray, bool]
"""Places on the image, px, of the corners that the lens sees, and whether these are all. [K, 2]"""


def _placed(viewpoint: Viewpoint, points: np.ndarray) -> _Piece:
    pixels, depth = project(viewpoint, points)
    known = np.isfinite(pixels[:, 0])
    # what lies behind the camera altogether takes no part in the image
    return pixels[known], bool(known.all() or (depth <= 0).all())


def _full(pieces: list[_Piece]) -> np.ndarray | None:
    """Left, top, right, bottom, px. [4]"""
    places = [pixels for pixels, _ in pieces if len(pixels)]
    if not places or not all(whole for _, whole in pieces):
        return None
    return np.concatenate([np.min([p.min(axis=0) for p in places], axis=0), np.max([p.max(axis=0) for p in places], 0)])


def _alone(viewpoint: Viewpoint, seen: Buffers, instance: int, pieces: list[_Piece]) -> int:
    """Pixels that an instance would have with nothing in front of it."""
    if seen.covered is not None and instance in seen.covered:
        return int(np.count_nonzero(seen.covered[instance]))
    import cv2

    from .kernels import fill

    if not all(whole for _, whole in pieces):
        return 0
    mask = np.zeros((viewpoint.height, viewpoint.width), bool)
    for pixels, _ in pieces:
        if len(pixels) > 2:
            fill(cv2.convexHull(pixels.astype(np.float32))[:, 0].astype(np.float64), mask)
    return int(np.count_nonzero(mask))


def _box(thing: Thing, bounds: np.ndarray, pixels: int, alone: int, full: np.ndarray | None) -> dict[str, Any]:
    x, y, right, bottom = bounds[0], bounds[1], bounds[2] + 1, bounds[3] + 1
    if full is not None:
        full = np.concatenate([np.minimum(full[:2], [x, y]), np.maximum(full[2:], [right, bottom])])
    return {
        "instance": thing.instance,
        "name": thing.name,
        "category": thing.category,
        "x": float(x),
        "y": float(y),
        "width": float(right - x),
        "height": float(bottom - y),
        "visible": float(np.float32(pixels / alone)),
        "full": None if full is None else np.concatenate([full[:2], full[2:] - full[:2]]).astype(np.float32).tolist(),
    }
