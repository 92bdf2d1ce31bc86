"""Pixels whose colour hangs on a threshold, so that a last bit decides: where two rasterisers may differ."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

# Twice what float32 rounding of a mean on the image, of a conic and of a depth comes to.
_ALPHA, _REST, _DEPTH = 2e-3, 2e-2, 5e-7


def edges(meta: dict[str, Any]) -> np.ndarray:
    """From the CPU's `meta`: whether a Gaussian's alpha is within 0.2 % of 1/255, its transmittance within 2 % of 1e-4,
    or its depth that of another to float32's precision. [C, H, W] bool
    """
    lists = meta["lists"]
    found = np.zeros((meta["n_cameras"], lists.height, lists.width), np.bool_)
    depths = meta["depths"].detach().reshape(-1).numpy()
    _mark(*lists.grid, lists.starts, lists.members, lists.splats, depths, found)
    return found


@numba.njit(cache=True)
def _mark(across, down, width, height, starts, members, splats, depths, found):  # type: ignore[no-untyped-def]
    for image in range(found.shape[0]):
        for y in range(height):
            for x in range(width):
                tile = (image * down + y // 16) * across + x // 16
                transmittance, before = 1.0, -1.0
                for place in range(starts[tile], starts[tile + 1]):
                    splat = splats[members[place]]
                    dx, dy = splat[0] - (x + 0.5), splat[1] - (y + 0.5)
                    sigma = splat[2] * dx * dx + splat[3] * dx * dy + splat[4] * dy * dy
                    alpha = min(0.999, splat[5] * math.exp(-sigma))
                    if abs(alpha * 255 - 1) < _ALPHA or abs(sigma) < 1e-6:
                        found[image, y, x] = True
                    if alpha < 1 / 255 or sigma < 0:
                        continue
                    depth = depths[members[place]]
                    if abs(depth - before) < _DEPTH * depth:
                        found[image, y, x] = True
                    before = depth
                    transmittance *= 1 - alpha
                    if abs(transmittance * 1e4 - 1) < _REST:
                        found[image, y, x] = True
                    if transmittance <= 1e-4:
                        break
