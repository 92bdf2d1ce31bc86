"""The Unitree A1, a quadruped of 12 kg, as `pybullet_data` has it (BSD-3-Clause)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from multisynth.scenes.urdf import Robot, read

from .robot import Embodiment

if TYPE_CHECKING:
    from ..trial import Situation

NAME = "a1"
URDF = "pybullet_data:a1/a1.urdf"
LICENSE = "BSD-3-Clause"
TRUNK = "trunk"
LEGS = ("FR", "FL", "RR", "RL")
"""Front and rear, right and left, in the order of the joints: hip, thigh and knee of each."""
SIDES = np.array([-1.0, 1.0, -1.0, 1.0])
HIPS = np.array([[0.183, -0.047, 0.0], [0.183, 0.047, 0.0], [-0.183, -0.047, 0.0], [-0.183, 0.047, 0.0]])
"""Of the hips' axes in the trunk's frame, m. [4, 3]"""
OFFSET, THIGH, SHANK = 0.08505, 0.2, 0.2
"""m; from a hip's axis out to the thigh, and the lengths of both parts of a leg."""
FOOT = 0.02
"""m; radius of a foot."""
HEIGHT = 0.28
"""m; of the trunk's frame above the feet's centres when it stands."""


@cache
def robot() -> Robot:
    """Its description."""
    return read(URDF)


def stance(height: float = HEIGHT) -> np.ndarray:
    """Where the feet are when it stands, each under its thigh; trunk's frame, m. [4, 3]"""
    return HIPS + np.stack([np.zeros(4), SIDES * OFFSET, np.full(4, -height)], 1)


def legs(feet: np.ndarray) -> np.ndarray:
    """Joints that bring the feet there, in closed form; a foot out of reach gets as near as the leg is long.

    Args:
        feet: Their centres in the trunk's frame, m. [4, 3]

    Returns:
        Hip, thigh and knee of each leg, rad. [12]
    """
    x, y, z = (feet - HIPS).T
    down = np.sqrt(np.maximum(y**2 + z**2 - OFFSET**2, 1e-9))  # from the thigh's axis to the foot, in the hip's plane
    hip = np.arctan2(z, y) - np.arctan2(-down, SIDES * OFFSET)
    length = np.minimum(np.hypot(x, down), THIGH + SHANK)
    knee = -np.arccos(np.clip((length**2 - THIGH**2 - SHANK**2) / (2 * THIGH * SHANK), -1.0, 1.0))
    thigh = np.arctan2(-x, down) - np.arctan2(SHANK * np.sin(knee), THIGH + SHANK * np.cos(knee))
    joints = np.stack([(hip + np.pi) % (2 * np.pi) - np.pi, thigh, knee], 1).ravel()
    return np.clip(joints, A1.low, A1.high)


def _same(positions: np.ndarray) -> np.ndarray:
    return positions


def _state(seen: Situation) -> np.ndarray:
    return np.concatenate([seen.joints, seen.velocities, seen.hand, seen.velocity(NAME)])


_JOINTS = tuple(f"{leg}.{joint}" for leg in LEGS for joint in ("hip", "thigh", "knee"))

A1 = Embodiment(
    name=NAME,
    urdf=URDF,
    license=LICENSE,
    description=robot,
    action_names=tuple(f"{joint}.target (rad)" for joint in _JOINTS),
    low=np.tile([-0.8028, -1.0472, -2.6965], 4),
    high=np.tile([0.8028, 4.1888, -0.9163], 4),
    motors=_same,
    action=_same,
    state_names=(
        *(f"{joint}.position (rad)" for joint in _JOINTS),
        *(f"{joint}.velocity (rad/s)" for joint in _JOINTS),
        *(f"trunk.{axis} (m)" for axis in "xyz"),
        *(f"trunk.q{axis}" for axis in "wxyz"),
        *(f"trunk.v{axis} (m/s)" for axis in "xyz"),
        *(f"trunk.w{axis} (rad/s)" for axis in "xyz"),
    ),
    state=_state,
    tip=TRUNK,
    hand=24,
)
