"""What a task is, apart from its instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from multisynth import seeds

from ..randomise import Draw, Randomisation
from ..trial import Trial, View


class _Asked(Draw):
    """Remembers which fields were asked for."""

    def __init__(self, terms: Randomisation, stream: Callable[[str], np.random.Generator]) -> None:
        super().__init__(terms, stream)
        self.fields: set[str] = set()

    def _one(self, field: str, rng: np.random.Generator) -> float:
        self.fields.add(field)
        return super()._one(field, rng)


@dataclass(frozen=True)
class Task:
    """Something for a robot to do.

    Args:
        name: As recipes call it, `pick_place`.
        summary: What is to be done, a sentence.
        robot: Name of the robot that does it.
        draw: Draws an instance.
        duration: s, after which an episode ends at the latest.
        slowest: Control steps a second that it takes at least, Hz.
    """

    name: str
    summary: str
    robot: str
    draw: Callable[[Draw, View], Trial]
    duration: float = 10.0
    slowest: float = 5.0

    def paced(self, rate: float) -> float:
        """Control steps a second, Hz.

        Raises:
            ValueError: They are too few for this task.
        """
        if rate < self.slowest:
            raise ValueError(f"{rate:g} Hz is too slow for `{self.name}`: give a `rate` of {self.slowest:g} Hz or more")
        return rate

    @cached_property
    def properties(self) -> tuple[str, ...]:
        """Fields of `Randomisation` with a calibrated value that it draws.

        Raises:
            BadInput: The robot's description is not installed.
        """
        draw = _Asked(Randomisation.calibrated(), partial(seeds.rng, 0))
        self.draw(draw, View())
        known = Randomisation.model_fields
        return tuple(name for name in known if name in draw.fields and Randomisation.bounds(name).nominal is not None)

    @property
    def environment(self) -> str:
        """Its id in Gymnasium: `multisynth/PandaPickPlace-v0`."""
        words = f"{self.robot}_{self.name}".split("_")
        return f"multisynth/{''.join(word.capitalize() for word in words)}-v0"
