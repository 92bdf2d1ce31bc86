"""Straight lines at an even speed, the camera turned the same way all along."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from .aim import Motion, facing, place, posed
from .orbit import FREE_DISTANCE, FREE_ELEVATION, fitting, swung
from .path import Path, about
from .ranges import Elevations, Factors, drawn
from .subject import Subject

Way = Literal["in", "out", "left", "right", "up", "down"]
WAYS: dict[Way, tuple[float, float, float]] = {
    "in": (0, 0, 1), "out": (0, 0, -1), "left": (-1, 0, 0), "right": (1, 0, 0), "up": (0, -1, 0), "down": (0, 1, 0),
}  # fmt: skip
"""In camera axes."""
FREE_LENGTH, KEPT_LENGTH = (0.2, 0.45), (0.3, 0.8)


class Dolly(Path):
    """A camera on rails: toward the subject, away from it or past it; in a captured volume, from a training view."""

    kind: Literal["dolly"] = Field("dolly", description="A straight line.")
    way: Way | None = Field(None, description="Which way it goes, as it sees it; by default drawn.")
    distance: Factors = Field(FREE_DISTANCE, description="In sizes of the subject, halfway; not in a captured volume.")
    elevation: Elevations = Field(FREE_ELEVATION, description="Degrees above the horizon; not in a captured volume.")
    length: Factors | None = Field(
        None,
        description="How far it goes, in distances from the subject, by default 0.2 to 0.45; in a captured volume, in "
        "distances between training views, by default 0.3 to 0.8.",
    )

    def motion(self, subject: Subject, frames: int, fps: float, rng: np.random.Generator) -> Motion:
        """Over the whole path, frames / fps s; halfway it is where it was drawn."""
        target, duration, azimuth = self.target(subject, rng), frames / fps, rng.uniform(0, 2 * np.pi)
        far, tilt = drawn(rng, self.distance) * subject.size, np.radians(drawn(rng, self.elevation))
        ways: list[Way] = sorted(WAYS)
        way = WAYS[self.way or ways[int(rng.integers(len(ways)))]]
        length = drawn(rng, self.length or (KEPT_LENGTH if subject.captured else FREE_LENGTH))
        if subject.captured:
            view = subject.views[int(rng.integers(len(subject.views)))]
            middle = facing(place(view), view[2, :3], subject.up)
            length *= subject.spacing
        else:
            offset = fitting(subject, target, far, tilt)
            middle = about(subject, target, swung(offset, azimuth))
            length *= float(np.linalg.norm(offset))
        along = length * (middle[:3, :3].T @ way)
        return lambda time: posed(middle[:3, :3], place(middle) + (time / duration - 0.5) * along)
