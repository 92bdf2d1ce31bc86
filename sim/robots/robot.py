"""What actions and states of a robot are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from multisynth.scenes.urdf import Robot

from ..kinematics import Chain

if TYPE_CHECKING:
    from ..trial import Situation


@dataclass(frozen=True)
class Embodiment:
    """A robot as controllers meet it: an action holds positions to have by the next control step.

    Args:
        name: As recipes call it.
        urdf: `package:path` of its description.
        license: Of that, an SPDX identifier.
        description: Reads it.
        action_names: With units. [A]
        low, high: Of actions. [A]
        motors: An action as positions of the moving joints, linear in it. [A] → [J]
        action: Positions of the moving joints as an action. [J] → [A]
        state_names: Of what it feels of itself, with units. [P]
        state: That, from what is seen. [P]
        tip: The link that its pose is told of: a gripper's tip, or the trunk.
        hand: Where that pose begins in the state.
        arm: The chain to the tip, whose joints are the first of actions and of moving joints; None without an arm.
    """

    name: str
    urdf: str
    license: str
    description: Callable[[], Robot]
    action_names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    motors: Callable[[np.ndarray], np.ndarray]
    action: Callable[[np.ndarray], np.ndarray]
    state_names: tuple[str, ...]
    state: Callable[[Situation], np.ndarray]
    tip: str
    hand: int
    arm: Callable[[], Chain] | None = None

    @cached_property
    def turned(self) -> np.ndarray:
        """1 for each number of an action that is an angle, 0 for a length. [A]"""
        return np.array([float(name.endswith("(rad)")) for name in self.action_names])

    @cached_property
    def turning(self) -> np.ndarray:
        """1 for each moving joint that turns, 0 for one that slides. [J]"""
        return np.array([float(joint.kind != "prismatic") for joint in self.description().moving])
