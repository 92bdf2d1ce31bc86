"""Median depth and dominant instance of each pixel."""

from __future__ import annotations

import numpy as np

from .compiled import compiled
from .pixels import HALF, LOOK, ONE, ZERO, look, open_tile, reached, weigh
from .tiles import TILE


@compiled
def median(chunk, first, end, across, down, width, height, starts, members, splats, depths, medians):  # type: ignore[no-untyped-def]
    """Of tiles first … end: the depth where the transmittance falls to 0.5 into medians: [C, H, W], which is 0."""
    columns, weights = np.empty(TILE, np.float32), np.empty((TILE, TILE), np.float32)
    transmittance, found = np.empty((TILE, TILE), np.float32), np.empty((TILE, TILE), np.float32)
    open_rows = np.empty(TILE, np.bool_)
    for tile in range(first, end):
        image, left, top, wide, high = open_tile(tile, across, down, width, height, columns, transmittance)
        found[:] = ZERO
        open_rows[:] = True
        begin = starts[tile]
        for member in range(begin, starts[tile + 1]):
            if (member - begin) % LOOK == LOOK - 1 and not look(transmittance, open_rows, high):
                break
            splat, depth = splats[members[member]], depths[members[member]]
            upper, lower = reached(splat[1], splat[7], top, high)
            for y in range(upper, lower):
                if not open_rows[y]:
                    continue
                weigh(splat, columns, splat[1] - (np.float32(top + y) + HALF), transmittance, y, weights)
                for x in range(TILE):
                    t = transmittance[y, x]
                    crosses = (weights[y, x] > ZERO) & (t <= HALF)
                    found[y, x] = depth if crosses else found[y, x]
                    transmittance[y, x] = -t if crosses else t  # nothing behind can matter
        medians[image, top : top + high, left : left + wide] = found[:high, :wide]


@compiled
def dominant(chunk, first, end, across, down, width, height, starts, members, splats, labels, ids):  # type: ignore[no-untyped-def]
    """Of tiles first … end: the label (of C·N) most light comes from into ids: [C, H, W]; what passes goes to 0."""
    columns, weights = np.empty(TILE, np.float32), np.empty((TILE, TILE), np.float32)
    transmittance = np.empty((TILE, TILE), np.float32)
    open_rows = np.empty(TILE, np.bool_)
    for tile in range(first, end):
        image, left, top, wide, high = open_tile(tile, across, down, width, height, columns, transmittance)
        open_rows[:] = True
        begin = starts[tile]
        present = np.unique(np.append(labels[members[begin : starts[tile + 1]]], np.zeros(1, labels.dtype)))
        shares = np.zeros((len(present), TILE, TILE), np.float32)
        for member in range(begin, starts[tile + 1]):
            if (member - begin) % LOOK == LOOK - 1 and not look(transmittance, open_rows, high):
                break
            splat = splats[members[member]]
            row_of_label = np.searchsorted(present, labels[members[member]])
            upper, lower = reached(splat[1], splat[7], top, high)
            for y in range(upper, lower):
                if not open_rows[y]:
                    continue
                weigh(splat, columns, splat[1] - (np.float32(top + y) + HALF), transmittance, y, weights)
                for x in range(TILE):
                    shares[row_of_label, y, x] += weights[y, x]
        nothing = np.searchsorted(present, 0)
        for y in range(high):
            for x in range(wide):
                shares[nothing, y, x] += abs(transmittance[y, x])
                most, best = -ONE, 0
                for row in range(len(present)):
                    if shares[row, y, x] > most:
                        most, best = shares[row, y, x], row
                ids[image, top + y, left + x] = present[best]
