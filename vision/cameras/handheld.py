"""Held in hands: another path with the sway of a body and the tremor of its hands on top."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from multisynth.scenes.poses import about
from pydantic import Field

from .aim import Motion, place, posed
from .dolly import Dolly
from .orbit import Orbit
from .path import Path
from .ranges import Factors, drawn
from .spiral import Spiral
from .subject import Subject
from .walk import Walk

SWAY = (0.2, 2.0)
"""Hz; breath and balance."""
TREMOR = (8.0, 12.0)
"""Hz; physiological tremor (Gavant et al., A physiological camera shake model, IEEE Sensors 2011)."""
WAVES = 12
"""Sines that a noise is the sum of."""
ROLL = 0.5
"""Of the other two angles, that the one about the optical axis is."""

Base = Annotated[Orbit | Spiral | Dolly | Walk, Field(discriminator="kind")]


class Handheld(Path):
    """Smooth noise on another path, within the bands of a body's sway and its hands' tremor.

    The default angles give about 1.7° a second, which is what the photographers' rule says of an untrained hand: 1 / f
    seconds at f mm keep the blur within the circle of confusion of 0.03 mm, so it turns by 0.03 rad a second.
    """

    kind: Literal["handheld"] = Field("handheld", description="Another path, held in hands.")
    base: Base = Field(
        Orbit(speed=(0.0, 8.0)), description="The path that the hands mean to follow: orbit, spiral, dolly or walk."
    )
    sway: Factors = Field((0.15, 0.5), description="Slow turns about each axis, 0.2 to 2 Hz: degrees, rms.")
    tremor: Factors = Field((0.005, 0.03), description="Fast turns about each axis, 8 to 12 Hz: degrees, rms.")
    drift: Factors = Field((0.002, 0.01), description="Slow shifts along each axis, in distances to the subject, rms.")

    def motion(self, subject: Subject, frames: int, fps: float, rng: np.random.Generator) -> Motion:
        """The base's motion, shaken."""
        base = self.base.motion(subject, frames, fps, rng)
        slow = _noise(rng, SWAY, np.radians(drawn(rng, self.sway)))
        fast = _noise(rng, TREMOR, np.radians(drawn(rng, self.tremor)))
        shift = _noise(rng, SWAY, drawn(rng, self.drift))

        def at(time: float) -> np.ndarray:
            steady = base(time)
            angles = (slow(time) + fast(time)) * (1, 1, ROLL)
            size = float(np.linalg.norm(angles))
            turn = about(angles / size, size) if size > 0 else np.eye(3)
            position = place(steady)
            away = float(np.linalg.norm(position - subject.focus))
            return posed(turn @ steady[:3, :3], position + away * shift(time))

        return at


def _noise(rng: np.random.Generator, band: tuple[float, float], rms: float) -> Motion:
    """Three smooth noises whose spectra are even within a band of Hz: of time, s, to [3]."""
    waves = 2 * np.pi * rng.uniform(*band, (WAVES, 3))
    phases, height = rng.uniform(0, 2 * np.pi, (WAVES, 3)), rms * np.sqrt(2 / WAVES)
    return lambda time: height * np.sin(waves * time + phases).sum(0)
