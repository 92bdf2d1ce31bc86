"""Strikes a ball with two spread fingers so that it rolls where it should, or keeps out of the way of one."""

from __future__ import annotations

import numpy as np

from ..trial import Situation
from .script import Script, Steps

FINGER = 0.012  # m, half of a finger's breadth along the strike
RUN_UP = 0.1  # m
FOLLOW = 0.1  # m past the place where the ball was met
HIGH = 0.14  # m
LOWEST = 0.02  # m, of the tip
DOWN, UP = 0.3, 0.4  # m/s
STEADY = 0.15  # s, still behind the ball before the strike
WATCHING = 1.0  # s


class StrikeExpert(Script):
    """Goes behind the ball, strikes it, and lifts the hand.

    Args:
        name: The ball.
        target: Where it shall roll, m. [2]
        radius: m.
        speed: Of the hand, m/s.
        period: Between control steps, s.
    """

    def __init__(self, name: str, target: np.ndarray, radius: float, speed: float, period: float) -> None:
        super().__init__(period, (name,))
        self._name, self._target, self._radius, self._speed = name, target, radius, speed
        self.opening = float(np.clip(radius * 0.8, 0.01, 0.04))

    def steps(self) -> Steps:
        """As `Script.steps`."""
        low = max(self._radius, LOWEST)
        back = self._radius + FINGER + RUN_UP
        yield from self.go(lambda: self._along(-back, HIGH), self._yaw)
        yield from self.go(lambda: self._along(-back, low), self._yaw, DOWN, 0.003)
        yield from self.wait(STEADY)
        end, yaw = self._along(FOLLOW - self._radius - FINGER, low), self._yaw()
        yield from self.go(end, yaw, self._speed)
        yield from self.go(np.array([*end[:2], HIGH]), yaw, UP)

    def _along(self, way: float, height: float) -> np.ndarray:
        """A place so far on from the ball in the direction that it is to roll. [3]"""
        ball = self.sights[self._name].pose[:2]
        heading = (self._target - ball) / np.linalg.norm(self._target - ball)
        return np.array([*(ball + way * heading), height])

    def _yaw(self) -> float:
        x, y = self._target - self.sights[self._name].pose[:2]
        return float(np.arctan2(y, x))


class WatchExpert:
    """Keeps the arm still while things happen."""

    def __init__(self) -> None:
        self._joints: np.ndarray | None = None
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        if self._joints is None:
            self._joints = np.append(situation.joints[:7], situation.joints[7:].sum())
        self.done = situation.time > WATCHING
        return self._joints

    def take_up(self, joints: np.ndarray, opening: float) -> None:
        """As `Teacher.take_up`: it stays there."""
        self._joints = np.append(joints, opening)
