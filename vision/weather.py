"""Stage `vision.weather`: frames in fog, underwater, in rain, dazzled, at night, and through a thermal camera's air."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from multisynth import seeds
from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import FRAME, Kind
from multisynth.media import decode_floats, decode_radiance, decode_rgb, encode_floats, encode_radiance, encode_rgb
from multisynth.sample import Batch, Drop, Sample
from multisynth.srgb import encoded, linear
from multisynth.stage import Map, Needs

from .cameras.framed import viewpoint_of
from .cameras.viewpoint import Viewpoint
from .labels.distance import distance
from .light.effects import Camera, Drawn, Effect, Fog, Glare, Night, Rain, Thermal, Underwater
from .light.weathering import Sight, apparent, transmittance, weathered

_EFFECTS = ("fog", "underwater", "rain", "glare", "night", "camera", "thermal")
_MEDIA = frozenset({"fog", "underwater", "rain"})
_FAR = _MEDIA | {"thermal"}


class Weather(Map):
    """Put weather, glare, night and noise into frames by formulas of physics, with strengths drawn from ranges.

    It works on linear radiance in the order of nature: what is between, then lens, then sensor. A frame without
    `radiance` is taken back from its sRGB picture, where all that was brighter than white is white. What was drawn is
    in `meta.weather`, in SI units, and the median over the image of the share of light that arrives unscattered in
    `meta.transmittance`. Labels stay as they are, but for `temperature`, which `thermal` changes.
    """

    takes: ClassVar[tuple[Kind, ...]] = (FRAME,)
    makes: ClassVar[Kind | None] = FRAME
    needs: ClassVar[Needs] = Needs(batch_size=8)

    fog: Fog | None = Field(None, description="Fog of some visibility.")
    underwater: Underwater | None = Field(None, description="Water of one of Jerlov's types.")
    rain: Rain | None = Field(None, description="Drops as streaks close by and as a veil further off.")
    glare: Glare | None = Field(None, description="Light that scatters in the lens or eye, that of a lamp too.")
    night: Night | None = Field(None, description="Little light, so that the camera's noise shows.")
    camera: Camera | None = Field(None, description="Noise, saturation and rounding; by default at night alone.")
    thermal: Thermal | None = Field(None, description="Air and noise on the label `temperature`.")
    per: Literal["frame", "path"] = Field(
        "frame", description="What is drawn anew: each frame, or each path or episode, so that its film holds still."
    )

    @model_validator(mode="after")
    def _that_can_be_together(self) -> Self:
        if self.fog is not None and self.underwater is not None:
            raise ValueError("`fog` and `underwater` exclude each other: one camera is in one medium")
        if self.rain is not None and self.underwater is not None:
            raise ValueError("`rain` and `underwater` exclude each other: no drops fall in water")
        return self

    def artifacts(self) -> Sequence[Artifact]:
        """None.

        Raises:
            BadInput: No effect is named.
        """
        if not self._effects():
            raise BadInput(f"`{self._name}` has no weather", f"name at least one of {', '.join(_EFFECTS)}")
        return ()

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Each frame, with its weather."""
        for frame in samples:
            yield self._weathered(frame)

    def _effects(self) -> dict[str, Effect]:
        return {name: effect for name in _EFFECTS if (effect := getattr(self, name)) is not None}

    def _draw(self, frame: Sample) -> dict[str, Drawn]:
        """What happens to a frame; each effect has its own stream, so that another leaves it as it was."""
        whole = frame.id if self.per == "frame" else f"{frame['stage']}\x1f{frame['origin']}"
        key = seeds.seed(self._run_seed, self._name, whole)
        drawn = {}
        for name, effect in self._effects().items():
            rng = seeds.rng(key, name)
            happens, now = rng.random() < effect.share, effect.draw(rng)
            if happens:
                drawn[name] = now
        return drawn

    def _weathered(self, frame: Sample) -> Sample | Drop:
        drawn = self._draw(frame)
        if not drawn:
            return frame.with_meta(weather={}, transmittance=1.0)
        view = viewpoint_of(frame)
        if (names := sorted(drawn.keys() & _FAR)) and not frame.meta.get("metric", True):
            problem = f"{names[0]} counts in metres, and the scale of this frame is not known"
            return Drop(frame, f"{problem}: give `vision.register` a measured `distance`, or the source its `unit`")
        away = _distance(frame, view) if names else None
        if away is None and names:
            return Drop(frame, f"no depth for {names[0]}: add the label `depth` to the stage that made the frame")
        if "thermal" in drawn and frame["temperature"] is None:
            return Drop(frame, "no temperature: add the label `temperature` to the stage that made the frame")
        if frame["right"] is not None and drawn.keys() - {"thermal"}:
            return Drop(frame, "a stereo pair: weather is put into single pictures alone")
        changed: dict[str, Any] = {}
        if drawn.keys() - {"thermal"}:
            kept = frame["radiance"]
            clear = linear(decode_rgb(frame["rgb"])) if kept is None else decode_radiance(kept)
            seen = weathered(Sight(view, clear, away), self._effects(), drawn, self.rng(frame, "frame"))
            changed["rgb"] = encode_rgb(encoded(seen))
            changed["radiance"] = None if kept is None else encode_radiance(np.maximum(seen, 0))
        if "thermal" in drawn:
            assert away is not None
            kelvin = apparent(
                decode_floats(frame["temperature"]), away, drawn["thermal"], self.rng(frame, "temperature")
            )
            changed["temperature"] = encode_floats(kelvin)
        through = transmittance(away, drawn) if away is not None and drawn.keys() & _MEDIA else np.ones(1)
        return frame.replace(**changed).with_meta(weather=drawn, transmittance=float(np.median(through)))


def _distance(frame: Sample, view: Viewpoint) -> np.ndarray | None:
    """Distance along the ray, m, 0 where nothing is, by its label or that of z-depth. [H, W] float32"""
    if frame["distance"] is not None:
        return decode_floats(frame["distance"])
    return None if frame["depth"] is None else distance(view, decode_floats(frame["depth"]))
