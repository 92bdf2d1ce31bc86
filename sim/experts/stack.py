"""Picks a block up, puts it on another, looks, and tries again where it does not lie there."""

from __future__ import annotations

import numpy as np

from ..objects import Item
from .grasp import SETTLE, Grasper, heading, square
from .motion import raised
from .pick_place import DROP, GOOD, OVER, TRIES
from .script import Steps


class StackExpert(Grasper):
    """Takes a block and puts it on a base, its sides along those of the base.

    Args:
        name: The block.
        item: What it is like.
        base: What it shall lie on.
        rise: From the base's origin to where the block's shall be, m.
        period: Between control steps, s.
    """

    def __init__(self, name: str, item: Item, base: str, rise: float, period: float) -> None:
        super().__init__(name, item, period, (base,))
        self._base, self._rise = base, rise

    def steps(self) -> Steps:
        """As `Script.steps`."""
        for _ in range(TRIES):
            yield from self.take()
            if self.lifted:
                turn = square(heading(self.sights[self._base].pose) - heading(self.sights[self.name].pose))
                yield from self.put(raised(self._goal, DROP), self.yaw + turn, OVER)
            self.sights[self.name].forget()
            self.sights[self._base].forget()
            yield from self.wait(SETTLE)
            if np.linalg.norm(self.place - self._goal) < GOOD:
                return

    @property
    def _goal(self) -> np.ndarray:
        return raised(self.sights[self._base].pose[:3], self._rise)
