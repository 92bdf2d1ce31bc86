"""Gaussians with instance ids as things: robust boxes and outlines of what has no surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from multisynth.scenes.poses import quaternion, rotation

from ..cameras.viewpoint import Viewpoint
from ..splats.gaussians import Gaussians
from .bodies import corners
from .things import Thing

OPAQUE = 0.1
"""Gaussians below this opacity are haze, and part of nothing."""
STRAY = 0.005
"""Share of a thing's points, at each end of each axis, that may be strays."""


class Clusters:
    """The instances of a volume.

    A Gaussian counts by the seven points at its mean and one standard deviation along its axes.

    Args:
        gaussians: With ids, or there is nothing.
        names: Of instances 1, 2, …; what is missing is called by its number.
        categories: Of instances 1, 2, …; `thing` where one is missing.
        up: World, unit length. [3]
    """

    def __init__(
        self,
        gaussians: Gaussians,
        names: Sequence[str] = (),
        categories: Sequence[str] = (),
        up: Sequence[float] | np.ndarray = (0.0, 0.0, 1.0),
    ) -> None:
        ids = np.zeros(len(gaussians), np.uint16) if gaussians.instances is None else gaussians.instances
        solid = 1 / (1 + np.exp(-gaussians.logit_opacities)) >= OPAQUE
        self._solids: dict[int, dict[str, Any]] = {}
        self._outlines: dict[int, list[np.ndarray]] = {}
        table = []
        for instance in np.unique(ids[(ids > 0) & solid]).tolist():
            points = _spread(gaussians, np.flatnonzero((ids == instance) & solid))
            centre, axes, size = _box(points, np.asarray(up, np.float64))
            inside = (np.abs((points - centre) @ axes) <= size / 2 + 1e-9).all(axis=1)
            self._outlines[instance] = [corners(points[inside])]
            self._solids[instance] = {
                "centre": centre.tolist(), "quaternion": quaternion(axes).tolist(), "size": size.tolist(),
            }  # fmt: skip
            named, kind = instance <= len(names), instance <= len(categories)
            name = names[instance - 1] if named else f"instance {instance}"
            table.append(Thing(instance, name, categories[instance - 1] if kind else "thing"))
        self.table = tuple(table)

    def outlines(self, viewpoint: Viewpoint, poses: np.ndarray | None) -> dict[int, list[np.ndarray]]:
        """See `things.Things`. One hull a thing, without its strays."""
        return self._outlines

    def solids(self, poses: np.ndarray | None) -> dict[int, dict[str, Any]]:
        """See `things.Things`. A box stands upright, turned so that its base is smallest, without strays."""
        return self._solids


def _spread(gaussians: Gaussians, rows: np.ndarray) -> np.ndarray:
    """Means, and the ends of one standard deviation along each axis. [7 N, 3] float64"""
    turns = gaussians.quaternions[rows].astype(np.float64)
    axes = rotation(turns / np.linalg.norm(turns, axis=1, keepdims=True))  # columns are axes
    steps = (axes * np.exp(gaussians.log_scales[rows].astype(np.float64))[:, None]).transpose(0, 2, 1)  # [N, axis, 3]
    means = gaussians.means[rows].astype(np.float64)[:, None]
    return np.concatenate([means, means + steps, means - steps], 1).reshape(-1, 3)


def _box(points: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre [3], axes in columns [3, 3] and edges [3] of the upright box of least base about all but stray points."""
    import cv2

    first = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])
    first /= np.linalg.norm(first)
    level = np.stack([first, np.cross(up, first), up], -1)
    middle = np.median(points, axis=0)
    own = (points - middle) @ level
    low, high = np.quantile(own, [STRAY, 1 - STRAY], axis=0)
    kept = own[((own >= low) & (own <= high)).all(axis=1)]
    if not len(kept):
        kept = own
    _, _, degrees = cv2.minAreaRect(kept[:, :2].astype(np.float32))
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    low, high = np.quantile(own @ turn, [STRAY, 1 - STRAY], axis=0)
    axes = level @ turn
    return middle + axes @ ((low + high) / 2), axes, high - low
