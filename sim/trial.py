"""What every task says about one drawn instance of itself, and what an expert sees of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .randomise import Draw
from .world import World


@dataclass(frozen=True)
class Situation:
    """The world as it stands; within a control step, the arm as it stood at the step's start.

    Args:
        time: s.
        joints: Positions of the arm's moving joints, rad or m. [J]
        hand: Tip of the arm: x, y, z in m and w, x, y, z. [7]
        pose: A body's x, y, z in m and w, x, y, z, by name. [7]
        fallen: Whether a body has fallen, by name.
    """

    time: float
    joints: np.ndarray
    hand: np.ndarray
    pose: Callable[[str], np.ndarray]
    fallen: Callable[[str], bool]


class Expert(Protocol):
    """A closed-loop controller that knows the task."""

    done: bool
    """Whether it has no more to do."""

    def act(self, situation: Situation) -> np.ndarray:
        """Arm joints to have by the next control step, rad, and the opening of the fingers, m. [8]"""


@dataclass(frozen=True)
class Trial:
    """One drawn instance of a task.

    Args:
        world: The scene and its physics.
        instruction: What the robot is told, a sentence.
        focus: The body that it is about.
        goal: Where that is to go, m. [3]
        standing: Bodies whose falls count.
        expert: Makes the expert for this trial; its argument is the time between control steps, s.
        achieved: Whether the task is achieved as things stand.
        reward: Dense reward of a situation.
        witnesses: Bodies of the success event, the one that acts first.
    """

    world: World
    instruction: str
    focus: str
    goal: tuple[float, float, float]
    standing: tuple[str, ...]
    expert: Callable[[float], Expert]
    achieved: Callable[[Situation], bool]
    reward: Callable[[Situation], float]
    witnesses: tuple[str, ...]


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


Task = Callable[[Draw, View], Trial]
"""Draws a trial."""
