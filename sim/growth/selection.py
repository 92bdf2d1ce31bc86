"""Which demonstration a piece is copied from (arXiv 2310.17596, section 4.2 and appendix on selection)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from .demonstration import Demonstration, Segment

Select = Literal["own", "random", "nearest"]
NEAREST = 3
"""Of so many whose frame was nearest, one is drawn."""
LEVER = 0.1  # m/rad; how much a turn counts beside a distance


class Selection:
    """Chooses segments for one attempt, and remembers whose they are.

    Args:
        select: `own`: of the demonstration whose turn it is; `random`: of any, drawn for each piece; `nearest`: of one
            whose frame lay nearly as the new one does.
        own: The demonstration whose turn it is.
        every: All of the same task and rate, that one among them.
        rng: Draws.
    """

    def __init__(
        self, select: Select, own: Demonstration, every: Sequence[Demonstration], rng: np.random.Generator
    ) -> None:
        self._select, self._own, self._every, self._rng = select, own, every, rng
        self.chosen: list[str] = []

    def __call__(self, piece: int, frame: np.ndarray) -> Segment:
        """The segment for a piece, by its index and its frame in the new scene. [4, 4]"""
        demonstration = self._demonstration(piece, frame)
        self.chosen.append(demonstration.id)
        return demonstration.segments[piece]

    def _demonstration(self, piece: int, frame: np.ndarray) -> Demonstration:
        if self._select == "own":
            return self._own
        if self._select == "random":
            return self._every[int(self._rng.integers(len(self._every)))]
        away = [distance(one.segments[piece].frame, frame) for one in self._every]
        nearest = np.argsort(away, kind="stable")[:NEAREST]
        return self._every[int(nearest[int(self._rng.integers(len(nearest)))])]


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Between two poses, m; a turn counts by `LEVER`. [4, 4], [4, 4]"""
    cosine = (float(np.trace(a[:3, :3].T @ b[:3, :3])) - 1) / 2
    return float(np.linalg.norm(a[:3, 3] - b[:3, 3])) + LEVER * float(np.arccos(np.clip(cosine, -1.0, 1.0)))
