"""Hash grids on the processor: values at points, and what flows back into the tables."""

from __future__ import annotations

import numpy as np

from ..splats.kernels.compiled import inlined, reordered

Y, Z = np.uint32(2654435761), np.uint32(805459861)
ONE = np.float32(1)  # a plain 1 would make all of it 64 bits wide


@inlined
def _hash(x: float, y: float, z: float) -> np.uint32:
    return np.uint32(x) ^ (np.uint32(y) * Y) ^ (np.uint32(z) * Z)


@reordered
def gather(
    chunk: int,
    begin: int,
    end: int,
    positions: np.ndarray,
    table: np.ndarray,
    scalings: np.ndarray,
    out: np.ndarray,
) -> None:
    """Trilinear values of every level, at some of the points.

    Args:
        chunk: Not used.
        begin: First point.
        end: Point after the last.
        positions: 0 to 1. [N, 3] float32
        table: T rows a level, T a power of 2. [L · T, F] float32
        scalings: Cells along an edge, a level. [L] float32
        out: Written. [N, L · F] float32
    """
    levels, features = len(scalings), table.shape[1]
    size = len(table) // levels
    mask = np.uint32(size - 1)
    for n in range(begin, end):
        for level in range(levels):
            edge = scalings[level]
            x, y, z = positions[n, 0] * edge, positions[n, 1] * edge, positions[n, 2] * edge
            fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
            u, v, w = x - fx, y - fy, z - fz
            first, last = level * size, level * features
            for feature in range(features):
                out[n, last + feature] = 0.0
            for corner in range(8):
                dx, dy, dz = corner & 1, (corner >> 1) & 1, corner >> 2
                weight = (u if dx else ONE - u) * (v if dy else ONE - v) * (w if dz else ONE - w)
                row = first + np.int64(_hash(fx + dx, fy + dy, fz + dz) & mask)
                for feature in range(features):
                    out[n, last + feature] += weight * table[row, feature]


@reordered
def scatter(
    chunk: int, begin: int, end: int, positions: np.ndarray, flow: np.ndarray, scalings: np.ndarray, out: np.ndarray
) -> None:
    """The transpose of `gather`, for some of the levels, which share no row.

    Args:
        chunk: Not used.
        begin: First level.
        end: Level after the last.
        positions: 0 to 1. [N, 3] float32
        flow: Gradient by the values. [N, L · F] float32
        scalings: Cells along an edge, a level. [L] float32
        out: Added to: gradient by the table. [L · T, F] float32
    """
    levels, features = len(scalings), out.shape[1]
    size = len(out) // levels
    mask = np.uint32(size - 1)
    for level in range(begin, end):
        first, last = level * size, level * features
        for n in range(len(positions)):
            edge = scalings[level]
            x, y, z = positions[n, 0] * edge, positions[n, 1] * edge, positions[n, 2] * edge
            fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
            u, v, w = x - fx, y - fy, z - fz
            for corner in range(8):
                dx, dy, dz = corner & 1, (corner >> 1) & 1, corner >> 2
                weight = (u if dx else ONE - u) * (v if dy else ONE - v) * (w if dz else ONE - w)
                row = first + np.int64(_hash(fx + dx, fy + dy, fz + dz) & mask)
                for feature in range(features):
                    out[row, feature] += weight * flow[n, last + feature]
