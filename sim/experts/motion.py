"""Moving the Panda's hand, fingers down, from waypoint to waypoint."""

from __future__ import annotations

import math

import numpy as np

from ..robots import panda
from ..trial import Situation

SPEED = 0.5  # m/s, of the hand between waypoints
TURN = 2.5  # rad/s
SWING = 15.0  # rad/s², that the wrist's motor can give the hand
ABRUPT = 100.0  # m/s²; more than any motor gives
GRIP = 0.25  # m/s, at which the fingers open and close
THERE = 0.006  # m
ALIGNED = 0.01  # rad
PATIENCE = 2.0  # s, after which a waypoint counts as out of reach


def raised(place: np.ndarray, height: float) -> np.ndarray:
    """A place so far above another, m. [3]"""
    return np.array([place[0], place[1], place[2] + height])


class Hand:
    """Turns places for the hand into joint positions that the arm can have by the next control step.

    Args:
        period: Between control steps, s.
        acceleration: Most that the tip gets faster or slower, m/s².
    """

    def __init__(self, period: float, acceleration: float = ABRUPT) -> None:
        self._period, self._acceleration, self._speed = period, acceleration, 0.0
        self._joints: np.ndarray | None = None
        self._yaw = self._spin = self._opening = 0.0

    def towards(
        self,
        situation: Situation,
        place: np.ndarray,
        yaw: float,
        opening: float,
        speed: float = SPEED,
        near: float = THERE,
    ) -> tuple[np.ndarray, bool]:
        """The next action on the way to a place, and whether the hand is there.

        Args:
            situation: As seen; the first call starts from its joints.
            place: For the tip, world, m. [3]
            yaw: Direction that the fingers open across, rad; the nearer of the two ways to have it is taken.
            opening: Of the fingers, m.
            speed: Of the tip, m/s.
            near: How far from its place a tip is there, m.

        Returns:
            Arm joints and opening [8].
        """
        joints = self._sent(situation)
        tip = panda.arm().pose(joints)[:3]
        way = place - tip
        distance = float(np.linalg.norm(way))
        faster, in_time = self._speed + self._acceleration * self._period, math.sqrt(2 * self._acceleration * distance)
        self._speed = min(speed, faster, in_time, distance / self._period)
        stride = way * (self._speed * self._period / max(distance, 1e-9))
        turn = (yaw + np.pi / 2) % np.pi - np.pi / 2 - self._yaw
        self._yaw += self._turn(turn)
        wanted = panda.reach(joints, tip + stride, self._yaw)
        change = wanted - joints
        haste = float(np.abs(change / (0.95 * panda.arm().velocity * self._period)).max())
        self._joints = joints + change / max(haste, 1.0)  # all joints alike, so that the path stays straight
        sent = distance < near / 4 and abs(turn) < ALIGNED
        there = sent and bool(np.linalg.norm(situation.hand[:3] - place) < near)
        return np.append(self._joints, self._grip(opening)), there

    def stay(self, situation: Situation, opening: float) -> np.ndarray:
        """The action that keeps the arm where it was last sent. [8]"""
        self._speed = self._spin = 0.0
        return np.append(self._sent(situation), self._grip(opening))

    def take_up(self, joints: np.ndarray, opening: float) -> None:
        """Go on from where somebody else sent the arm, rad [7], and the fingers, m."""
        tip, _ = panda.arm().forward(joints)
        self._joints, self._opening = joints.copy(), opening
        self._yaw = float(np.arctan2(tip[1, 0], tip[0, 0]))

    def _sent(self, situation: Situation) -> np.ndarray:
        """The arm's joints as they were last sent. [7]"""
        if self._joints is None:
            self._joints = situation.joints[:7].copy()
            self._opening = float(situation.joints[7:].sum())
        return self._joints

    def _turn(self, left: float) -> float:
        """How far the hand turns in this step, of what is left, rad: soft at both ends."""
        most = min(TURN, math.sqrt(SWING * abs(left)), abs(left) / self._period)
        change = math.copysign(most, left) - self._spin
        self._spin += min(max(change, -SWING * self._period), SWING * self._period)
        return self._spin * self._period

    def _grip(self, opening: float) -> float:
        stride = GRIP * self._period
        self._opening += min(max(opening - self._opening, -stride), stride)
        return self._opening
