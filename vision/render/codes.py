"""The numbers that images are made of: what a frame stores, before it is compressed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Codes:
    """One view as `kinds.FRAME` stores it, H × W; what is None was not asked for."""

    rgb: np.ndarray  # [H, W, 3] uint8, sRGB
    depth: np.ndarray  # [H, W] float32, m, z-depth, 0 where nothing is
    normals: np.ndarray  # [H, W, 3] uint16, (n + 1) / 2 · 65535, camera axes; 0, 0, 0 where nothing is
    instances: np.ndarray  # [H, W] uint16, 0 = background
    opacity: np.ndarray  # [H, W] uint8, 255 is opaque
    median_depth: np.ndarray | None = None  # [H, W] float32, m
