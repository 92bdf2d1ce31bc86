"""The Franka Emika Panda with its two-finger hand, as `pybullet_data` has it (Apache-2.0)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from multisynth.scenes.poses import about
from multisynth.scenes.urdf import Robot, read

from ..kinematics import Chain
from .robot import Embodiment

if TYPE_CHECKING:
    from ..trial import Situation

NAME = "panda"
URDF = "pybullet_data:franka_panda/panda.urdf"
LICENSE = "Apache-2.0"
TIP = "panda_grasptarget"
"""Between the finger tips, 8 mm above their ends."""
REST = np.array([0.0, -0.5, 0.0, -2.3, 0.0, 1.8, np.pi / 4])
"""rad; the hand points down in front of the robot."""
HOME = np.array([0.40, 0.0, 0.28])
"""m; where the tip is at rest."""
OPENING = 0.08
"""m; between the fingers at most."""


@cache
def robot() -> Robot:
    """Its description."""
    return read(URDF)


@cache
def arm() -> Chain:
    """Its seven joints, from the base to the tip."""
    return Chain(robot(), TIP)


def downwards(yaw: float) -> np.ndarray:
    """The tip's rotation with the fingers down; they open across the direction `yaw`, in radians from x. [3, 3]"""
    return about(np.array([0.0, 0.0, 1.0]), yaw) @ np.diag([1.0, -1.0, -1.0])


def reach(start: np.ndarray, position: np.ndarray, yaw: float = 0.0) -> np.ndarray:
    """Arm joints that bring the tip there, fingers down. [7], [3] → [7]"""
    return arm().reach(start, position, downwards(yaw), REST)


def _motors(action: np.ndarray) -> np.ndarray:
    motors = np.empty(9)
    motors[:7] = action[:7]
    motors[7:] = action[7] / 2  # each finger goes half of the way
    return motors


def _action(positions: np.ndarray) -> np.ndarray:
    return np.append(positions[:7], positions[7] + positions[8])


def _state(seen: Situation) -> np.ndarray:
    joints, state = seen.joints, np.empty(22)
    state[:7], state[7:14] = joints[:7], seen.velocities[:7]
    state[14] = joints[7] + joints[8]
    state[15:] = seen.hand
    return state


PANDA = Embodiment(
    name=NAME,
    urdf=URDF,
    license=LICENSE,
    description=robot,
    action_names=(*(f"joint{n}.target (rad)" for n in range(1, 8)), "gripper.target (m)"),
    low=np.array([-2.9671, -1.8326, -2.9671, -3.1416, -2.9671, -0.0873, -2.9671, 0.0]),
    high=np.array([2.9671, 1.8326, 2.9671, 0.0, 2.9671, 3.8223, 2.9671, OPENING]),
    motors=_motors,
    action=_action,
    state_names=(
        *(f"joint{n}.position (rad)" for n in range(1, 8)),
        *(f"joint{n}.velocity (rad/s)" for n in range(1, 8)),
        "gripper.opening (m)",
        *(f"hand.{axis} (m)" for axis in "xyz"),
        *(f"hand.q{axis}" for axis in "wxyz"),
    ),
    state=_state,
    tip=TIP,
    hand=15,
    arm=arm,
)
