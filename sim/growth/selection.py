"""Which demonstration a piece is copied from (Mandlekar et al. 2023, arXiv 2310.17596, "source segment selection")."""

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

    def __call__(self, piece: int, frame: np.ndarray, alike: np.ndarray) -> Segment:
        """The segment for a piece.

        Args:
            piece: Its index among those of the task.
            frame: Its frame in the new scene. [4, 4]
            alike: Turns of that by which things look the same. [N, 4, 4]
        """
        demonstration = self._demonstration(piece, frame @ alike)
        self.chosen.append(demonstration.id)
        return demonstration.segments[piece]

    def _demonstration(self, piece: int, frames: np.ndarray) -> Demonstration:
        if self._select == "own":
            return self._own
        if self._select == "random":
            return self._every[int(self._rng.integers(len(self._every)))]
        away = [distance(one.segments[piece].frame, frames) for one in self._every]
        nearest = np.argsort(away, kind="stable")[:NEAREST]
        return self._every[int(nearest[int(self._rng.integers(len(nearest)))])]


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """From a pose to the nearest of several, m; a turn counts by `LEVER`. [4, 4], [N, 4, 4]"""
    cosines = (np.einsum("ij,nij->n", a[:3, :3], b[:, :3, :3]) - 1) / 2
    turns = np.arccos(np.clip(cosines, -1.0, 1.0))
    return float((np.linalg.norm(b[:, :3, 3] - a[:3, 3], axis=1) + LEVER * turns).min())
