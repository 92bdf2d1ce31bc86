"""What a thermal camera would see from close by: each thing's temperature and emissivity as one temperature.

The physics are those of `light.thermal`: Planck's law in the band, and what surfaces mirror. The air between, its sky
and the camera's noise are `vision.weather`'s to add.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..light.thermal import leaving
from .things import Things


def _rising(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the low end {ends[0]:g} is above the high end {ends[1]:g}")
    return ends


_Kelvin = Annotated[float, Field(ge=3, le=3000, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Kelvins = Annotated[tuple[_Kelvin, _Kelvin], AfterValidator(_rising)]
Shares = Annotated[tuple[_Share, _Share], AfterValidator(_rising)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Matter(_Model):
    """How warm things of one category are, and how much of a black body they are; from low to high."""

    temperature: Kelvins = Field((291.0, 295.0), description="K")
    emissivity: Shares = Field((0.85, 0.97), description="In the band from 8 to 14 µm; bare metal 0.05 to 0.3.")


class Climate(_Model):
    """Ranges that a thermal scene is drawn from: one draw for each thing, and for all about them, a path or episode."""

    matter: dict[str, Matter] = Field(
        {
            "robot": Matter(temperature=(296.0, 313.0), emissivity=(0.80, 0.95)),
            "person": Matter(temperature=(303.0, 308.0), emissivity=(0.97, 0.99)),
        },
        description="By category; what is not listed is like `other`.",
    )
    other: Matter = Field(Matter(), description="Of everything else, and of surfaces without an id.")
    around: Kelvins = Field((288.0, 296.0), description="What surfaces mirror: walls, or less under a clear sky, K.")
    sky: Kelvins = Field(
        (240.0, 285.0),
        description="Apparent temperature where nothing is, K; `thermal` of `vision.weather` puts its own there.",
    )


@dataclass(frozen=True)
class Heat:
    """One drawn thermal scene."""

    temperatures: Mapping[int, float]  # K, by instance; 0 is what has no id
    emissivities: Mapping[int, float]  # by instance
    around: float  # K
    sky: float  # K

    @classmethod
    def drawn(cls, climate: Climate, things: Iterable[Things], rng: np.random.Generator) -> Heat:
        """A draw from the ranges, for each thing in its order, whether it is seen or not."""
        matter = {0: climate.other}
        for some in things:
            for thing in some.table:
                matter[thing.instance] = climate.matter.get(thing.category, climate.other)
        temperatures = {instance: float(rng.uniform(*own.temperature)) for instance, own in matter.items()}
        emissivities = {instance: float(rng.uniform(*own.emissivity)) for instance, own in matter.items()}
        around, sky = (float(rng.uniform(*ends)) for ends in (climate.around, climate.sky))
        return cls(temperatures, emissivities, around, sky)


def temperature(depth: np.ndarray, instances: np.ndarray, heat: Heat) -> np.ndarray:
    """Apparent temperature in the band from 8 to 14 µm from close by: of the black body that looks as bright.

    Args:
        depth: z-depth, m; 0 where nothing is. [H, W] float32
        instances: Ids; those that the heat does not know are like 0. [H, W] uint16
        heat: How warm everything is.

    Returns:
        K. [H, W] float32
    """
    ids = sorted(heat.temperatures)
    own = leaving(
        np.array([heat.temperatures[i] for i in ids]), np.array([heat.emissivities[i] for i in ids]), heat.around
    )
    table = np.full(65536, own[0], np.float32)
    table[ids] = own
    result: np.ndarray = np.where(depth > 0, table[instances], np.float32(heat.sky))
    return result
