"""A random walk through free space, or along the views of a captured volume."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from multisynth.errors import BadInput

from .aim import Motion, facing, looking, place
from .captured import Chain
from .path import Path
from .ranges import Factors, drawn
from .subject import Subject

TRIES = 64
"""Directions that are tried at each step, and places to begin at."""
BACK = 20
"""Times its pieces, that a walk steps forward or back out of a dead end, at most."""
STRIDE = 0.3
"""Length of a step, in sizes of the subject."""
GLANCE = 2.5
"""Seconds that it looks at one object."""
CHECKED = np.linspace(0, 1, 5)
"""Of each piece of the way: where it is asked how near the surfaces are."""


class Walk(Path):
    """A walk that turns at random, keeps off all surfaces and looks at one object after another."""

    kind: Literal["walk"] = Field("walk", description="A random walk.")
    speed: Factors = Field(
        (0.1, 0.3), description="Sizes of the subject a second; in a captured volume, distances between its views."
    )
    height: Factors = Field((0.4, 0.9), description="Of the camera, in heights of the subject or of its room.")
    wander: float = Field(35.0, ge=0, le=180, description="Standard deviation of the turn at each step, degrees.")
    margin: float = Field(0.12, ge=0, le=10, description="Least distance from any surface, in sizes of the subject.")

    def motion(self, subject: Subject, frames: int, fps: float, rng: np.random.Generator) -> Motion:
        """At a nearly even speed."""
        speed = drawn(rng, self.speed)
        if subject.captured:
            chain = Chain(subject, speed * subject.spacing * frames / fps, rng)

            def kept(time: float) -> np.ndarray:
                pose = chain.at(speed * subject.spacing * time)
                return facing(place(pose), pose[2, :3], subject.up)

            return kept
        pace = speed / STRIDE  # pieces a second
        way = self._way(subject, int(np.ceil(pace * frames / fps)) + 1, rng)
        objects = subject.centres if len(subject.centres) else subject.focus[None]
        targets = objects[rng.integers(len(objects), size=int(frames / fps / GLANCE) + 2)]
        targets = targets + self.aim * subject.size * rng.uniform(-0.3, 0.3, targets.shape)

        def at(time: float) -> np.ndarray:
            glance = min(max(time, 0.0) / GLANCE, len(targets) - 1.001)
            share = glance % 1
            share = share**3 * (share * (6 * share - 15) + 10)
            target = (1 - share) * targets[int(glance)] + share * targets[int(glance) + 1]
            return looking(_along(way, pace * time), target, subject.up)

        return at

    def _way(self, subject: Subject, pieces: int, rng: np.random.Generator) -> np.ndarray:
        """Control points of a quadratic B-spline, whose pieces all keep off the surfaces. [pieces + 2, 3]"""
        points, heading = [self._start(subject, rng)], rng.uniform(0, 2 * np.pi)
        for _ in range(BACK * pieces):
            if len(points) == pieces + 2:
                return np.array(points)
            step = self._step(subject, np.array([*points[-1:], *points][-2:]), heading, rng)
            if step is None:  # a dead end
                del points[max(len(points) - 3, 1) :]
                heading = rng.uniform(0, 2 * np.pi)
                continue
            points.append(step[0])
            heading = step[1]
        raise BadInput(
            f"no room to walk from {np.round(points[0], 2).tolist()} without coming nearer than "
            f"{self.margin * subject.size:.3g} m to a surface",
            "lower `margin`, or film from outside with an orbit",
        )

    def _step(
        self, subject: Subject, last: np.ndarray, heading: float, rng: np.random.Generator
    ) -> tuple[np.ndarray, float] | None:
        """The next control point and the way there; None in a dead end. `last` two points, [2, 3]"""
        for attempt in range(TRIES):
            turn = np.radians(self.wander) * rng.standard_normal()
            turned = heading + turn * (1 + 6 * attempt / TRIES)
            ahead = subject.axes.T @ [np.cos(turned), np.sin(turned), 0.1 * rng.standard_normal()]
            new = last[1] + STRIDE * subject.size * ahead
            piece = np.array([*last, new])
            if self._free(subject, np.array([_along(piece, share) for share in CHECKED])):
                return new, turned
        return None

    def _start(self, subject: Subject, rng: np.random.Generator) -> np.ndarray:
        reach = 1.8 * subject.size / np.sqrt(3)
        box = subject.space if subject.space is not None else np.stack([subject.middle - reach, subject.middle + reach])
        across = subject.axes[2] ** 2 < 0.5
        ground = float((subject.bounds @ subject.axes[2]).min())
        tall = float(np.ptp((subject.space if subject.space is not None else subject.bounds) @ subject.axes[2]))
        for _ in range(TRIES):
            point = rng.uniform(box[0], box[1])
            height = ground + max(tall, 0.5 * subject.size) * drawn(rng, self.height)
            point = np.where(across, point, 0) + subject.axes[2] * height
            if self._free(subject, point[None]):
                return point
        raise BadInput(f"{TRIES} places to begin a walk are all too near to a surface", "lower `margin`")

    def _free(self, subject: Subject, points: np.ndarray) -> bool:
        if subject.space is not None:
            inside = (points >= subject.space[0]) & (points <= subject.space[1])
        else:
            inside = np.linalg.norm(points - subject.middle, axis=1) < 3 * subject.size
        if not inside.all():
            return False
        return subject.clearance is None or bool((subject.clearance(points) > self.margin * subject.size).all())


def _along(points: np.ndarray, way: float) -> np.ndarray:
    """A uniform quadratic B-spline: it never leaves the triangles of three neighbouring points. [N, 3] → [3]"""
    piece = int(np.clip(np.floor(way), 0, len(points) - 3))
    share = np.clip(way - piece, 0, 1)
    weights = np.array([(1 - share) ** 2, 1 + 2 * share * (1 - share), share**2]) / 2
    return weights @ points[piece : piece + 3]
