"""What an environment's actions mean: numbers in [-1, 1] turned into a robot's own actions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box

from multisynth.errors import BadInput, nearest

from ..kinematics import Chain, rotation_vector
from ..robots.robot import Embodiment
from ..simulation import Simulation

SPEED = 1.0
"""m/s, of the hand along each axis at ±1."""
TURN = 3.0
"""rad/s, of the hand about each axis at ±1."""
LEASH = 0.2
"""rad or m, that joints are sent ahead of where they are at most: a blocked hand does not push ever harder."""
DAMPING, PULL = 0.1, 0.02
"""As `Chain.reach` has them."""
ASTRAY, ASKEW = 0.03, 0.1
"""m and rad between the hand's wanted pose and its joints' from which the wanted one waits for them."""


class Control(Protocol):
    """Turns actions into those of the robot's embodiment."""

    space: Box[np.floating[Any]]
    names: tuple[str, ...]
    """Of an action's numbers, with units. [A]"""

    def reset(self, simulation: Simulation) -> None:
        """An episode begins."""

    def targets(self, action: np.ndarray, simulation: Simulation) -> np.ndarray:
        """The embodiment's action for this one, now. [A] → [E]"""

    def inverse(self, targets: np.ndarray) -> np.ndarray:
        """The action that `targets` turns into these, or the nearest one. [E] → [A]"""


class JointPosition:
    """Positions for the joints and the gripper to have by the next step.

    Args:
        robot: Whose they are.
        normalise: Whether -1 and 1 stand for the embodiment's low and high; otherwise they are in rad and m, as in
            recorded episodes.
    """

    def __init__(self, robot: Embodiment, normalise: bool) -> None:
        # as float32 has them, so that what was recorded at a limit lies within it
        low, high = robot.low.astype(np.float32), robot.high.astype(np.float32)
        self._low, self._high = low.astype(np.float64), high.astype(np.float64)
        self._middle, self._half = (self._high + self._low) / 2, (self._high - self._low) / 2
        self._normalise = normalise
        if normalise:
            self.space = Box(-1.0, 1.0, low.shape, np.float32)
            self.names = tuple(name.split(" (")[0] for name in robot.action_names)
        else:
            self.space = Box(low, high, dtype=np.float32)
            self.names = robot.action_names

    def reset(self, simulation: Simulation) -> None:
        """As `Control.reset`."""

    def targets(self, action: np.ndarray, simulation: Simulation) -> np.ndarray:
        """As `Control.targets`."""
        if self._normalise:
            action = self._middle + action * self._half
        return np.minimum(np.maximum(action, self._low), self._high)

    def inverse(self, targets: np.ndarray) -> np.ndarray:
        """As `Control.inverse`."""
        return (targets - self._middle) / self._half if self._normalise else targets


