"""Which standing bodies have fallen: tilted by more than 45°, or sunk by more than half their height."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from multisynth.scenes.poses import rotation

TILT = float(np.cos(np.radians(45)))


class Falls:
    """Watches bodies that stand; what has fallen stays fallen.

    Args:
        poses: At the start, by name. [7] each
        heights: From support to top, m, by name.
    """

    def __init__(self, poses: Mapping[str, np.ndarray], heights: Mapping[str, float]) -> None:
        self.names = list(heights)
        at = np.array([poses[name] for name in self.names]).reshape(-1, 7)
        self._lowest = at[:, 2] - np.array([heights[name] for name in self.names]) / 2
        self._up = rotation(at[:, 3:])[:, 2, :]  # world z in each body's axes
        self._upright = np.ones(len(self.names), bool)

    def look(self, poses: np.ndarray) -> list[int]:
        """Which of `names` fall now, where poses are theirs, in that order. [S, 7]"""
        if not self._upright.any():
            return []
        w, x, y, z = poses[:, 3:].T
        up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1)  # world z, body's axes
        fell = self._upright & (((up * self._up).sum(1) < TILT) | (poses[:, 2] < self._lowest))
        self._upright &= ~fell
        return [int(index) for index in np.flatnonzero(fell)]

    def fallen(self, name: str) -> bool:
        """Whether one of them has fallen."""
        return not self._upright[self.names.index(name)]
