"""Pushes an object to a goal with two spread fingers, whose two contacts keep it from turning away.

What it does follows from what it sees now, not from what it did before, and changes gently with it: so a policy can
learn it.
"""

from __future__ import annotations

import numpy as np

from ..trial import Situation
from .motion import Hand

FINGER = 0.012  # m, half of a finger's breadth along the push
CLEARANCE = 0.03  # m, between fingers and object before the push
HIGH = 0.16  # m, above every object
SPEED, SLOWEST = 0.14, 0.03  # m/s while pushing
GAIN = 7.0  # 1/s, from the way left to the speed
ASTRAY = 0.02  # m beside the line, where pushing on would turn the object away
GOOD = 0.012  # m from the goal, where another push is not worth it
FUNNEL = (0.01, 0.08)  # m from above the place behind the object: nearer it is low, farther it is high
FAST, HASTE = 0.5, 5.0  # m/s at most, and 1/s, from the way left to the speed, while not pushing


class PushExpert:
    """Goes behind the object as seen from the goal, goes down, and pushes for as long as it is lined up.

    Args:
        name: The object.
        goal: m. [2]
        radius: Around the object's axis, m.
        height: m.
        period: Between control steps, s.
    """

    def __init__(self, name: str, goal: np.ndarray, radius: float, height: float, period: float) -> None:
        self._name, self._goal, self._period, self._height = name, goal, period, height
        self._contact = radius + FINGER
        self._low = float(np.clip(height / 2, 0.016, 0.03))
        self._opening = float(np.clip(radius * 0.7, 0.01, 0.04))
        self._hand = Hand(period)
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        place, tip = situation.pose(self._name)[:2], situation.hand[:3]
        way = self._goal - place
        distance = float(np.linalg.norm(way))
        self.done = distance < GOOD
        if self.done:
            return self._hand.stay(situation, self._opening)
        heading = way / distance
        beside = np.array([-heading[1], heading[0]])
        along, across = float((tip[:2] - place) @ heading), float((tip[:2] - place) @ beside)
        behind = place - heading * (self._contact + CLEARANCE)
        astray = float(np.linalg.norm(tip[:2] - behind))
        yaw = float(np.arctan2(heading[1], heading[0]))
        if tip[2] < self._low + 0.015 and abs(across) < ASTRAY and -0.04 < -along - self._contact < 2 * CLEARANCE:
            stride = float(np.clip(GAIN * distance, SLOWEST, SPEED)) * self._period
            target = tip[:2] + heading * stride - beside * across * 0.7
            return self._hand.towards(situation, np.array([*target, self._low]), yaw, self._opening)[0]
        if tip[2] < self._height + 0.03 and astray > 0.05:
            away = (tip[:2] - place) / max(float(np.linalg.norm(tip[:2] - place)), 1e-9)
            clear = np.array([*(tip[:2] + 0.03 * away), HIGH])
            return self._hand.towards(situation, clear, yaw, self._opening, 0.25)[0]
        share = float(np.clip((astray - FUNNEL[0]) / (FUNNEL[1] - FUNNEL[0]), 0, 1))
        over = np.array([*behind, self._low + share * (HIGH - self._low)])
        speed = min(FAST, HASTE * float(np.linalg.norm(over - tip)))
        return self._hand.towards(situation, over, yaw, self._opening, speed)[0]

    def take_up(self, joints: np.ndarray, opening: float) -> None:
        """As `Teacher.take_up`."""
        self._hand.take_up(joints, opening)
