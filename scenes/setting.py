"""What builders of scenes draw alike: the light, the pattern of floors, and cameras that look on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from multisynth.scenes.schema import Body, Camera, Light, Pattern, Vector

KINDS = ("squares", "stripes", "tiles")


def light(rng: np.random.Generator, lowest: float = 35.0) -> Light:
    """Daylight from anywhere above `lowest` degrees: warm when it stands low, and a cool even glow."""
    elevation, azimuth = np.radians(rng.uniform(lowest, 80)), rng.uniform(0, 2 * np.pi)
    way = [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
    warmth = rng.uniform(-0.05, 0.16) + 0.06 * np.cos(elevation)
    return Light(
        direction=vector(-np.array(way)),
        colour=(1.0, float(1 - 0.5 * max(warmth, 0)), float(1 - max(warmth, 0) - 0.3 * max(-warmth, 0))),
        intensity=rng.uniform(1.5, 2.7),
        ambient=rng.uniform(0.22, 0.45),
    )


def pattern(rng: np.random.Generator, low: float, high: float, contrast: float) -> Pattern:
    """Tiles, squares or stripes of a size between the two, m, with a contrast up to that."""
    return Pattern(
        kind=KINDS[int(rng.integers(len(KINDS)))],
        size=float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        contrast=rng.uniform(0.02, contrast),
    )


def cameras(
    rng: np.random.Generator,
    target: Sequence[float],
    distance: tuple[float, float],
    elevation: tuple[float, float],
    count: int = 3,
    fov: tuple[float, float] = (42.0, 60.0),
) -> tuple[Camera, ...]:
    """Cameras of 640 × 480 px around a target, evenly apart and each a little off.

    Args:
        rng: Draws them.
        target: World, m.
        distance: From it, m.
        elevation: Above the horizon, degrees.
        count: How many.
        fov: Vertical, degrees.
    """
    first, placed = rng.uniform(0, 2 * np.pi), []
    for number in range(count):
        azimuth = first + 2 * np.pi * (number + rng.uniform(-0.25, 0.25)) / count
        tilt, far = np.radians(rng.uniform(*elevation)), rng.uniform(*distance)
        away = far * np.array([np.cos(azimuth) * np.cos(tilt), np.sin(azimuth) * np.cos(tilt), np.sin(tilt)])
        placed.append(
            Camera(
                name=f"camera{number}",
                width=640,
                height=480,
                position=vector(np.array(target) + away),
                target=vector(np.array(target, np.float64)),
                fov=rng.uniform(*fov),
            )
        )
    return tuple(placed)


def numbered(bodies: Sequence[Body]) -> tuple[Body, ...]:
    """The bodies with ids from 1 on and, where several have one name, `book`, `book 2`, `book 3`."""
    seen: dict[str, int] = {}
    named = []
    for number, body in enumerate(bodies, 1):
        seen[body.name] = count = seen.get(body.name, 0) + 1
        name = body.name if count == 1 else f"{body.name} {count}"
        named.append(body.model_copy(update={"instance": number, "name": name}))
    return tuple(named)


def vector(array: np.ndarray) -> Vector:
    """Three numbers as a scene has them."""
    x, y, z = np.asarray(array, np.float64).tolist()
    return x, y, z
