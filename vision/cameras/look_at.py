"""Places drawn at random that look at objects: for data sets of still pictures."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from .aim import Motion, between, direction, looking, place
from .path import Path, about
from .ranges import Elevations, Factors, drawn
from .subject import Subject

TRIES = 64
"""Places that are drawn at most until one is free of geometry."""


class LookAt(Path):
    """Each frame from another place, looking at one of the objects; flow between such frames means little."""

    kind: Literal["look_at"] = Field("look_at", description="Unrelated places that look at objects.")
    distance: Factors = Field((0.7, 2.2), description="In sizes of the subject; not in a captured volume.")
    elevation: Elevations = Field((5.0, 75.0), description="Degrees above the horizon; not in a captured volume.")
    margin: float = Field(0.1, ge=0, le=10, description="Least distance from any surface, in sizes of the subject.")

    def motion(self, subject: Subject, frames: int, fps: float, rng: np.random.Generator) -> Motion:
        """Changes halfway between frames, so that no shutter catches a jump."""
        poses = [self._pose(subject, rng) for _ in range(frames)]
        return lambda time: poses[min(max(round(time * fps), 0), len(poses) - 1)]

    def _pose(self, subject: Subject, rng: np.random.Generator) -> np.ndarray:
        objects = subject.centres if len(subject.centres) else subject.focus[None]
        target = objects[int(rng.integers(len(objects)))] + self.aim * subject.size * rng.uniform(-0.3, 0.3, 3)
        if subject.captured:
            return self._kept(subject, target, rng)
        for _ in range(TRIES):
            far, tilt = drawn(rng, self.distance) * subject.size, np.radians(drawn(rng, self.elevation))
            pose = about(subject, target, far * direction(rng.uniform(0, 2 * np.pi), tilt))
            if self._free(subject, place(pose)):
                break
        return pose

    def _free(self, subject: Subject, position: np.ndarray) -> bool:
        if subject.space is not None and not ((position >= subject.space[0]) & (position <= subject.space[1])).all():
            return False
        return subject.clearance is None or float(subject.clearance(position[None])[0]) > self.margin * subject.size

    def _kept(self, subject: Subject, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Between a training view and one of the nearest others, or beside a single one."""
        places = subject.places
        first = int(rng.integers(len(places)))
        near = np.argsort(np.linalg.norm(places - places[first], axis=1), kind="stable")[1:4]
        last = int(near[int(rng.integers(len(near)))]) if len(near) else first
        mixed = between(subject.views[first], subject.views[last], rng.random())
        position = place(mixed) + 0.1 * subject.spacing * rng.uniform(-1, 1, 3)
        towards = target - position
        if mixed[2, :3] @ towards < np.cos(np.radians(40)) * np.linalg.norm(towards):
            # the views there look elsewhere, and nothing is known of what they did not see
            towards = mixed[2, :3]
        return looking(position, position + towards, subject.up)
