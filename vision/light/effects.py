"""Options of light and weather, and how each is drawn."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .glare import Vision
from .ranges import Pair, Within, log_uniform, uniform
from .underwater import Jerlov

Drawn = dict[str, float | str]
"""What was drawn, by name; SI but for what an option's description says otherwise."""


class Effect(BaseModel):
    """Something that happens to light."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(1.0, gt=0, le=1, description="Share of the frames, or paths, that have it.")

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Values for one frame or path."""
        raise NotImplementedError  # abstract


class Fog(Effect):
    """Fog by Koschmieder's law."""

    visibility: Annotated[Pair, Within(1, 1e6)] = Field(
        (20.0, 5000.0),
        description="Meteorological optical range, m, log-uniform: where contrast falls to 5 %. A pair or a number.",
    )
    airlight: Annotated[Pair, Within(0, 100)] = Field(
        (0.6, 0.9), description="Radiance of endless fog, where 1 is white; uniform."
    )

    top: Annotated[Pair, Within(1, 1e6)] = Field(
        (50.0, 400.0), description="Height of its top above the camera, m, log-uniform, where the sky begins again."
    )

    def draw(self, rng: np.random.Generator) -> Drawn:
        """A visibility, an airlight and a top."""
        return {
            "visibility": log_uniform(rng, self.visibility),
            "airlight": uniform(rng, self.airlight),
            "top": log_uniform(rng, self.top),
        }


class Underwater(Effect):
    """Underwater by Akkaynak and Treibitz."""

    water: tuple[Jerlov, ...] = Field(
        ("I", "IB", "II", "1C"),
        min_length=1,
        description="Jerlov's types, each as likely: oceans I to III, coasts 1C to 9C.",
    )
    depth: Annotated[Pair, Within(0, 200)] = Field(
        (2.0, 20.0), description="Of scene and camera under the surface, m, uniform; the camera makes up for the dark."
    )
    ambient: Annotated[Pair, Within(0, 1)] = Field(
        (0.15, 0.5),
        description="Mean radiance along level lines of sight, where a white face that looks up has 1; uniform.",
    )

    def draw(self, rng: np.random.Generator) -> Drawn:
        """A water, a depth and its light."""
        water = self.water[int(rng.integers(len(self.water)))]
        return {"water": water, "depth": uniform(rng, self.depth), "ambient": uniform(rng, self.ambient)}


class Rain(Effect):
    """Rain of Marshall and Palmer's drops; drops of each frame are its own."""

    rate: Annotated[Pair, Within(0.1, 200)] = Field((2.0, 50.0), description="mm/h, log-uniform.")
    wind: Annotated[Pair, Within(0, 30)] = Field((0.0, 5.0), description="m/s, uniform, from anywhere.")
    surroundings: Annotated[Pair, Within(0, 100)] = Field(
        (0.5, 0.9), description="Mean radiance of what drops show and scatter, where 1 is white; uniform."
    )
    exposure: Annotated[Pair, Within(1e-5, 1)] = Field(
        (1 / 500, 1 / 60), description="s that the shutter is open, log-uniform; a camera's own where there is one."
    )

    def draw(self, rng: np.random.Generator) -> Drawn:
        """A rate, a wind, its light and an exposure."""
        return {
            "rate": log_uniform(rng, self.rate),
            "wind": uniform(rng, self.wind),
            "wind_direction": float(rng.uniform(0, 360)),  # degrees from world x to y, where it blows to
            "surroundings": uniform(rng, self.surroundings),
            "exposure": log_uniform(rng, self.exposure),
        }


