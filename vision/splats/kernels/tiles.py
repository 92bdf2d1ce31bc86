"""Which Gaussians touch which tiles, near to far."""

from __future__ import annotations

import math

import numpy as np

from .compiled import compiled

TILE = 16  # px; a row of a tile is one vector of the widest registers
_RADIX = 11  # bits of a pass


@compiled
def nearest_first(depths, radii, order):  # type: ignore[no-untyped-def]
    """Indices of what is seen, by depth, ties by index, into order: [N]; how many. Depths are above 0."""
    bits = depths.view(np.uint32)  # positive floats lie in the order of their bits
    count = 0
    for index in range(depths.shape[0]):
        if radii[index, 0] > 0 and radii[index, 1] > 0:
            order[count] = index
            count += 1
    other = np.empty(count, np.int32)
    here, there = order[:count], other
    buckets = 1 << _RADIX
    for step in range(3):
        shift = np.uint32(step * _RADIX)
        starts = np.zeros(buckets + 1, np.int64)
        for index in range(count):
            starts[((bits[here[index]] >> shift) & np.uint32(buckets - 1)) + 1] += 1
        for bucket in range(buckets):
            starts[bucket + 1] += starts[bucket]
        for index in range(count):
            bucket = (bits[here[index]] >> shift) & np.uint32(buckets - 1)
            there[starts[bucket]] = here[index]
            starts[bucket] += 1
        here, there = there, here
    order[:count] = here.copy()
    return count


@compiled
def pack(chunk, first, end, radii, means2d, conics, opacities, splats):  # type: ignore[no-untyped-def]
    """What pixels need of a Gaussian side by side in splats: [C·N, 8] float32.

    Mean x, y; half the conic's xx, its xy, half its yy; opacity; the σ where alpha falls to 1/255; half the height
    of that ellipse in px, infinite where rounding left no ellipse.
    """
    for index in range(first, end):
        if radii[index, 0] <= 0 or radii[index, 1] <= 0:
            continue
        a, b, c = float(conics[index, 0]), float(conics[index, 1]), float(conics[index, 2])
        opacity = float(opacities[index])
        limit = math.log(255.0 * opacity) + 1e-4 if opacity > 0 else -1.0  # a little more than float32 could miss
        det = a * c - b * b
        splats[index, 0], splats[index, 1] = means2d[index, 0], means2d[index, 1]
        splats[index, 2], splats[index, 3], splats[index, 4] = 0.5 * a, b, 0.5 * c
        splats[index, 5], splats[index, 6] = opacity, limit
        # float32 conics that are nearly singular describe another ellipse than these products say
        sound = a > 0 and c > 0 and det > 1e-4 * a * c
        splats[index, 7] = math.sqrt(2 * max(limit, 0.0) * a / det) + 0.01 if sound else np.inf


@compiled
def _reach(splats, radii, index, across, down):  # type: ignore[no-untyped-def]
    """First and end column and row of the tiles that the bounding box meets, as gsplat has them."""
    x, y = float(splats[index, 0]) / TILE, float(splats[index, 1]) / TILE
    rx, ry = radii[index, 0] / TILE, radii[index, 1] / TILE
    left, right = min(max(0.0, math.floor(x - rx)), across), min(max(0.0, math.ceil(x + rx)), across)
    top, bottom = min(max(0.0, math.floor(y - ry)), down), min(max(0.0, math.ceil(y + ry)), down)
    return int(left), int(right), int(top), int(bottom)


@compiled
def _meets(splats, index, column, row):  # type: ignore[no-untyped-def]
    """Whether the ellipse of alpha ≥ 1/255 meets the tile's pixel centres' rectangle, or might."""
    limit = splats[index, 6]
    if limit < 0:
        return False
    if not splats[index, 7] < np.inf:
        return True
    ha, b, hc = splats[index, 2], splats[index, 3], splats[index, 4]
    left, top = column * TILE + 0.5 - splats[index, 0], row * TILE + 0.5 - splats[index, 1]
    right, bottom = left + (TILE - 1), top + (TILE - 1)
    inside_x, inside_y = left <= 0 <= right, top <= 0 <= bottom
    if inside_x and inside_y:
        return True
    slack = 1.001 * limit + 1e-3
    if not inside_x:  # the nearer upright edge: σ is least on it at the y below, or where the edge ends
        x = left if left > 0 else right
        y = min(max(-b * x / (2 * hc), top), bottom)
        if ha * x * x + b * x * y + hc * y * y <= slack:
            return True
    if not inside_y:
        y = top if top > 0 else bottom
        x = min(max(-b * y / (2 * ha), left), right)
        if ha * x * x + b * x * y + hc * y * y <= slack:
            return True
    return False


@compiled
def count_tiles(chunk, first, end, runs, orders, splats, radii, across, down, touched, histograms):  # type: ignore[no-untyped-def]
    """For runs first … end of (image, first and end in its order): tiles of each Gaussian, Gaussians of each tile."""
    for run in range(first, end):
        image, begin, stop = runs[run]
        histograms[run, :] = 0
        for place in range(begin, stop):
            index = orders[image, place]
            left, right, top, bottom = _reach(splats, radii, index, across, down)
            tiles = 0
            for row in range(top, bottom):
                for column in range(left, right):
                    if _meets(splats, index, column, row):
                        tiles += 1
                        histograms[run, row * across + column] += 1
            touched[index] = tiles


@compiled
def list_tiles(  # type: ignore[no-untyped-def]
    chunk, first, end, runs, orders, splats, radii, across, down, slots, cursors, members, places
):
    """Write each tile's Gaussians, near to far, into members, and into places where each keeps what it learns there."""
    for run in range(first, end):
        image, begin, stop = runs[run]
        for place in range(begin, stop):
            index = orders[image, place]
            left, right, top, bottom = _reach(splats, radii, index, across, down)
            slot = slots[index]
            for row in range(top, bottom):
                for column in range(left, right):
                    if _meets(splats, index, column, row):
                        at = cursors[run, row * across + column]
                        members[at], places[at] = index, slot
                        cursors[run, row * across + column] = at + 1
                        slot += 1
