"""A spiral: about the subject in a scene, about a training view in a captured volume."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from .aim import Motion, looking, place
from .orbit import FREE_DISTANCE, fitting, swung
from .path import Path, about
from .ranges import Elevations, Factors, drawn
from .subject import Subject


class Spiral(Path):
    """Around while rising or sinking; in a captured volume, the small spiral before a view that LLFF films."""

    kind: Literal["spiral"] = Field("spiral", description="A circle that changes its height or depth.")
    distance: Factors = Field(FREE_DISTANCE, description="In sizes of the subject; not in a captured volume.")
    elevation: Elevations = Field((8.0, 65.0), description="Degrees that it starts and ends at, or the other way.")
    turns: Factors = Field((1.0, 2.0), description="Full turns over the whole path.")
    spread: Factors = Field(
        (0.4, 0.8), description="Of a spiral in a captured volume: radius in distances between training views."
    )

    def motion(self, subject: Subject, frames: int, fps: float, rng: np.random.Generator) -> Motion:
        """Over the whole path, frames / fps s."""
        target, duration = self.target(subject, rng), frames / fps
        start, turns = rng.uniform(0, 2 * np.pi), 2 * np.pi * drawn(rng, self.turns) * rng.choice([-1.0, 1.0])
        far, spread, rising = drawn(rng, self.distance), drawn(rng, self.spread), rng.random() < 0.5
        if subject.captured:
            return self._before(subject, start, turns / duration, spread * subject.spacing, rng)
        low, high = np.radians(self.elevation if rising else self.elevation[::-1])

        def at(time: float) -> np.ndarray:
            share = time / duration
            offset = fitting(subject, target, far * subject.size, low + (high - low) * share)
            return about(subject, target, swung(offset, start + turns * share))

        return at

    def _before(self, subject: Subject, start: float, speed: float, radius: float, rng: np.random.Generator) -> Motion:
        """As `render_path_spiral` of LLFF (Mildenhall et al. 2019): round in the image, half as far in depth."""
        view = subject.views[int(rng.integers(len(subject.views)))]
        middle, target = place(view), subject.focus if subject.looked_at(subject.focus) else None

        def at(time: float) -> np.ndarray:
            angle = start + speed * time
            swing = radius * np.array([np.cos(angle), np.sin(angle), 0.5 * np.sin(angle / 2)])
            position = middle + view[:3, :3].T @ swing
            return looking(position, target if target is not None else position + view[2, :3], subject.up)

        return at
