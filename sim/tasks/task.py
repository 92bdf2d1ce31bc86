"""What a task is, apart from its instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..randomise import Draw
from ..trial import Trial, View


@dataclass(frozen=True)
class Task:
    """Something for a robot to do.

    Args:
        name: As recipes call it, `pick_place`.
        summary: What is to be done, a sentence.
        robot: Name of the robot that does it.
        draw: Draws an instance.
        duration: s, after which an episode ends at the latest.
    """

    name: str
    summary: str
    robot: str
    draw: Callable[[Draw, View], Trial]
    duration: float = 10.0

    @property
    def environment(self) -> str:
        """Its id in Gymnasium: `multisynth/PandaPickPlace-v0`."""
        words = f"{self.robot}_{self.name}".split("_")
        return f"multisynth/{''.join(word.capitalize() for word in words)}-v0"