class Lamp(BaseModel):
    """Something blinding in the picture."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    luminance: Annotated[Pair, Within(1, 2e9)] = Field(
        (1e6, 1e8), description="cd/m², log-uniform: a headlight has 1e6 to 1e8, the sun at noon 1.6e9."
    )
    diameter: Annotated[Pair, Within(0.01, 20)] = Field(
        (0.3, 1.0), description="Degrees, log-uniform; the sun has 0.53."
    )
    x: Annotated[Pair, Within(-1, 2)] = Field(
        (0.0, 1.0), description="Place across the picture: 0 its left edge, 1 its right."
    )
    y: Annotated[Pair, Within(-1, 2)] = Field(
        (0.0, 0.7), description="Place down the picture: 0 its top, 1 its bottom."
    )


class Glare(Effect):
    """Veiling glare and bloom by Spencer et al."""

    strength: Annotated[Pair, Within(0, 1.39)] = Field(
        (0.03, 0.5), description="Of the scatter, log-uniform above 0: 1 is Spencer's eye, 0.05 a clean lens."
    )
    vision: Vision = Field("photopic", description="Shares of flare, skirt and halo: by day, at dusk or by night.")
    lamp: Lamp | None = Field(
        None, description="A sun or headlight in the picture; by default what is there must dazzle."
    )

    def draw(self, rng: np.random.Generator) -> Drawn:
        """A strength, and a lamp."""
        low = self.strength[0]
        made: Drawn = {"strength": log_uniform(rng, self.strength) if low > 0 else uniform(rng, self.strength)}
        if self.lamp is not None:
            made |= {
                "luminance": log_uniform(rng, self.lamp.luminance),
                "diameter": log_uniform(rng, self.lamp.diameter),
                "x": uniform(rng, self.lamp.x),
                "y": uniform(rng, self.lamp.y),
            }
        return made


class Night(Effect):
    """Less light, by a camera with noise."""

    illuminance: Annotated[Pair, Within(1e-4, 2e5)] = Field(
        (0.2, 20.0), description="lx on the scene, log-uniform: full moon 0.2, lit street 10, room 200."
    )

    def draw(self, rng: np.random.Generator) -> Drawn:
        """An illuminance."""
        return {"illuminance": log_uniform(rng, self.illuminance)}


class Camera(Effect):
    """A camera by EMVA 1288 that sets its exposure and gain for white."""

    f_number: float = Field(1.8, ge=0.5, le=64, description="Of the lens.")
    pitch: float = Field(3e-6, ge=5e-7, le=5e-5, description="Edge of a pixel, m.")
    longest: float = Field(1 / 30, ge=1e-6, le=60, description="Exposure at most, s.")
    amplification: float = Field(
        64, ge=1, le=4096, description="Gain at most, over that of a full well; 64 is ISO 6400."
    )
    quantum_efficiency: tuple[
        Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]
    ] = Field((0.45, 0.6, 0.5), description="Electrons a photon, of red, green and blue.")
    full_well: float = Field(10_000, ge=100, le=1e6, description="Electrons that a pixel holds.")
    bits: int = Field(12, ge=8, le=16, description="Of the converter.")
    read_noise: Annotated[Pair, Within(0, 100)] = Field(
        (1.5, 4.0), description="Standard deviation, electrons; uniform."
    )
    row_noise: Annotated[Pair, Within(0, 100)] = Field(
        (0.1, 0.6), description="Standard deviation, electrons; uniform."
    )
    dark_current: float = Field(5, ge=0, le=1e4, description="Electrons a second.")

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Its noise."""
        return {"read_noise": uniform(rng, self.read_noise), "row_noise": uniform(rng, self.row_noise)}


class Thermal(Effect):
    """Air and noise before a thermal camera, on the label `temperature`."""

    air: Annotated[Pair, Within(200, 340)] = Field((268.0, 308.0), description="Temperature of the air, K, uniform.")
    humidity: Annotated[Pair, Within(0, 1)] = Field((0.2, 0.95), description="Relative, uniform.")
    sky: Annotated[Pair, Within(0, 100)] = Field(
        (5.0, 50.0), description="How much colder than the air the sky seems, K, uniform: 5 under cloud, 50 when clear."
    )
    noise: Annotated[Pair, Within(0, 5)] = Field((0.02, 0.1), description="NETD, K at 300 K, uniform.")

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Air, sky and noise."""
        air = uniform(rng, self.air)
        return {
            "air": air,
            "humidity": uniform(rng, self.humidity),
            "sky": air - uniform(rng, self.sky),
            "noise": uniform(rng, self.noise),
        }
