"""Images on surfaces: read as linear colours, looked up where a ray meets them."""

from __future__ import annotations

from typing import Any

import numpy as np

from multisynth.srgb import linear

LARGEST = 256
"""Texels along the longer side; larger images are averaged down, so that small pictures of them do not flicker."""


def texels(image: Any) -> np.ndarray:
    """A picture in sRGB (IEC 61966-2-1) as linear RGB, 0 to 1. PIL image → [h, w, 3] float32"""
    import cv2

    colours = linear(np.asarray(image.convert("RGB"), np.float32) / np.float32(255))
    height, width = colours.shape[:2]
    scale = LARGEST / max(height, width)
    if scale < 1:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        colours = cv2.resize(colours, size, interpolation=cv2.INTER_AREA)
    return colours


def look_up(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Colours between the four texels about each place; the image repeats beyond its sides.

    Args:
        texture: Row 0 is its top. [h, w, 3]
        uv: Right and up from the lower left corner, sides of length 1. [N, 2]

    Returns:
        [N, 3]
    """
    height, width = texture.shape[:2]
    x, y = uv[:, 0] % 1 * width - 0.5, (1 - uv[:, 1] % 1) * height - 0.5
    left, top = np.floor(x), np.floor(y)
    right_share, low_share = (x - left)[:, None].astype(np.float32), (y - top)[:, None].astype(np.float32)
    columns, rows = left.astype(int) % width, top.astype(int) % height
    beside, below = (columns + 1) % width, (rows + 1) % height
    upper = texture[rows, columns] * (1 - right_share) + texture[rows, beside] * right_share
    lower = texture[below, columns] * (1 - right_share) + texture[below, beside] * right_share
    return upper * (1 - low_share) + lower * low_share
