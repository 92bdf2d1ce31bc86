"""What a thermal camera would see: each thing's temperature and emissivity, through the air, as one temperature.

The physics are those of `light.thermal`: Planck's law in the band, what surfaces mirror, and the air between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..cameras.viewpoint import Viewpoint
from ..light.planck import apparent_temperature, band_radiance
from ..light.thermal import air_transmission
from .distance import distance
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
    """Ranges that a thermal scene is drawn from: one draw for each thing and for the air of a path or episode."""

    matter: dict[str, Matter] = Field(
        {
            "robot": Matter(temperature=(296.0, 313.0), emissivity=(0.80, 0.95)),
            "person": Matter(temperature=(303.0, 308.0), emissivity=(0.97, 0.99)),
        },
        description="By category; what is not listed is like `other`.",
    )
    other: Matter = Field(Matter(), description="Of everything else, and of surfaces without an id.")
    air: Kelvins = Field((288.0, 298.0), description="Temperature of the air, K.")
    humidity: Shares = Field((0.3, 0.7), description="Of the air, relative.")
    around: Kelvins = Field((288.0, 296.0), description="What surfaces mirror: walls, or less under a clear sky, K.")
    sky: Kelvins = Field((240.0, 285.0), description="Apparent temperature where nothing is, K.")


@dataclass(frozen=True)
class Heat:
    """One drawn thermal scene."""

    temperatures: Mapping[int, float]  # K, by instance; 0 is what has no id
    emissivities: Mapping[int, float]  # by instance
    air: float  # K
    humidity: float  # relative, 0 to 1
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
        air, humidity, around, sky = (
            float(rng.uniform(*ends)) for ends in (climate.air, climate.humidity, climate.around, climate.sky)
        )
        return cls(temperatures, emissivities, air, humidity, around, sky)


def temperature(viewpoint: Viewpoint, depth: np.ndarray, instances: np.ndarray, heat: Heat) -> np.ndarray:
    """Apparent temperature in the band from 8 to 14 µm: of the black body that looks as bright.

    Args:
        viewpoint: The camera.
        depth: z-depth, m; 0 where nothing is. [H, W] float32
        instances: Ids; those that the heat does not know are like 0. [H, W] uint16
        heat: How warm everything is.

    Returns:
        K. [H, W] float32
    """
    ids = np.array(sorted(heat.temperatures))
    emissivity = np.array([heat.emissivities[i] for i in ids])
    own = emissivity * band_radiance(np.array([heat.temperatures[i] for i in ids]))
    own += (1 - emissivity) * band_radiance(heat.around)
    table = np.full(65536, own[0])
    table[ids] = own
    away = distance(viewpoint, depth)
    share = _transmission(away, heat)
    air, sky = float(band_radiance(heat.air)), float(band_radiance(heat.sky))
    radiance = share * table[instances] + (1 - share) * air
    radiance[depth <= 0] = sky
    # Newton's method for every pixel would take seconds; between 4096 steps the inverse is straight to 1e-6 K
    coldest, warmest = apparent_temperature(np.array([radiance.min(), radiance.max()]))
    steps = np.linspace(coldest, warmest, 4096)
    result: np.ndarray = np.interp(radiance, band_radiance(steps), steps)
    return result.astype(np.float32)


def _transmission(away: np.ndarray, heat: Heat) -> np.ndarray:
    """The air's transmission by distance, which hardly bends, from a table. [H, W]"""
    steps = np.linspace(0, np.sqrt(max(float(away.max(initial=0)), 1e-6)), 1024)  # it goes with the root
    shares = air_transmission(steps**2, heat.air, heat.humidity)
    result: np.ndarray = np.interp(np.sqrt(away), steps, shares)
    return result
