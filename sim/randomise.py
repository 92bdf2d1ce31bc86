"""Domain randomisation (Tobin et al., arXiv 1703.06907): ranges in SI that each episode draws from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

Range = tuple[float, float]


def _range(low: float, high: float, limits: Range, description: str) -> Any:
    """A range by default from `low` to `high` that may not leave its physical limits."""
    return Field((low, high), description=description, json_schema_extra={"limits": list(limits)})


class Randomisation(BaseModel):
    """The ranges, each (from, to), that are drawn from uniformly; equal ends fix a parameter.

    A contact's coefficients are √(a·b) of the two bodies' own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    friction: Range = _range(0.3, 0.9, (0.02, 1.5), "Coulomb coefficient of objects.")
    table_friction: Range = _range(0.4, 0.9, (0.02, 1.5), "Coulomb coefficient of the table.")
    restitution: Range = _range(0.0, 0.4, (0.0, 0.95), "Coefficient of restitution of objects and table.")
    mass: Range = _range(0.05, 0.4, (0.005, 5.0), "Of the object to push, kg.")
    size: Range = _range(0.04, 0.065, (0.02, 0.08), "Edges or diameter of the object to push, m.")
    distance: Range = _range(0.1, 0.22, (0.06, 0.3), "From the object to its goal, m.")
    block_mass: Range = _range(0.02, 0.08, (0.005, 2.0), "Of a block of the tower, kg.")
    block_size: Range = _range(0.028, 0.042, (0.02, 0.07), "Edge of the tower's blocks, m.")
    block_aspect: Range = _range(1.2, 1.8, (0.5, 2.0), "Height of a block over its edge.")
    offset: Range = _range(0.0, 0.004, (0.0, 0.01), "Of each block from the middle of the tower, m.")
    ball_mass: Range = _range(0.3, 0.7, (0.01, 2.0), "kg.")
    ball_radius: Range = _range(0.028, 0.038, (0.015, 0.04), "m.")
    thrown: Range = _range(0.5, 0.5, (0.0, 1.0), "Probability that the ball is thrown, not struck.")
    strike_speed: Range = _range(0.6, 1.2, (0.2, 1.5), "Of the hand when it strikes the ball, m/s.")
    throw_speed: Range = _range(2.6, 3.6, (0.5, 8.0), "Of the ball when it is thrown, m/s.")
    aim: Range = _range(-0.01, 0.01, (-0.05, 0.05), "How far beside the tower's axis the ball aims, m.")
    hand: Range = _range(-0.03, 0.03, (-0.08, 0.08), "Of the hand's start along x, y, z from home, m.")
    colour: Range = _range(0.0, 0.06, (0.0, 0.2), "Spread of a palette colour, linear reflectance.")
    light_azimuth: Range = _range(-180.0, 180.0, (-360.0, 360.0), "Where the light comes from, degrees from x.")
    light_elevation: Range = _range(35.0, 75.0, (10.0, 90.0), "Degrees above the horizon.")
    light_intensity: Range = _range(1.6, 2.6, (0.0, 20.0), "As `Light.intensity`.")
    light_ambient: Range = _range(0.25, 0.5, (0.0, 2.0), "As `Light.ambient`.")
    camera_azimuth: Range = _range(
        -75.0, 75.0, (-360.0, 360.0), "Where the camera stands, degrees from x, robot at -x."
    )
    camera_elevation: Range = _range(22.0, 50.0, (5.0, 85.0), "Degrees above the horizon.")
    camera_distance: Range = _range(
        0.55, 0.9, (0.3, 5.0), "From what happens, m; the camera steps back until it sees all of it."
    )
    camera_fov: Range = _range(40.0, 55.0, (20.0, 100.0), "Vertical field of view, degrees.")

    @field_validator("*")
    @classmethod
    def _within_limits(cls, value: Range, info: ValidationInfo) -> Range:
        name = info.field_name or ""
        extra: Any = cls.model_fields[name].json_schema_extra
        low, high = extra["limits"]
        if not value[0] <= value[1]:
            raise ValueError(f"{name} runs from {value[0]:g} down to {value[1]:g}: give the smaller number first")
        if value[0] < low or value[1] > high:
            raise ValueError(f"{name} {value[0]:g} … {value[1]:g} leaves its physical limits {low:g} … {high:g}")
        return value


def _read(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str | Path):
        return value
    path, folder = Path(value).expanduser(), (info.context or {}).get("folder")
    path = path if path.is_absolute() or folder is None else Path(folder) / path
    if not path.is_file():
        raise ValueError(f"{path} does not exist")
    try:
        return yaml.safe_load(path.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not YAML: {error}") from error


Randomise = Annotated[Randomisation, BeforeValidator(_read)]
"""Ranges as a mapping, or the name of a YAML file that has them; in a recipe, relative to the recipe."""


class Draw:
    """Draws the parameters of one episode and keeps what was drawn.

    Each parameter has its own stream, so that no draw depends on which others were made, or when.

    Args:
        ranges: What to draw from.
        stream: The episode's generator for a purpose.
    """

    def __init__(self, ranges: Randomisation, stream: Callable[[str], np.random.Generator]) -> None:
        self._ranges, self._stream = ranges, stream
        self.drawn: dict[str, Any] = {}

    def __call__(self, field: str, name: str = "") -> float:
        """One number from the range of `field`, recorded under `name` (by default the field's)."""
        name = name or field
        low, high = getattr(self._ranges, field)
        return self._record(name, float(low + (high - low) * self._stream(name).random()))

    def uniform(self, name: str, low: float, high: float) -> float:
        """One number for which there is no option, recorded."""
        return self._record(name, float(low + (high - low) * self._stream(name).random()))

    def choose(self, name: str, options: list[str]) -> str:
        """One of the options, recorded."""
        return str(self._record(name, options[int(self._stream(name).integers(len(options)))]))

    def order(self, name: str, options: list[str]) -> list[str]:
        """The options, shuffled, recorded."""
        self._record(name, [options[i] for i in self._stream(name).permutation(len(options))])
        return list(self.drawn[name])

    def spread(self, name: str, field: str, count: int) -> list[float]:
        """Numbers in ±a, where `a` is one draw of `field`; both recorded."""
        width = self(field, f"{name}.{field}")
        values = (2 * self._stream(name).random(count) - 1) * width
        return list(self._record(name, values.tolist()))

    def _record(self, name: str, value: Any) -> Any:
        if name in self.drawn:
            raise ValueError(f"`{name}` is drawn twice")
        self.drawn[name] = value
        return value
