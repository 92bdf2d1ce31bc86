"""Pushes an object to a goal with two spread fingers, whose two contacts keep it from turning away."""

from __future__ import annotations

import numpy as np

from ..trial import Situation
from .motion import PATIENCE, Hand

FINGER = 0.012  # m, half of a finger's breadth along the push
CLEARANCE = 0.03  # m, between fingers and object before the push
HIGH = 0.16  # m, above every object
SPEED, SLOWEST = 0.14, 0.03  # m/s while pushing
GAIN = 7.0  # 1/s, from the way left to the speed
ASTRAY = 0.02  # m beside the line, where pushing on would turn the object away
GOOD = 0.012  # m from the goal, where another try is not worth it


class PushExpert:
    """Goes behind the object as seen from the goal, pushes, looks, and tries again where it is not there.

    Args:
        name: The object.
        goal: m. [2]
        radius: Around the object's axis, m.
        height: m.
        period: Between control steps, s.
    """

    def __init__(self, name: str, goal: np.ndarray, radius: float, height: float, period: float) -> None:
        self._name, self._goal, self._radius, self._period = name, goal, radius, period
        self._low = float(np.clip(height / 2, 0.016, 0.03))
        self._opening = float(np.clip(radius * 0.7, 0.01, 0.04))
        self._hand = Hand(period)
        self._phase = "over"
        self._heading = np.zeros(2)
        self._away = np.zeros(3)
        self._waited = 0
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        place = situation.pose(self._name)[:2]
        way = self._goal - place
        distance = float(np.linalg.norm(way))
        if self._phase == "over" and self._waited == 0:
            self._heading = way / max(distance, 1e-9)
        heading = self._heading
        behind = place - heading * (self._radius + FINGER + CLEARANCE)
        tip = situation.hand[:3]
        if self._phase == "over":
            return self._go(situation, np.array([*behind, HIGH]), "down")
        if self._phase == "down":
            return self._go(situation, np.array([*behind, self._low]), "push", speed=0.35)
        if self._phase == "push":
            if distance > 0.03:
                self._heading = heading = way / distance
            left = float(way @ heading)
            beside = np.array([-heading[1], heading[0]])
            astray = float((tip[:2] - place) @ beside)
            if left > 0.003 and abs(astray) < ASTRAY:
                stride = float(np.clip(GAIN * left, SLOWEST, SPEED)) * self._period
                target = tip[:2] + heading * stride - beside * astray * 0.7
                return self._to(situation, np.array([*target, self._low]))[0]
            self._phase = "back"
            self._away = np.array([*(tip[:2] - heading * 0.04), self._low])
        if self._phase == "back":
            return self._go(situation, self._away, "up", speed=0.25)
        if self._phase == "up":
            return self._go(situation, np.array([*self._away[:2], HIGH]), "look")
        if distance > GOOD:
            self._phase = "over"
        else:
            self.done = True
        return self._hand.stay(situation, self._opening)

    def _to(self, situation: Situation, place: np.ndarray, speed: float = 0.5) -> tuple[np.ndarray, bool]:
        yaw = float(np.arctan2(self._heading[1], self._heading[0]))
        return self._hand.towards(situation, place, yaw, self._opening, speed)

    def _go(self, situation: Situation, place: np.ndarray, following: str, speed: float = 0.5) -> np.ndarray:
        """On the way to a place; the next phase once there, or when it shows to be out of reach."""
        action, there = self._to(situation, place, speed)
        self._waited += 1
        if there or self._waited * self._period > PATIENCE:
            self._phase, self._waited = following, 0
        return action
