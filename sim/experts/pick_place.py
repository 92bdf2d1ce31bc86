"""Picks an object up, puts it in its place, looks, and tries again where it is not there."""

from __future__ import annotations

import numpy as np

from ..objects import Item
from .grasp import SETTLE, Grasper
from .motion import raised
from .script import Steps

GOOD = 0.015  # m from its place, where another try is not worth it
OVER = 0.05  # m, that the object keeps above its place on the way
DROP = 0.003  # m, from which it is let go
TRIES = 4


class PickPlaceExpert(Grasper):
    """Takes an object and puts it down where it shall be.

    Args:
        name: The object.
        item: What it is like.
        goal: Where its origin shall be, m. [3]
        period: Between control steps, s.
    """

    def __init__(self, name: str, item: Item, goal: np.ndarray, period: float) -> None:
        super().__init__(name, item, period)
        self._goal = goal

    def steps(self) -> Steps:
        """As `Script.steps`."""
        for _ in range(TRIES):
            yield from self.take()
            if self.lifted:
                yield from self.put(raised(self._goal, DROP), self.yaw, OVER)
            else:
                self.opening = 0.08
            self.sights[self.name].forget()
            yield from self.wait(SETTLE)
            if np.linalg.norm(self.place - self._goal) < GOOD:
                return
