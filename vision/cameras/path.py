"""What every camera path is: options, and a motion drawn from them."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .aim import Motion, looking
from .subject import Subject


class Path(BaseModel):
    """Options of a kind of path.

    A path is made from its own generator alone, so the millionth of a seed needs none of the others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    aim: float = Field(
        0.1, ge=0, le=1, description="How far from the middle it may look, as a share of the subject's size."
    )

    def motion(self, subject: Subject, frames: int, fps: float, rng: np.random.Generator) -> Motion:
        """Draw a motion.

        Args:
            subject: What is filmed.
            frames: How many it will be asked for, from time 0 on.
            fps: Of them a second.
            rng: Of this path alone.

        Raises:
            BadInput: The path does not suit the subject.
        """
        raise NotImplementedError  # abstract

    def target(self, subject: Subject, rng: np.random.Generator) -> np.ndarray:
        """What it looks at: near the focus. [3]"""
        return subject.focus + self.aim * subject.size * rng.uniform(-0.5, 0.5, 3)


def about(subject: Subject, target: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """A camera beside a target, within the subject's space, that looks at it.

    Args:
        subject: What is filmed.
        target: World. [3]
        offset: From the target to the camera, in the subject's upright axes. [3]

    Returns:
        `world_to_camera`, [4, 4].
    """
    return looking(target + subject.axes.T @ offset, target, subject.up)


def room(subject: Subject, target: np.ndarray, margin: float = 0.9) -> float:
    """How far a camera can go from a target sideways in every direction without leaving the subject's space, m. [3]"""
    if subject.space is None:
        return np.inf
    low, high = np.asarray(subject.space, np.float64)
    across = np.abs(subject.axes[2]) < 0.7  # axes of the world that are not up
    sides = np.concatenate([target - low, high - target])[np.tile(across, 2)]
    return float(max(sides.min() * margin, 1e-3))


def headroom(subject: Subject, target: np.ndarray, margin: float = 0.9) -> float:
    """How far up it can go. [3] → m"""
    if subject.space is None:
        return np.inf
    axis = int(np.abs(subject.axes[2]).argmax())
    top = subject.space[1] if subject.axes[2, axis] > 0 else subject.space[0]
    return float(max(abs(top[axis] - target[axis]) * margin, 1e-3))
