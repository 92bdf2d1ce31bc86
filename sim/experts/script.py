"""Experts written down as what to do one after another: a generator that yields actions and reads what is seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..trial import Situation
from .motion import ABRUPT, PATIENCE, SPEED, THERE, Hand

Steps = Iterator[np.ndarray]
MEMORY = 8.0  # s, over which what is seen of a thing is averaged
FEW = 4
"""Looks that tell nothing of how much they scatter."""


class Sight:
    """Where a thing is that lies still: the mean of where it was seen of late, which outlives noise and gaps.

    Args:
        period: Between control steps, s.
    """

    def __init__(self, period: float) -> None:
        self._most, self._count = MEMORY / period, 0
        self._mean, self._variance = np.zeros(7), np.zeros(3)

    def look(self, pose: np.ndarray) -> None:
        """It is seen there. [7]"""
        self._count += 1
        if self._count == 1:
            self._mean, self._variance = pose.copy(), np.zeros(3)
            return
        share = 1 / min(self._count, self._most)
        off = pose[:3] - self._mean[:3]
        self._mean[:3] += share * off
        self._variance += share * ((1 - share) * off**2 - self._variance)
        self._mean[3:] = pose[3:]

    def forget(self) -> None:
        """It has moved: what was seen is no longer so."""
        self._count = 0

    @property
    def pose(self) -> np.ndarray:
        """x, y, z in m and w, x, y, z. [7]"""
        return self._mean

    @property
    def error(self) -> float:
        """Standard error of its place, m; infinite after a few looks."""
        if self._count < FEW:
            return math.inf
        return math.sqrt(float(self._variance.max()) / min(self._count, self._most))


class Script:
    """An expert whose `steps` say what to do, each action in view of what is then seen.

    Args:
        period: Between control steps, s.
        watched: Things whose places are averaged in `sights`.
        acceleration: Of the hand at most, m/s².
    """

    now: Situation

    def __init__(self, period: float, watched: Sequence[str] = (), acceleration: float = ABRUPT) -> None:
        self.period, self.done = period, False
        self.hand = Hand(period, acceleration)
        self.opening = 0.04
        self.sights = {name: Sight(period) for name in watched}
        self._steps = self.steps()

    def steps(self) -> Steps:
        """Actions from the first to the last, [8] each; then the arm stays where it is."""
        raise NotImplementedError  # abstract

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        self.now = situation
        for name, sight in self.sights.items():
            sight.look(situation.pose(name))
        action = next(self._steps, None)
        if action is None:
            self.done = True
            return self.hand.stay(situation, self.opening)
        return action

    def take_up(self, joints: np.ndarray, opening: float) -> None:
        """As `Teacher.take_up`."""
        self.hand.take_up(joints, opening)

    def go(
        self,
        place: Callable[[], np.ndarray] | np.ndarray,
        yaw: Callable[[], float] | float,
        speed: float = SPEED,
        near: float = THERE,
        until: Callable[[], bool] = lambda: False,
    ) -> Steps:
        """Move the tip to a place, which may move too, until it is there, or that takes too long, or something else."""
        for _ in range(round(PATIENCE / self.period)):
            target = place() if callable(place) else place
            turn = yaw() if callable(yaw) else yaw
            action, there = self.hand.towards(self.now, target, turn, self.opening, speed, near)
            if there or until():
                return
            yield action

    def wait(self, seconds: float) -> Steps:
        """Stay, and let the fingers go to `opening`."""
        for _ in range(max(1, round(seconds / self.period))):
            yield self.hand.stay(self.now, self.opening)
