"""Trots to a place: diagonal legs step together, and each foot is put where the trunk will be over it."""

from __future__ import annotations

import numpy as np
from multisynth.scenes.poses import rotation

from ..robots import a1
from ..trial import Situation

STEP = 0.25  # s, that a foot is in the air, and then on the ground; whole control steps at all rates but 10 Hz
LIFT = 0.05  # m, of a foot in mid-air
SPEED = 0.6  # m/s
SIDEWAYS = 0.08  # m/s
TURN = 0.8  # rad/s
HASTE = 0.8  # m/s², while it gets going
SLOW, CLOSE = 1.5, 2.0  # 1/s, from the way left to the speed, and from the angle left to the turn
PATIENCE, PUSH = 1.0, 0.6  # 1/s and m/s: how fast lost speed is made up for, and how much of it at most
CATCH = 0.17  # s, from what the trunk is too fast by to how much farther the foot is put (Raibert 1986)
LEAN = 0.06  # m that a foot is put beside its place at most
LEVEL = 4.0  # 1/s, at which legs on the ground bring the trunk back to level
UNEVEN = 0.05  # m that a foot lands higher or lower because of the trunk's tilt at most
THERE = 0.1  # m
SETTLE = 0.3  # s, still before the first step


class WalkExpert:
    """A trot with the feet's placement of Raibert, "Legged Robots That Balance" (1986).

    Feet on the ground go back as fast as the trunk shall go forward. A foot in the air goes to where, half of its time
    on the ground later, it will be under its hip, and farther by a share of the speed that the trunk has too much.

    Args:
        goal: World, m. [2]
        period: Between control steps, s; 1/16 at most.
    """

    def __init__(self, goal: np.ndarray, period: float) -> None:
        self._goal, self._period = goal, period
        self._home = a1.stance()
        self._feet = self._home.copy()
        self._lifted = self._home.copy()
        self._twist = np.zeros(3)  # forward, sideways, m/s; turn, rad/s
        self._lost = np.zeros(2)  # speed that slipping feet and soft motors cost, m/s
        self._clock = -SETTLE
        self._arrived = 0.0
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        turned = rotation(situation.hand[3:])
        heading = float(np.arctan2(turned[1, 0], turned[0, 0]))
        level = np.array([[np.cos(heading), np.sin(heading)], [-np.sin(heading), np.cos(heading)]])
        self._steer(level @ (self._goal - situation.hand[:2]))
        velocity = level @ situation.velocity(a1.NAME)[:2]
        self._clock += self._period
        if self._clock > 0 and not self.done:
            tilt = turned[2, :2]  # how much the trunk's x and y axes rise
            lost = self._lost + PATIENCE * self._period * (self._twist[:2] - velocity)
            self._lost = np.clip(lost, -PUSH, PUSH)
            for leg in range(4):
                self._move(leg, velocity, tilt)
        if self.done:
            self._feet += (self._home - self._feet) * min(LEVEL * self._period, 1.0)
        return a1.legs(self._feet)

    def _steer(self, way: np.ndarray) -> None:
        """Choose how to go, given the way left in the trunk's own directions, m. [2]"""
        distance = float(np.linalg.norm(way))
        wanted = np.zeros(3)
        if distance > THERE:
            bearing = float(np.arctan2(way[1], way[0]))
            wanted[:2] = np.clip(SLOW * way, (-SIDEWAYS, -SIDEWAYS), (SPEED, SIDEWAYS))
            wanted[2] = np.clip(CLOSE * bearing, -TURN, TURN) if distance > 3 * THERE else 0.0
            wanted[0] *= max(np.cos(bearing), 0.0)
        else:
            self._arrived += self._period
            self.done = self._arrived > 2 * STEP
        most = HASTE * self._period
        self._twist += np.clip(wanted - self._twist, -most, most) if self._clock > 0 else 0.0

    def _move(self, leg: int, velocity: np.ndarray, tilt: np.ndarray) -> None:
        """Take a foot on by one control step."""
        phase = self._clock / STEP + (0.0 if a1.LEGS[leg] in ("FR", "RL") else 1.0)
        swings, share = int(phase) % 2 == 0, phase % 1.0
        foot, home = self._feet[leg], self._home[leg]
        drift = self._twist[:2] + self._lost + self._twist[2] * np.array([-home[1], home[0]])
        if not swings:
            foot[:2] -= drift * self._period
            foot[2] += (home[2] - foot[2]) * min(LEVEL * self._period, 1.0)
            self._lifted[leg] = foot
            return
        lean = np.clip(CATCH * (velocity - self._twist[:2]), -LEAN, LEAN)
        target = home[:2] + drift * STEP / 2 + lean
        smooth = share - np.sin(2 * np.pi * share) / (2 * np.pi)
        ground = home[2] - np.clip(float(tilt @ target), -UNEVEN, UNEVEN)  # seen from a trunk that tilts
        foot[:] = self._lifted[leg] + (np.array([*target, ground]) - self._lifted[leg]) * smooth
        foot[2] += LIFT * np.sin(np.pi * share) ** 2
