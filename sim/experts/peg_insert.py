"""Takes a peg and lets it into a hole that hardly leaves it room, feeling for the hole where it does not go in."""

from __future__ import annotations

import math

import numpy as np

from ..objects import Item
from .grasp import SETTLE, Grasper, heading, square
from .motion import raised
from .script import Steps

OVER = 0.012  # m, that the peg's end stands above the board before it goes in
NEAR = 0.0015  # m
SURE = 0.0003  # m, standard error of where the peg is in the hand before it is lowered
IN = 0.06  # m/s
ENTER = 0.004  # m, by which it is let in before a look whether it has come along
SEARCH = 0.0006  # m, by which tries are beside where the hole seems to be
SPIRAL = 2.4  # rad; the golden angle, so that tries lie evenly about it
TRIES = 16
GRASPS = 3


class PegExpert(Grasper):
    """Takes the peg, holds it over the hole, sides along sides, lowers it, and tries beside where it is stopped.

    Args:
        name: The peg.
        item: What it is like.
        board: What has the hole in its middle.
        thickness: Of the board, m.
        period: Between control steps, s.
    """

    def __init__(self, name: str, item: Item, board: str, thickness: float, period: float) -> None:
        super().__init__(name, item, period, (board,), (0.0, 0.0, -item.below))
        self._board, self._thickness = board, thickness
        self._tried = 0

    def steps(self) -> Steps:
        """As `Script.steps`."""
        for _ in range(GRASPS):
            yield from self.take()
            if self.lifted:
                yield from self._carry()
                while self._tried < TRIES and not self.lost():
                    yield from self._align()
                    yield from self._lower()
                    if self._inside:
                        yield from self.release()
                        return
            yield from self.release()

    def _carry(self) -> Steps:
        """Over the hole."""
        here, high = self.now.hand[:3].copy(), float((self._hole - self.held)[2]) + 4 * OVER
        yield from self.go(np.array([here[0], here[1], max(high, here[2])]), self.yaw)
        self._turn()
        yield from self.go(lambda: np.array([*(self._hole - self.held)[:2], high]), self.yaw)

    def _align(self) -> Steps:
        """Hold the peg's end over the hole, look, and put right what is seen."""
        yield from self.go(raised(self._hole - self.held, OVER), self.yaw, 0.15, NEAR)
        yield from self.feel(SETTLE)
        self._turn()
        yield from self.go(raised(self._hole - self.held, OVER), self.yaw, 0.15, NEAR)
        yield from self.peer(SURE)

    def _lower(self) -> Steps:
        """Down into the hole, until the peg is through or stays behind."""
        around, aside = self._tried * SPIRAL, SEARCH * math.sqrt(self._tried)
        self._tried += 1
        held = self.held.copy()
        beside = self._hole + np.array([aside * math.cos(around), aside * math.sin(around), 0.0])
        yield from self.go(raised(beside - held, OVER), self.yaw, 0.15, NEAR)
        yield from self.go(raised(beside - held, -ENTER), self.yaw, IN, NEAR)
        yield from self.peer(ENTER / 8)
        if self.held[2] - held[2] < ENTER / 2:  # otherwise it stands on the board
            yield from self.go(raised(beside - held, 0.001 - self._thickness), self.yaw, IN, NEAR)
            yield from self.peer(ENTER / 4)

    def _turn(self) -> None:
        """Sides along sides."""
        self.yaw += square(heading(self.sights[self._board].pose) - heading(self.sights[self.name].pose))

    @property
    def _hole(self) -> np.ndarray:
        """Its middle, level with the board's upper face. [3]"""
        return raised(self.sights[self._board].pose, self._thickness / 2)

    @property
    def _inside(self) -> bool:
        return float((self.now.hand[:3] + self.held - self._hole)[2]) < -0.85 * self._thickness
