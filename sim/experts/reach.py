"""Brings the hand to a point."""

from __future__ import annotations

import numpy as np

from .script import Script, Steps

NEAR = 0.003  # m


class ReachExpert(Script):
    """Goes there and stays.

    Args:
        goal: For the tip, m. [3]
        period: Between control steps, s.
    """

    def __init__(self, goal: np.ndarray, period: float) -> None:
        super().__init__(period)
        self._goal = goal

    def steps(self) -> Steps:
        """As `Script.steps`."""
        yield from self.go(self._goal, 0.0, near=NEAR)
