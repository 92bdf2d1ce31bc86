"""Moving the Panda's hand, fingers down, from waypoint to waypoint."""

from __future__ import annotations

import numpy as np

from ..robots import panda

SPEED = 0.5  # m/s, of the hand between waypoints
TURN = 2.5  # rad/s
THERE = 0.006  # m
PATIENCE = 2.0  # s, after which a waypoint counts as out of reach


class Hand:
    """Turns places for the hand into joint positions that the arm can have by the next control step.

    Args:
        period: Between control steps, s.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._joints: np.ndarray | None = None
        self._yaw = 0.0

    def towards(
        self, joints: np.ndarray, place: np.ndarray, yaw: float, opening: float, speed: float = SPEED
    ) -> tuple[np.ndarray, bool]:
        """The next action on the way to a place, and whether the hand is there.

        Args:
            joints: As measured; the first call starts from them. [≥ 7]
            place: For the tip, world, m. [3]
            yaw: Direction that the fingers open across, rad; the nearer of the two ways to have it is taken.
            opening: Of the fingers, m.
            speed: Of the tip, m/s.

        Returns:
            Arm joints and opening [8].
        """
        if self._joints is None:
            self._joints = joints[:7].copy()
        tip = panda.arm().pose(self._joints)[:3]
        way = place - tip
        distance = float(np.linalg.norm(way))
        stride = way * min(1.0, speed * self._period / max(distance, 1e-9))
        turn = (yaw + np.pi / 2) % np.pi - np.pi / 2 - self._yaw
        self._yaw += float(np.clip(turn, -TURN * self._period, TURN * self._period))
        wanted = panda.reach(self._joints, tip + stride, self._yaw)
        change = wanted - self._joints
        haste = float(np.abs(change / (0.95 * panda.arm().velocity * self._period)).max())
        self._joints = self._joints + change / max(haste, 1.0)  # all joints alike, so that the path stays straight
        measured = panda.arm().pose(joints[:7])[:3]
        there = bool(np.linalg.norm(measured - place) < THERE and abs(turn) < 0.05)
        return np.append(self._joints, opening), there

    def stay(self, joints: np.ndarray, opening: float) -> np.ndarray:
        """The action that keeps the arm where it was last sent. [8]"""
        if self._joints is None:
            self._joints = joints[:7].copy()
        return np.append(self._joints, opening)
