"""Depth that ends at a limit which is the renderer's and not the scene's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

SHARE = 0.05
"""Of an image: so much at exactly its largest depth is more than a row of level floor."""
FRAMES = 3
"""From so many places must the same largest depth be seen: a wall lies flat before one camera alone."""


def farthest(depth: np.ndarray) -> tuple[float, float]:
    """The largest depth of an image, and the share of the image that has exactly that. [H, W] → m, 0 to 1"""
    most = float(depth.max(initial=0))
    return most, float(np.mean(depth == most)) if most > 0 else 0.0


def clipped(most: Sequence[float], share: Sequence[float], places: np.ndarray) -> list[bool]:
    """Which of N images end at a limit: many of their pixels have the very depth at which others end too.

    Args:
        most: As of `farthest`. [N], m
        share: Likewise. [N]
        places: Where the cameras stand, m. [N, 3]
    """
    ends: dict[float, list[int]] = defaultdict(list)
    for index, (depth, part) in enumerate(zip(most, share, strict=True)):
        if part >= SHARE:
            ends[depth].append(index)
    found = [False] * len(most)
    for indices in ends.values():
        if len(np.unique(places[indices].round(6), axis=0)) >= FRAMES:
            for index in indices:
                found[index] = True
    return found
