"""A pattern on what stands still, so that floors and tables show scale and motion."""

from __future__ import annotations

import numpy as np
from multisynth.scenes.render.eye import Eye
from multisynth.scenes.schema import Pattern

TILE = 0.92
"""Of the distance between tiles, that their edge is; the rest is the joint."""


def patterned(
    pattern: Pattern, depth: np.ndarray, normals: np.ndarray, directions: np.ndarray, turns: np.ndarray, eye: Eye
) -> np.ndarray:
    """How much lighter or darker than its plain colour a surface is: fixed in the world, averaged over each pixel.

    The mean over a pixel's footprint is in closed form, so far squares fade into grey instead of flickering
    (I. Quilez, Box filtering procedural patterns, 2017).

    Args:
        pattern: Which it is.
        depth: z-depth in m. [N]
        normals: Camera axes. [N, 3]
        directions: Camera axes, z = 1. [N, 3]
        turns: How directions change from pixel to pixel; see `Eye.turns`. [N or 1, 2, 2]
        eye: Whose pixels they are.

    Returns:
        Factors about 1. [N] float32
    """
    factors = np.ones(len(depth), np.float32)
    there = np.flatnonzero(depth)
    if not len(there) or pattern.contrast == 0:
        return factors
    to_world = eye.world_to_camera[:3, :3].T
    d, n, z = directions[there], normals[there].astype(np.float64), depth[there, None].astype(np.float64)
    turns = turns if len(turns) == 1 else turns[there]
    facing = np.einsum("ni,ni->n", n, d)[:, None]
    facing = np.where(np.abs(facing) < 1e-6, -1e-6, facing)
    width = np.zeros_like(d)
    for turn in (turns[:, 0], turns[:, 1]):
        # how far the point moves over its plane when the ray moves by a pixel
        step = -d * (np.einsum("ni,ni->n", n[:, :2], np.broadcast_to(turn, (len(n), 2)))[:, None] / facing)
        step[:, :2] += turn
        width += np.abs((z * step) @ to_world.T)
    points = z * d @ to_world.T + eye.position
    outward = n @ to_world.T
    area = _tile if pattern.kind == "tiles" else _wave
    wave, left = np.ones(len(there)), np.ones(len(there), bool)
    for axis in range(3):
        # a face shows the squares of the two axes that lie in it, and stripes across the first of them
        lies = left & (np.abs(outward[:, axis]) < 0.7)
        if pattern.kind == "stripes":
            left &= ~lies
        middle, half = points[lies, axis] / pattern.size, np.clip(width[lies, axis] / pattern.size, 1e-4, None) / 2
        wave[lies] *= (area(middle + half) - area(middle - half)) / (2 * half)
    if pattern.kind == "tiles":
        wave = 2 * wave - 1
    factors[there] = 1 + pattern.contrast * wave
    return factors


def _wave(x: np.ndarray) -> np.ndarray:
    """Integral of the square wave that is 1 from 0 to 1 and -1 from 1 to 2."""
    return 1 - np.abs(1 - x % 2)


def _tile(x: np.ndarray) -> np.ndarray:
    """Integral of the wave that is 1 from 0 to `TILE` and 0 from there to 1."""
    whole = np.floor(x)
    return whole * TILE + np.minimum(x - whole, TILE)
