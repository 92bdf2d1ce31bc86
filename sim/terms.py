"""One line of a randomisation: which distribution, what is done with what it gives, and when."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from multisynth.errors import shown

Pair = tuple[float, float]
DISTRIBUTIONS = ("uniform", "log_uniform", "normal")


class Term(BaseModel):
    """How a field is drawn.

    A recipe writes a number (fixed), a pair (uniform between them), or a mapping with one of the distributions:
    `{log_uniform: [0.5, 2], operation: scale, when: [1.0, 2.0]}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    uniform: Pair | None = Field(None, description="From, to.")
    log_uniform: Pair | None = Field(None, description="From, to, both above 0; uniform in the logarithm.")
    normal: Pair | None = Field(None, description="Mean, standard deviation; cut off at the field's physical limits.")
    operation: Literal["set", "add", "scale"] = Field(
        "set", description="Whether the draw is the value, is added to the calibrated value, or multiplies it."
    )
    when: Literal["episode"] | Pair = Field(
        "episode", description="Once an episode, or again and again, so many seconds apart: shortest, longest."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"uniform": (value, value)}
        if isinstance(value, list | tuple):
            return {"uniform": value}
        if isinstance(value, dict | Term):
            return value
        raise ValueError(f"{shown(value)} is no term: give a number, a pair, or a mapping such as {{normal: [0, 1]}}")

    @model_validator(mode="after")
    def _sound(self) -> Term:
        given = [name for name in DISTRIBUTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of {', '.join(DISTRIBUTIONS)}, not {', '.join(given) or 'none'}")
        first, second = getattr(self, given[0])
        if given == ["normal"]:
            if second < 0:
                raise ValueError(f"a standard deviation of {second:g} is below 0")
        elif first > second:
            raise ValueError(f"it runs from {first:g} down to {second:g}: give the smaller number first")
        if given == ["log_uniform"] and first <= 0:
            raise ValueError(f"log_uniform from {first:g}: give numbers above 0")
        if isinstance(self.when, tuple) and not 0.05 <= self.when[0] <= self.when[1]:
            raise ValueError(f"when {self.when[0]:g}, {self.when[1]:g}: give seconds, 0.05 at least, the shorter first")
        return self

    def __str__(self) -> str:
        name = next(name for name in DISTRIBUTIONS if getattr(self, name) is not None)
        first, second = getattr(self, name)
        between = "±" if name == "normal" else "…"
        drawn = f"{first:g}" if first == second and name != "normal" else f"{first:g} {between} {second:g}"
        how = [*([self.operation] if self.operation != "set" else []), *([name] if name != "uniform" else []), drawn]
        return " ".join(how) + (f" every {self.when[0]:g} … {self.when[1]:g} s" if self.when != "episode" else "")

    @property
    def ends(self) -> Pair | None:
        """What the draw lies between; None for a normal distribution."""
        return self.uniform or self.log_uniform

    def middle(self, nominal: float) -> float | None:
        """The mean of a normal distribution of the field's values, given the calibrated one; None for the others."""
        return None if self.normal is None else self._applied(self.normal[0], nominal)

    def range(self, nominal: float) -> Pair | None:
        """Between which values of the field it draws, given the calibrated one; None for a normal distribution."""
        if self.ends is None:
            return None
        low, high = (self._applied(end, nominal) for end in self.ends)
        return min(low, high), max(low, high)

    def draw(self, rng: np.random.Generator, nominal: float, limits: Pair) -> float:
        """A value of the field.

        Args:
            rng: The stream of this field in this episode.
            nominal: The calibrated value.
            limits: Between which values it can be at all; what falls outside is drawn again.
        """
        if self.normal is None:
            first, second = self.ends or (0.0, 0.0)
            share = float(rng.random())
            if self.log_uniform is not None:
                drawn = math.exp(math.log(first) + (math.log(second) - math.log(first)) * share)
                drawn = min(max(drawn, first), second)
            else:
                drawn = first + (second - first) * share
            return self._applied(drawn, nominal)
        for _ in range(1000):
            value = self._applied(float(rng.normal(*self.normal)), nominal)
            if limits[0] <= value <= limits[1]:
                return value
        raise ValueError(f"normal {self.normal} hardly ever lies within {limits[0]:g} … {limits[1]:g}")

    def _applied(self, drawn: float, nominal: float) -> float:
        if self.operation == "set":
            return drawn
        return nominal + drawn if self.operation == "add" else nominal * drawn
