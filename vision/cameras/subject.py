"""What is filmed, as far as a camera path has to know it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .aim import place, upright

AHEAD = 0.6
"""The share of training views that must look toward one place for it to count as what they look at."""


def _up() -> np.ndarray:
    return np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Subject:
    """A scene or a captured volume.

    A volume is known only from its training views, so paths keep near them; in a scene cameras are free.
    """

    bounds: np.ndarray  # [2, 3] lowest and highest corner of what is looked at, world, m
    up: np.ndarray = field(default_factory=_up)  # [3] world, unit length
    centres: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))  # [K, 3] of objects to look at, world, m
    views: np.ndarray = field(default_factory=lambda: np.zeros((0, 4, 4)))  # [V, 4, 4] of training, world to camera
    fov: float | None = None  # degrees, vertical, of the training views
    space: np.ndarray | None = None  # [2, 3] box that a camera must stay in, such as a room; None: anywhere
    clearance: Callable[[np.ndarray], np.ndarray] | None = None  # [N, 3] → [N] m to the nearest surface, < 0 inside

    @property
    def captured(self) -> bool:
        """Whether it is known from its training views alone."""
        return len(self.views) > 0

    @cached_property
    def middle(self) -> np.ndarray:
        """Of the bounds. [3]"""
        return np.asarray(self.bounds, np.float64).mean(0)

    @cached_property
    def size(self) -> float:
        """Half of the diagonal of the bounds: the radius of a ball about them, m."""
        return max(float(np.linalg.norm(np.diff(np.asarray(self.bounds, np.float64), axis=0))) / 2, 1e-6)

    @cached_property
    def axes(self) -> np.ndarray:
        """Turns the world so that z is up. [3, 3]"""
        return upright(self.up)

    @cached_property
    def places(self) -> np.ndarray:
        """Where the training cameras stand, world. [V, 3]"""
        return place(self.views)

    @cached_property
    def spacing(self) -> float:
        """Median distance from a training camera to the nearest other one, m; without one, the subject's size."""
        if len(self.views) < 2:
            return self.size
        apart = np.linalg.norm(self.places[:, None] - self.places[None], axis=-1)
        np.fill_diagonal(apart, np.inf)
        return float(max(np.median(apart.min(1)), 1e-6))

    @cached_property
    def focus(self) -> np.ndarray:
        """What cameras look at: the point nearest to the axes of the training views, else the middle. [3]

        Where the views do not look at one place, it is the middle of the bounds.
        """
        if not self.captured:
            return self.middle
        point = nearest_to_axes(self.views)
        return point if self.looked_at(point) else self.middle

    def looked_at(self, point: np.ndarray) -> bool:
        """Whether most training views have a point before them. [3]"""
        depth = self.views[:, 2, :3] @ point + self.views[:, 2, 3]
        return bool((depth > 0).mean() >= AHEAD)


def nearest_to_axes(views: np.ndarray) -> np.ndarray:
    """The point with the least sum of squared distances from the axes of cameras. [V, 4, 4] → [3]

    Parallel axes do not fix it along themselves: then it lies at their middle.
    """
    forward = views[:, 2, :3]
    across = np.eye(3) - forward[:, :, None] * forward[:, None, :]
    places = place(views)
    middle = places.mean(0)
    # about the cameras' middle, with a faint pull towards it, so that parallel axes have an answer too
    pull = 1e-6 * np.eye(3) * len(views)
    toward = np.einsum("vij,vj->i", across, places - middle)
    return middle + np.linalg.solve(across.sum(0) + pull, toward)
