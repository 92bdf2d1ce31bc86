"""The bodies of a scene as things: outlines and boxes of their shapes, wherever their parts are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import quaternion
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Shape

from ..cameras.viewpoint import Viewpoint
from .motion import inverse, matrices
from .things import Thing

AROUND = 96
"""Points on a circle; between them it reaches further by 0.05 % of its radius."""


class Bodies:
    """The bodies of a world; those with the same id are one thing."""

    def __init__(self, world: World) -> None:
        self._world = world
        shapes, homes = [], []
        for body in world.scene.bodies:
            for part in body.parts:
                for shape in part.shapes:
                    shapes.append(shape)
                    homes.append(body.parts[0])
        self._shapes = shapes
        self._instances = world.instances[1:]  # [S]
        table: dict[int, Thing] = {}
        for body in world.scene.bodies:
            table.setdefault(body.instance, Thing(body.instance, body.name, body.category))
        self.table = tuple(table.values())
        rows = {id(part): row for row, (_, part) in enumerate(world.scene.moving)}
        self._homes: dict[int, int | np.ndarray] = {}  # of each thing, the row or pose of its first part
        for home, instance in zip(homes, self._instances.tolist(), strict=True):
            still = np.array([[*home.position, *home.quaternion]])
            self._homes.setdefault(instance, rows[id(home)] if home.moves else matrices(still)[0])

    def outlines(self, viewpoint: Viewpoint, poses: np.ndarray | None) -> dict[int, list[np.ndarray]]:
        """See `things.Things`. Of a ball, it is the circle in which rays from the viewpoint touch it."""
        found: dict[int, list[np.ndarray]] = {}
        for shape, place, instance in zip(self._shapes, self._places(poses), self._instances.tolist(), strict=True):
            if shape.kind == "sphere":
                points = _rim(place[:3, 3], shape.size[0], viewpoint.centre)
            else:
                points = _corners(shape) @ place[:3, :3].T + place[:3, 3]
            found.setdefault(instance, []).append(points)
        return found

    def solids(self, poses: np.ndarray | None) -> dict[int, dict[str, Any]]:
        """See `things.Things`. A box is tight, along the axes of the body's first part."""
        places = self._places(poses)
        parts = np.zeros((0, 4, 4)) if poses is None else matrices(poses)
        found = {}
        for thing in self.table:
            home = self._homes.get(thing.instance)
            if home is None:  # a body without shapes
                continue
            frame = home if isinstance(home, np.ndarray) else parts[home]
            own = inverse(frame)
            ends = [
                _ends(self._shapes[index], own @ places[index])
                for index in np.flatnonzero(self._instances == thing.instance)
            ]
            low, high = np.min([e[0] for e in ends], axis=0), np.max([e[1] for e in ends], axis=0)
            found[thing.instance] = {
                "centre": (frame[:3, :3] @ ((low + high) / 2) + frame[:3, 3]).tolist(),
                "quaternion": quaternion(frame[:3, :3]).tolist(),
                "size": (high - low).tolist(),
            }
        return found

    def _places(self, poses: np.ndarray | None) -> np.ndarray:
        return self._world.place(np.zeros((0, 7)) if poses is None else np.asarray(poses))


def _ends(shape: Shape, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and highest that a shape reaches along three axes, given where it is in them. Each [3]"""
    centre, turn = place[:3, 3], place[:3, :3]
    if shape.kind == "mesh":
        points = _corners(shape) @ turn.T + centre
        return points.min(axis=0), points.max(axis=0)
    if shape.kind == "sphere":
        reach = np.full(3, shape.size[0])
    elif shape.kind == "cylinder":
        radius, length = shape.size
        reach = radius * np.hypot(turn[:, 0], turn[:, 1]) + length / 2 * np.abs(turn[:, 2])
    else:
        reach = np.abs(turn) @ (np.array(shape.size) / 2)
    return centre - reach, centre + reach


def _rim(centre: np.ndarray, radius: float, eye: np.ndarray) -> np.ndarray:
    """The circle in which rays from an eye touch a ball; from inside, points on all sides. [K, 3]"""
    toward = eye - centre
    away = float(np.linalg.norm(toward))
    if away <= radius:
        return centre + radius * np.concatenate([np.eye(3), -np.eye(3)])
    toward /= away
    first = np.cross(toward, np.eye(3)[np.argmin(np.abs(toward))])
    first /= np.linalg.norm(first)
    second = np.cross(toward, first)
    share = radius / away
    across = radius * np.sqrt(1 - share * share)
    points: np.ndarray = centre + radius * share * toward + across * (_CIRCLE @ np.stack([first, second]))
    return points


_ANGLES = np.arange(AROUND) * (2 * np.pi / AROUND)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], -1)  # [AROUND, 2]


@lru_cache(maxsize=512)
def _corners(shape: Shape) -> np.ndarray:
    """The corners of the convex hull of a box, cylinder or mesh, in its own frame. [K, 3]"""
    if shape.kind == "cylinder":
        radius, length = shape.size
        ends = [np.c_[radius * _CIRCLE, np.full(AROUND, z)] for z in (-length / 2, length / 2)]
        return np.concatenate(ends)
    if shape.kind == "box":
        signs = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij"), -1).reshape(-1, 3)
        return signs * (np.array(shape.size) / 2)
    return corners(triangles(shape).vertices)


def corners(points: np.ndarray) -> np.ndarray:
    """Those of some points that are corners of their convex hull; all of them where they lie in a plane. [K, 3]"""
    from scipy.spatial import ConvexHull, QhullError

    points = np.unique(points, axis=0)
    try:
        found: np.ndarray = points[ConvexHull(points).vertices]
    except (QhullError, ValueError):
        return points
    return found
