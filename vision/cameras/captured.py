"""The places that the training views of a captured volume cover, for paths that keep near them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multisynth.errors import BadInput

from .aim import between
from .subject import Subject

GAP = np.radians(60.0)
"""Between neighbouring views, from which on a ring of them counts as open."""
NARROW = np.radians(8.0)
"""Least width of the kernel that smooths a ring of views."""


@dataclass(frozen=True, eq=False)
class Ring:
    """Training views as they stand about the subject's focus."""

    azimuths: np.ndarray  # [V] rad, in the subject's upright axes
    elevations: np.ndarray  # [V] rad
    distances: np.ndarray  # [V] m
    start: float  # rad, first azimuth of the arc that the views cover
    arc: float  # rad, how far it goes on; 2 π where they stand all around
    width: float  # rad, of the kernel that smooths over neighbouring views

    @classmethod
    def of(cls, subject: Subject) -> Ring:
        """About the subject's focus.

        Raises:
            BadInput: The training views do not look at one place.
        """
        if not subject.looked_at(subject.focus):
            raise BadInput(
                f"the {len(subject.views)} training views do not look at one place, so none can be circled",
                "take a path that goes along the views: dolly, walk or handheld",
            )
        x, y, z = ((subject.places - subject.focus) @ subject.axes.T).T
        azimuths = np.arctan2(y, x) % (2 * np.pi)
        order = np.sort(azimuths)
        gaps = np.diff(order, append=order[0] + 2 * np.pi)
        widest = int(gaps.argmax())
        full = gaps[widest] <= GAP
        start = float(order[(widest + 1) % len(order)])
        arc = 2 * np.pi if full else float(2 * np.pi - gaps[widest])
        width = max(NARROW, arc / max(len(azimuths), 1))
        return cls(azimuths, np.arctan2(z, np.hypot(x, y)), np.sqrt(x * x + y * y + z * z), start, arc, width)

    @property
    def closed(self) -> bool:
        """Whether the views stand all around."""
        return self.arc >= 2 * np.pi

    def near(self, azimuth: float) -> tuple[float, float]:
        """Elevation, rad, and distance, m, of the views about an azimuth, rad: means with a Gaussian kernel."""
        apart = (self.azimuths - azimuth + np.pi) % (2 * np.pi) - np.pi
        # from the nearest view on, so that the weights never vanish all at once
        weights = np.exp(-0.5 * (apart**2 - (apart**2).min()) / self.width**2)
        weights /= weights.sum()
        return float(weights @ self.elevations), float(weights @ self.distances)


class Chain:
    """A smooth way along training views, each near the one before.

    Args:
        subject: Whose views they are.
        length: How far it goes at least, m.
        rng: Draws where it starts and turns.
    """

    NEIGHBOURS = 4

    def __init__(self, subject: Subject, length: float, rng: np.random.Generator) -> None:
        places, views = subject.places, subject.views
        apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
        forward = views[:, 2, :3]
        # a near place that looks elsewhere is far
        cost = apart + subject.spacing * (1 - forward @ forward.T)
        now = int(rng.integers(len(views)))
        visited, self.marks = [now], [0.0]
        while self.marks[-1] < length and len(views) > 1:
            near = [int(n) for n in np.argsort(cost[now], kind="stable") if n != now][: self.NEIGHBOURS]
            fresh = [n for n in near if n not in visited[-self.NEIGHBOURS :]] or near
            after = fresh[int(rng.integers(len(fresh)))]
            self.marks.append(self.marks[-1] + max(float(apart[now, after]), 1e-3 * subject.spacing))
            visited.append(after)
            now = after
        self.poses = views[visited]

    def at(self, way: float) -> np.ndarray:
        """The pose after some of the way, m. [4, 4]"""
        if len(self.marks) == 1:
            return np.asarray(self.poses[0])
        index = int(np.clip(np.searchsorted(self.marks, way, side="right") - 1, 0, len(self.marks) - 2))
        share = (way - self.marks[index]) / (self.marks[index + 1] - self.marks[index])
        share = min(max(share, 0.0), 1.0)
        return between(self.poses[index], self.poses[index + 1], share * share * (3 - 2 * share))
