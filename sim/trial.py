"""What every task says about one drawn instance of itself, and what an expert sees of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from .channel import PERFECT, Imperfections
from .world import World


@dataclass(frozen=True)
class Situation:
    """The world as it stands at a control step: as it is, or as sensors have it.

    Args:
        time: s.
        joints: Positions of the robot's moving joints, rad or m. [J]
        velocities: Of those, rad/s or m/s. [J]
        hand: Tip of the arm, or trunk: x, y, z in m and w, x, y, z. [7]
        pose: Of a thing by name, a body or `body/link`: x, y, z in m and w, x, y, z. [7]
        velocity: Of a thing by name: linear, m/s, angular, rad/s, world; as it is, not as it is seen. [6]
        fallen: Whether one of the trial's standing bodies has fallen, by name.
    """

    time: float
    joints: np.ndarray
    velocities: np.ndarray
    hand: np.ndarray
    pose: Callable[[str], np.ndarray]
    velocity: Callable[[str], np.ndarray]
    fallen: Callable[[str], bool]


class Expert(Protocol):
    """A closed-loop controller that knows the task."""

    done: bool
    """Whether it has no more to do."""

    def act(self, situation: Situation) -> np.ndarray:
        """The robot's next action, as its `Embodiment` names it: joint positions to have by the next step. [A]"""


@runtime_checkable
class Teacher(Expert, Protocol):
    """An expert of an arm that says what it would do while somebody else acts."""

    def take_up(self, joints: np.ndarray, opening: float) -> None:
        """Go on from where the arm was sent, rad [7], and from how far the fingers are open, m."""


@dataclass(frozen=True)
class Trial:
    """One drawn instance of a task.

    Args:
        world: The scene and its physics.
        instruction: What the robot is told, a sentence.
        focus: The thing that it is about, a body or `body/link`.
        goal: Where that is to be: x, y, z in m and w, x, y, z. [7]
        expert: Makes the expert for this trial; its argument is the time between control steps, s.
        achieved: Whether the task stands achieved.
        reward: Dense reward, below 1, of a situation in which the task does not stand achieved; else it is 1.
        witnesses: Bodies of the success event, the one that acts first.
        seen: Other things whose poses sensors tell, besides the focus.
        standing: Bodies whose falls count.
        channel: Between the controller and the robot.
        schedule: When fields change while it runs, s, and to what, by the name of the field.
    """

    world: World
    instruction: str
    focus: str
    goal: Callable[[Situation], np.ndarray]
    expert: Callable[[float], Expert]
    achieved: Callable[[Situation], bool]
    reward: Callable[[Situation], float]
    witnesses: tuple[str, ...]
    seen: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()
    channel: Imperfections = PERFECT
    schedule: Mapping[str, list[tuple[float, float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """What cameras are asked to show.

    Args:
        count: How many there are.
        width, height: px.
    """

    count: int = 1
    width: int = 320
    height: int = 240
