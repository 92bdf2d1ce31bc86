"""Picks a ball up, sets it on the upper end of a ramp, and lets it go."""

from __future__ import annotations

import numpy as np

from .script import Script, Steps

ROOM = 0.024  # m that the fingers open beside the ball
ABOVE = np.array([0.0, 0.0, 0.1])  # m
DROP = np.array([0.0, 0.0, 0.002])  # m that the ball falls on the ramp
SEAT = 0.004  # m, of the tip above the ball's centre: the finger's ends keep off the ramp's curbs
GRASP, SETTLE = 0.35, 0.1  # s
DOWN, UP, CARRY, LOWER = 0.2, 0.2, 0.3, 0.1  # m/s
LIFTED = 0.04  # m, at least, of a ball that is held
ROLL = 1.5  # s after which it has rolled down
OFF = 0.02  # m that what it hits has moved at least
TRIES = 3


class RampExpert(Script):
    """Goes over the ball, takes it, carries it above the ramp's upper end, lowers it, and opens the fingers.

    Args:
        ball: Its name.
        target: What it is to hit.
        top: Where the ball's centre is when it lies on the ramp's upper end, m. [3]
        radius: Of the ball, m.
        way: The direction that it is to roll in, across which the fingers open, rad from x.
        period: Between control steps, s.
    """

    def __init__(self, ball: str, target: str, top: np.ndarray, radius: float, way: float, period: float) -> None:
        super().__init__(period, (ball, target))
        self._ball, self._target, self._top, self._way = ball, target, top, way
        self._radius, self._wide = radius, 2 * radius + ROOM

    def steps(self) -> Steps:
        """As `Script.steps`."""
        yield from self.wait(SETTLE)
        stood = self.sights[self._target].pose[:2].copy()
        for _ in range(TRIES):
            yield from self._take()
            if self.now.pose(self._ball)[2] < LIFTED:
                continue
            yield from self._release()
            yield from self.wait(ROLL)
            if np.linalg.norm(self.now.pose(self._target)[:2] - stood) > OFF:
                return

    def _take(self) -> Steps:
        """Fingers down beside the ball, close, and lift it."""
        self.opening = self._wide
        self.sights[self._ball].forget()
        yield from self.go(lambda: self._low() + ABOVE, self._way)
        yield from self.go(self._low, self._way, DOWN, 0.004)
        self.opening = 0.0
        yield from self.wait(GRASP)
        yield from self.go(self.now.hand[:3] + ABOVE, self._way, CARRY)

    def _release(self) -> Steps:
        """Bring the held ball over the ramp, lower it there, and let it go."""
        yield from self.go(self._top + ABOVE / 2 - self._held(), self._way, CARRY)
        self.sights[self._ball].forget()
        yield from self.wait(SETTLE)
        yield from self.go(lambda: self._top + DROP - self._held(), self._way, LOWER, 0.003)
        self.opening = self._wide
        yield from self.wait(GRASP)
        yield from self.go(self.now.hand[:3] + ABOVE, self._way, UP)

    def _low(self) -> np.ndarray:
        """Where the tip goes to take the ball. [3]"""
        x, y, _ = self.sights[self._ball].pose[:3]
        return np.array([x, y, self._radius + SEAT])

    def _held(self) -> np.ndarray:
        """From the tip to the ball, m. [3]"""
        return self.now.pose(self._ball)[:3] - self.now.hand[:3]
