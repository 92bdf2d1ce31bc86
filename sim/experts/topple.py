"""Strikes a ball with two spread fingers so that it rolls where it should, or keeps out of the way of one."""

from __future__ import annotations

import numpy as np

from ..trial import Situation
from .motion import PATIENCE, Hand

FINGER = 0.012  # m, half of a finger's breadth along the strike
RUN_UP = 0.07  # m
FOLLOW = 0.1  # m past the place where the ball was met
HIGH = 0.14  # m


class StrikeExpert:
    """Goes behind the ball, strikes it, and lifts the hand.

    Args:
        name: The ball.
        target: Where it shall roll, m. [2]
        radius: m.
        speed: Of the hand, m/s.
        period: Between control steps, s.
    """

    def __init__(self, name: str, target: np.ndarray, radius: float, speed: float, period: float) -> None:
        self._name, self._target, self._radius = name, target, radius
        self._speed, self._period = speed, period
        self._opening = float(np.clip(radius * 0.8, 0.01, 0.04))
        self._hand = Hand(period)
        self._phase, self._waited = "over", 0
        self._yaw = 0.0
        self._end = np.zeros(3)
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        ball = situation.pose(self._name)[:2]
        low = max(self._radius, 0.02)
        if self._phase in ("over", "down"):
            heading = (self._target - ball) / np.linalg.norm(self._target - ball)
            self._yaw = float(np.arctan2(heading[1], heading[0]))
            behind = ball - heading * (self._radius + FINGER + RUN_UP)
            self._end = np.array([*(ball - heading * (self._radius + FINGER - FOLLOW)), low])
            if self._phase == "over":
                return self._go(situation, np.array([*behind, HIGH]), "down", 0.5)
            return self._go(situation, np.array([*behind, low]), "strike", 0.3)
        if self._phase == "strike":
            return self._go(situation, self._end, "up", self._speed)
        if self._phase == "up":
            return self._go(situation, np.array([*self._end[:2], HIGH]), "rest", 0.4)
        self.done = True
        return self._hand.stay(situation, self._opening)

    def _go(self, situation: Situation, place: np.ndarray, following: str, speed: float) -> np.ndarray:
        action, there = self._hand.towards(situation, place, self._yaw, self._opening, speed)
        self._waited += 1
        if there or self._waited * self._period > PATIENCE:
            self._phase, self._waited = following, 0
        return action


class WatchExpert:
    """Keeps the arm still while things happen."""

    def __init__(self) -> None:
        self._joints: np.ndarray | None = None
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        if self._joints is None:
            self._joints = np.append(situation.joints[:7], situation.joints[7:].sum())
        self.done = situation.time > 1.0
        return self._joints
