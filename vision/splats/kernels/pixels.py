"""A tile's pixels and what one Gaussian does to a row of them: what all compositing kernels share.

Thresholds as in gsplat 1.5: alpha at most 0.999, below 1/255 nothing, a pixel ends before it would fall to 1e-4.
Loops over the 16 pixels of a row have no branches, so that they become vector instructions; where they do little,
they go over several rows, since a compiler would take them apart before it saw the vector. A pixel that has ended
carries its transmittance with the sign turned.
"""

from __future__ import annotations

import numpy as np

from .compiled import compiled, inlined
from .exponential import exp_minus
from .tiles import TILE

ZERO, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
ALPHA_MAX, ALPHA_MIN = np.float32(0.999), np.float32(1.0 / 255.0)
LOOK = 8  # Gaussians from one look for rows that have ended to the next
_END = np.float32(1e-4)


@compiled
def open_tile(tile, across, down, width, height, columns, transmittance):  # type: ignore[no-untyped-def]
    """Set up a tile: its image, corner and size in px; pixels beyond the image have ended."""
    image, place = tile // (across * down), tile % (across * down)
    left, top = (place % across) * TILE, (place // across) * TILE
    wide, high = min(TILE, width - left), min(TILE, height - top)
    for x in range(TILE):
        columns[x] = np.float32(left + x) + HALF
    transmittance[:] = -ONE
    transmittance[:high, :wide] = ONE
    return image, left, top, wide, high


@compiled
def reached(centre, half, top, high):  # type: ignore[no-untyped-def]
    """First and end row of the tile that an ellipse of half this height reaches."""
    first = max(ZERO, centre - half - np.float32(top) - HALF)
    last = min(np.float32(high - 1), centre + half - np.float32(top) - HALF)
    return int(np.ceil(first)), int(np.floor(last)) + 1


@compiled
def look(transmittance, open_rows, high):  # type: ignore[no-untyped-def]
    """Note which rows have a pixel that has not ended; whether any has."""
    some = False
    for y in range(high):
        if open_rows[y]:
            most = ZERO
            for x in range(TILE):
                most = max(most, transmittance[y, x])
            open_rows[y] = most > ZERO
            some = some or open_rows[y]
    return some


@inlined
def weigh(splat, columns, dy, transmittance, y, weights):  # type: ignore[no-untyped-def]
    """One Gaussian over row y: the share of each pixel's light that it takes into weights, the rest behind it."""
    x0, ha, opacity = splat[0], splat[2], splat[5]
    bdy, cdy2 = splat[3] * dy, splat[4] * dy * dy
    for x in range(TILE):
        dx = x0 - columns[x]
        sigma = (ha * dx + bdy) * dx + cdy2
        alpha = opacity * exp_minus(sigma)
        alpha = alpha if alpha < ALPHA_MAX else ALPHA_MAX
        t = transmittance[y, x]
        rest = t * (ONE - alpha)
        counts = (sigma >= ZERO) & (alpha >= ALPHA_MIN)
        goes = counts & (rest > _END)
        weights[y, x] = alpha * t if goes else ZERO
        transmittance[y, x] = rest if goes else (-abs(t) if counts else t)
