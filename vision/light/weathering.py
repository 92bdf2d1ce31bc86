"""Effects put together in the order of nature: what is between, the lens, the sensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..cameras.viewpoint import Viewpoint
from . import fog, glare, night, rain, sensor, thermal, underwater
from .effects import Camera, Drawn, Effect, Glare

OVERCAST = 10_000.0
"""lx on a scene of which nothing else is said: noon under cloud."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What one eye of a frame sees."""

    view: Viewpoint
    radiance: np.ndarray  # [H, W, 3] float32, linear, 1: white in full light
    distance: np.ndarray | None  # [H, W] float32, m along the ray, 0: nothing there


def weathered(
    sight: Sight, effects: Mapping[str, Effect], drawn: Mapping[str, Drawn], rng: np.random.Generator
) -> np.ndarray:
    """Radiance as the camera says it is.

    Args:
        sight: What would be seen in clear air by a camera without faults.
        effects: Options of the effects, by name.
        drawn: What was drawn for those that happen, by name.
        rng: Of this frame, for drops and noise.

    Returns:
        [H, W, 3] float32, linear
    """
    radiance, distance = sight.radiance, sight.distance
    illuminance = float(drawn["night"]["illuminance"]) if "night" in drawn else OVERCAST
    camera = _camera(effects, drawn) if "night" in drawn or "camera" in drawn else None
    if "fog" in drawn:
        now = drawn["fog"]
        way_through = fog.under_sky(_needed(distance), sight.view, float(now["top"]))
        radiance = fog.fog(radiance, way_through, float(now["visibility"]), (float(now["airlight"]),) * 3)
    if "underwater" in drawn:
        now = drawn["underwater"]
        water, depth = underwater.jerlov(now["water"]), float(now["depth"])
        # a camera exposes for what light there is: for the colour that water leaves most of
        lost = float(np.exp(-depth * min(water.diffuse)))
        radiance = underwater.underwater(radiance, _needed(distance), water, depth, float(now["ambient"])) / lost
        illuminance *= lost
    if "rain" in drawn:
        now = drawn["rain"]
        exposure = camera.settings(illuminance)[0] if camera else float(now["exposure"])
        way, speed = np.radians(float(now["wind_direction"])), float(now["wind"])
        fall = rain.Rain(float(now["rate"]), (speed * np.cos(way), speed * np.sin(way)))
        light = (float(now["surroundings"]),) * 3
        radiance = rain.rain(radiance, _needed(distance), sight.view, fall, exposure, light, rng)
    if "glare" in drawn:
        radiance = _dazzled(radiance, sight.view, effects["glare"], drawn["glare"], illuminance)
    if camera:
        radiance = camera.photograph(radiance, illuminance, rng)
    return radiance


def apparent(temperature: np.ndarray, distance: np.ndarray, now: Drawn, rng: np.random.Generator) -> np.ndarray:
    """The label of apparent temperature, seen through air by a camera with noise, K. [H, W] float32"""
    air, humidity, sky, noise = (float(now[name]) for name in ("air", "humidity", "sky", "noise"))
    return thermal.through_air(temperature, distance, air, humidity, sky, noise=noise, rng=rng)


def transmittance(distance: np.ndarray, drawn: Mapping[str, Drawn]) -> np.ndarray:
    """Share of green light from each pixel's surface that arrives unscattered; 0 where nothing is. [H, W] float32"""
    beta = 0.0
    if "fog" in drawn:
        beta += fog.extinction(float(drawn["fog"]["visibility"]))
    if "underwater" in drawn:
        beta += underwater.jerlov(drawn["underwater"]["water"]).attenuation[1]
    if "rain" in drawn:
        beta += rain.Rain(float(drawn["rain"]["rate"])).extinction
    return fog.transmittance(distance, beta)


def _needed(distance: np.ndarray | None) -> np.ndarray:
    if distance is None:
        raise ValueError("this needs the distance along the ray")
    return distance


def _camera(effects: Mapping[str, Effect], drawn: Mapping[str, Drawn]) -> night.Camera:
    options = effects.get("camera")
    options = options if isinstance(options, Camera) else Camera()
    # at night there is a camera even where its share of the frames, or the recipe, has none: one in the middle
    noise = drawn.get("camera") or {name: sum(getattr(options, name)) / 2 for name in ("read_noise", "row_noise")}
    built = sensor.Sensor(
        quantum_efficiency=options.quantum_efficiency,
        full_well=options.full_well,
        read_noise=float(noise["read_noise"]),
        row_noise=float(noise["row_noise"]),
        dark_current=options.dark_current,
        bits=options.bits,
        black=2**options.bits // 64,
    )
    aperture = night.Aperture(options.f_number, options.pitch)
    return night.Camera(aperture, built, options.longest, options.amplification)


def _dazzled(radiance: np.ndarray, view: Viewpoint, options: Effect, now: Drawn, illuminance: float) -> np.ndarray:
    assert isinstance(options, Glare)
    pixel = float(1 / np.sqrt(view.intrinsics[0, 0] * view.intrinsics[1, 1]))
    if options.lamp is not None:
        white = illuminance / np.pi  # cd/m²
        place = float(now["x"]) * view.width, float(now["y"]) * view.height
        across = np.radians(float(now["diameter"])) / pixel
        disc = glare.sun((view.height, view.width), place, across, float(now["luminance"]) / white)
        radiance = np.where(disc > radiance, disc, radiance)
    return glare.glare(radiance, pixel, options.vision, float(now["strength"]))
