"""Around the subject: a circle, or a spiral that changes its height."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from .aim import Motion, direction
from .captured import Ring
from .path import Path, about, headroom, room
from .ranges import Degrees, Elevations, Factors, drawn
from .subject import Subject

FREE_DISTANCE, KEPT_DISTANCE = (1.6, 2.6), (0.92, 1.05)
FREE_ELEVATION = (12.0, 50.0)


class Orbit(Path):
    """A circle about the subject; of a captured volume, the arc that its views cover, there and back."""

    kind: Literal["orbit"] = Field("orbit", description="A circle about the subject.")
    distance: Factors | None = Field(
        None,
        description="In sizes of the subject, by default 1.6 to 2.6; of a captured volume, in distances of its "
        "views there, by default 0.92 to 1.05.",
    )
    elevation: Elevations | None = Field(
        None, description="Degrees above the horizon, by default 12 to 50; of a captured volume, that of its views."
    )
    speed: Degrees = Field((10.0, 40.0), description="Degrees a second, to either side.")

    def motion(self, subject: Subject, frames: int, fps: float, rng: np.random.Generator) -> Motion:
        """At an even speed; on an open arc as a sine of time, this the greatest speed."""
        target = self.target(subject, rng)
        start, turn = rng.uniform(0, 2 * np.pi), np.radians(drawn(rng, self.speed)) * rng.choice([-1.0, 1.0])
        far, tilt = drawn(rng, self.distance or self._usual(subject)), drawn(rng, self.elevation or FREE_ELEVATION)
        if not subject.captured:
            offset = fitting(subject, target, far * subject.size, np.radians(tilt))
            return lambda time: about(subject, target, swung(offset, start + turn * time))
        ring = Ring.of(subject)
        shift = np.radians(tilt) - float(np.mean(ring.elevations)) if self.elevation else 0.0

        def at(time: float) -> np.ndarray:
            if ring.closed:
                azimuth = start + turn * time
            else:
                half = max(ring.arc / 2, 1e-3)
                azimuth = ring.start + half * (1 + np.sin(start + turn / half * time))
            elevation, distance = ring.near(azimuth)
            return about(subject, target, far * distance * direction(azimuth, elevation + shift))

        return at

    def _usual(self, subject: Subject) -> tuple[float, float]:
        return KEPT_DISTANCE if subject.captured else FREE_DISTANCE


def fitting(subject: Subject, target: np.ndarray, distance: float, elevation: float) -> np.ndarray:
    """An offset from the target at azimuth 0, brought nearer where the subject's space is too narrow. [3] → [3]"""
    across, height = distance * np.cos(elevation), distance * np.sin(elevation)
    return np.array([min(across, room(subject, target)), 0.0, min(height, headroom(subject, target))])


def swung(offset: np.ndarray, azimuth: float) -> np.ndarray:
    """An offset at azimuth 0, turned about the vertical. [3] → [3]"""
    return np.array([offset[0] * np.cos(azimuth), offset[0] * np.sin(azimuth), offset[2]])