class HandDelta:
    """How the hand moves until the next step, by damped differential inverse kinematics, one iteration a step.

    dx, dy, dz along the world's axes, then a rotation vector about them, then what else the robot has (the gripper's
    opening, -1 closed to 1 open). The hand is led along a wanted pose of its own, so that actions of 0 keep it where
    it is, however it is loaded.

    Args:
        robot: With an arm.
        rate: Control steps a second, Hz.

    Raises:
        BadInput: It has none.
    """

    def __init__(self, robot: Embodiment, rate: float) -> None:
        if robot.arm is None:
            raise BadInput(f"{robot.name} has no arm to lead by its hand", "take control `joint_position`")
        self._arm: Chain = robot.arm()
        joints = len(self._arm.lower)
        self._stride, self._twist = SPEED / rate, TURN / rate
        self._longest = self._arm.velocity / rate
        self._count = joints
        low, high = robot.low[joints:], robot.high[joints:]
        self._middle, self._half = (high + low) / 2, (high - low) / 2
        self.space = Box(-1.0, 1.0, (6 + len(low),), np.float32)
        self.names = (
            *(f"hand.d{axis}" for axis in "xyz"),
            *(f"hand.r{axis}" for axis in "xyz"),
            *(name.split(" (")[0] for name in robot.action_names[joints:]),
        )

    def reset(self, simulation: Simulation) -> None:
        """As `Control.reset`."""
        self._rest = self._joints = simulation.now.joints[: self._count]
        tip, _ = self._arm.forward(self._joints)
        self._place, self._turn = tip[:3, 3], tip[:3, :3]

    def targets(self, action: np.ndarray, simulation: Simulation) -> np.ndarray:
        """As `Control.targets`."""
        arm, measured = self._arm, simulation.seen.joints[: self._count]
        action = np.minimum(np.maximum(action, -1.0), 1.0)
        place = self._place + self._stride * action[:3]
        turn = _turned(self._twist * action[3:6], self._turn)
        change = arm.reach(self._joints, place, turn, self._rest, 1, DAMPING, PULL) - self._joints
        change *= min(1.0, 1.0 / float((np.abs(change) / self._longest).max() + 1e-9))  # all alike: the way is kept
        joints = np.minimum(np.maximum(self._joints + change, measured - LEASH), measured + LEASH)
        joints = np.minimum(np.maximum(joints, arm.lower), arm.upper)
        tip, _ = arm.forward(joints)
        off = _off(place, turn, tip)
        if off < 1 or off < _off(self._place, self._turn, tip):
            self._place, self._turn = place, turn
        self._joints = joints
        return np.concatenate((joints, self._middle + action[6:] * self._half))

    @property
    def sent(self) -> np.ndarray:
        """Where the arm's joints were sent last, rad. [7]"""
        return self._joints

    def inverse(self, targets: np.ndarray) -> np.ndarray:
        """As `Control.inverse`, as far as the hand gets in a step."""
        tip, _ = self._arm.forward(targets[: self._count])
        way = (tip[:3, 3] - self._place) / self._stride
        turn = np.array(rotation_vector(tip[:3, :3].dot(self._turn.T))) / self._twist
        grip = (targets[self._count :] - self._middle) / self._half
        return np.minimum(np.maximum(np.concatenate((way, turn, grip)), -1.0), 1.0)


def _off(place: np.ndarray, turn: np.ndarray, tip: np.ndarray) -> float:
    """How far a pose is from another, as a share of what is put up with. [3], [3, 3], [4, 4]"""
    way, trace = place - tip[:3, 3], float((turn * tip[:3, :3]).sum())  # of the turn between them
    return max(float(way.dot(way)) / ASTRAY**2, (3 - trace) / (2 - 2 * math.cos(ASKEW)))


def _turned(vector: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """A rotation, turned further about the world's axes by a rotation vector (Rodrigues). [3], [3, 3] → [3, 3]"""
    angle = float(np.sqrt(vector.dot(vector)))
    if angle < 1e-9:
        return rotation
    x, y, z = (vector / angle).tolist()
    cross = np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))
    once = cross.dot(rotation)
    return rotation + np.sin(angle) * once + (1 - np.cos(angle)) * cross.dot(once)


CONTROLS: dict[str, Callable[[Embodiment, float, bool], Control]] = {
    "joint_position": lambda robot, rate, normalise: JointPosition(robot, normalise),
    "ee_delta": lambda robot, rate, normalise: HandDelta(robot, rate),
}


def control(name: str, robot: Embodiment, rate: float, normalise: bool) -> Control:
    """The control of that name.

    Raises:
        BadInput: There is none, or the robot cannot be controlled so.
    """
    if name not in CONTROLS:
        raise BadInput(f"no control is called `{name}`", nearest(name, list(CONTROLS)))
    if name == "ee_delta" and not normalise:
        raise BadInput("control `ee_delta` is normalised", "leave `normalise` out")
    return CONTROLS[name](robot, rate, normalise)
