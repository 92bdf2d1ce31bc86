"""Opens a drawer: takes its bar between the fingers from above and pulls."""

from __future__ import annotations

import numpy as np

from ..trial import Situation
from .motion import PATIENCE, Hand

OPENING = 0.034  # m; wider, and a finger would not fit between bar and drawer
ABOVE = np.array([0.0, 0.0, 0.09])  # m, from the bar to where the hand comes down from
SEAT = np.array([0.0, 0.0, 0.003])  # m, from the bar's axis to the tip: the hand keeps off the cabinet's top
GRASP = 0.35  # s, to close the fingers
SPEED, SLOWEST = 0.15, 0.03  # m/s while pulling
GAIN = 4.0  # 1/s, from the way left to the speed
BEYOND = 0.012  # m past where it counts as open
LOST = 0.03  # m between tip and bar, from where it is to be taken again


class OpenDrawerExpert:
    """Goes above the bar, straddles it, closes, pulls along the slide, and lets go.

    Args:
        handle: The link whose origin is in the bar.
        shut: Where that is while the drawer is shut, m. [3]
        heading: The way the drawer opens, unit length. [3]
        least: How far it is to be opened, m.
        travel: How far it opens, m.
        period: Between control steps, s.
    """

    def __init__(
        self, handle: str, shut: np.ndarray, heading: np.ndarray, least: float, travel: float, period: float
    ) -> None:
        self._handle, self._shut, self._heading, self._period = handle, shut, heading, period
        self._enough = min(least + BEYOND, travel)
        self._yaw = float(np.arctan2(heading[1], heading[0])) + np.pi / 2  # the fingers open along the slide
        self._hand = Hand(period)
        self._phase, self._waited = "over", 0.0
        self._leave = np.zeros(3)
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        bar = situation.pose(self._handle)[:3]
        seat = bar + SEAT
        left = self._enough - float((bar - self._shut) @ self._heading)
        if self._phase == "over":
            return self._go(situation, bar + ABOVE, OPENING, "down", 0.5)
        if self._phase == "down":
            return self._go(situation, seat, OPENING, "grasp", 0.2)
        if self._phase == "grasp":
            self._waited += self._period
            if self._waited > GRASP:
                self._phase, self._waited = "pull", 0.0
            return self._hand.stay(situation, 0.0)
        if self._phase == "pull":
            self._waited += self._period
            if np.linalg.norm(situation.hand[:3] - seat) > LOST:
                self._phase, self._waited = "over", 0.0
            elif left > 0.002 and self._waited < 2 * PATIENCE:
                stride = float(np.clip(GAIN * left, SLOWEST, SPEED)) * self._period
                rail = self._shut + SEAT  # the hand keeps to the line that the bar moves on
                along = float((situation.hand[:3] - rail) @ self._heading)
                place = rail + (along + stride) * self._heading
                return self._hand.towards(situation, place, self._yaw, 0.0)[0]
            else:
                self._phase, self._waited, self._leave = "let go", 0.0, situation.hand[:3].copy()
        if self._phase == "let go":
            self._waited += self._period
            if self._waited > GRASP:
                self._phase, self._waited = "up", 0.0
            return self._hand.stay(situation, OPENING)
        if self._phase == "up":
            return self._go(situation, self._leave + ABOVE, OPENING, "look", 0.3)
        if left > BEYOND:
            self._phase = "over"
        else:
            self.done = True
        return self._hand.stay(situation, OPENING)

    def _go(self, situation: Situation, place: np.ndarray, opening: float, following: str, speed: float) -> np.ndarray:
        """On the way to a place; the next phase once there, or when it shows to be out of reach."""
        action, there = self._hand.towards(situation, place, self._yaw, opening, speed)
        self._waited += self._period
        if there or self._waited > PATIENCE:
            self._phase, self._waited = following, 0.0
        return action
