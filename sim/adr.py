"""Automatic domain randomisation, Algorithm 1 of "Solving Rubik's Cube with a Robot Hand" (OpenAI, arXiv 1910.07113).

A curriculum holds the bounds of each parameter and what controllers achieved there. It is a value: an episode is
planned from it, and the episode's performance gives the next one. Its JSON is all there is to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .randomise import Randomisation
from .terms import Pair, Term

Side = Literal["low", "high"]
PROPERTIES = tuple(name for name in Randomisation.model_fields if Randomisation.bounds(name).nominal is not None)
"""Fields with a calibrated value, whose bounds can grow from it."""


class Pin(NamedTuple):
    """A parameter that stands at one of its bounds for an episode."""

    field: str
    side: Side


class Dimension(BaseModel):
    """One parameter's bounds and performance buffers.

    Args:
        nominal: The calibrated value, which the bounds hold between them.
        limits: Physical ones, within which they stay.
        low, high: The bounds.
        step: How far one moves at once.
        at_low, at_high: Performances at the bounds since they last could move.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    nominal: float
    limits: Pair
    low: float
    high: float
    step: float = Field(gt=0)
    at_low: tuple[float, ...] = ()
    at_high: tuple[float, ...] = ()

    @property
    def sides(self) -> list[Side]:
        """Where it has room: a bound whose limit is the calibrated value never moves."""
        room: list[tuple[Side, bool]] = [
            ("low", self.limits[0] < self.nominal),
            ("high", self.nominal < self.limits[1]),
        ]
        return [side for side, free in room if free]

    def moved(self, side: Side, out: int) -> float:
        """A bound, a step out, or a step in, or where it was."""
        if side == "low":
            return min(max(self.low - out * self.step, self.limits[0]), self.nominal)
        return max(min(self.high + out * self.step, self.limits[1]), self.nominal)


class Rules(BaseModel):
    """When bounds move."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    boundary: float = Field(0.5, ge=0, le=1, description="p_b: share of episodes with a parameter at a bound.")
    buffer: int = Field(20, ge=1, description="m: performances gathered at a bound before it may move.")
    widen: float = Field(0.8, ge=0, le=1, description="t_H: mean performance at or above which a bound moves out.")
    narrow: float = Field(0.5, ge=0, le=1, description="t_L: mean performance at or below which it moves in.")

    @model_validator(mode="after")
    def _apart(self) -> Rules:
        if self.narrow >= self.widen:
            raise ValueError(f"narrow {self.narrow:g} is not below widen {self.widen:g}")
        return self


class Curriculum(BaseModel):
    """The state of ADR.

    Args:
        dimensions: By field of `Randomisation`.
        rules: When bounds move.
        base: Terms of everything that is no dimension; of a dimension, when it is drawn.
        episodes: How many performances were recorded, pinned or not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dimensions: dict[str, Dimension] = Field(min_length=1)
    rules: Rules = Rules()
    base: Randomisation = Randomisation.calibrated()
    episodes: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _sound(self) -> Curriculum:
        for name, dimension in self.dimensions.items():
            nominal, lowest, highest = _bounds(name)
            if (dimension.nominal, *dimension.limits) != (nominal, lowest, highest):
                raise ValueError(f"{name} is calibrated to {nominal:g} and lies within {lowest:g} … {highest:g}")
            if not lowest <= dimension.low <= nominal <= dimension.high <= highest:
                raise ValueError(
                    f"{name} {dimension.low:g} … {dimension.high:g} does not hold the calibrated {nominal:g} "
                    f"within its physical limits {lowest:g} … {highest:g}"
                )
        return self

    @classmethod
    def start(
        cls,
        fields: Sequence[str] = PROPERTIES,
        rules: Rules | None = None,
        base: Randomisation | None = None,
        step: float = 0.1,
    ) -> Curriculum:
        """Bounds at the calibrated values.

        Args:
            fields: The parameters.
            rules: When bounds move.
            base: Terms of everything else; by default places and looks are drawn, the rest is calibrated.
            step: How far a bound moves at once: share of the calibrated value, or of half its limits where that is 0.

        Raises:
            ValueError: A field is not known, or has no calibrated value.
        """
        dimensions = {}
        for name in fields:
            nominal, low, high = _bounds(name)
            stride = step * (nominal if nominal > 0 else (high - low) / 2)
            dimensions[name] = Dimension(nominal=nominal, limits=(low, high), low=nominal, high=nominal, step=stride)
        return cls(dimensions=dimensions, rules=rules or Rules(), base=base or Randomisation.calibrated())

    @property
    def entropy(self) -> float:
        """(1/d) Σ log(φᴴ - φᴸ), nats a dimension; -∞ while a parameter has not left its calibrated value."""
        widths = [dimension.high - dimension.low for dimension in self.dimensions.values()]
        return sum(math.log(width) if width > 0 else -math.inf for width in widths) / len(widths)

    def pin(self, rng: np.random.Generator) -> Pin | None:
        """Which parameter stands at which bound in an episode; with probability 1 - p_b none does."""
        pins = [Pin(name, side) for name, dimension in self.dimensions.items() for side in dimension.sides]
        chosen = pins[int(rng.integers(len(pins)))]
        return chosen if rng.random() < self.rules.boundary else None

    def terms(self, pin: Pin | None = None) -> Randomisation:
        """What an episode draws from: every parameter uniform within its bounds, the pinned one at its bound.

        What `base` draws again and again within an episode is drawn as often here.
        """
        ranges = {name: (dimension.low, dimension.high) for name, dimension in self.dimensions.items()}
        if pin is not None:
            ranges[pin.field] = (getattr(self.dimensions[pin.field], pin.side),) * 2
        drawn = {name: Term(uniform=pair, when=getattr(self.base, name).when) for name, pair in ranges.items()}
        return self.base.replaced(drawn)

    def after(self, pin: Pin | None, performance: float) -> Curriculum:
        """The curriculum once an episode is over.

        Args:
            pin: What was pinned in it; the performance of an episode without teaches nothing about a bound.
            performance: 0 to 1, such as success.
        """
        episodes = self.episodes + 1
        if pin is None:
            return self.model_copy(update={"episodes": episodes})
        dimension = self.dimensions[pin.field]
        buffer = (*getattr(dimension, f"at_{pin.side}"), float(performance))
        changed: dict[str, Any] = {f"at_{pin.side}": buffer}
        if len(buffer) >= self.rules.buffer:
            mean = sum(buffer) / len(buffer)
            out = 1 if mean >= self.rules.widen else -1 if mean <= self.rules.narrow else 0
            changed = {f"at_{pin.side}": (), pin.side: dimension.moved(pin.side, out)}
        dimensions = {**self.dimensions, pin.field: dimension.model_copy(update=changed)}
        return self.model_copy(update={"episodes": episodes, "dimensions": dimensions})


def read(path: Path) -> Curriculum:
    """The state in a file, JSON as the column `curriculum` of a policy has it.

    Raises:
        ValueError: There is none in it; the message says why.
    """
    try:
        return Curriculum.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        problem = f"{where}: {first['msg']}" if where else first["msg"]
        raise ValueError(f"{path} is no state of ADR, JSON as a policy's `curriculum` has it: {problem}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def _bounds(name: str) -> tuple[float, float, float]:
    nominal, low, high = Randomisation.bounds(name)
    if nominal is None:
        raise ValueError(f"{name} has no calibrated value for its bounds to start at: take {', '.join(PROPERTIES)}")
    return nominal, low, high
