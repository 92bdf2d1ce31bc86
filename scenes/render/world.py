"""A scene made ready for rays: surfaces, and where they are at a moment as a camera sees them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from multisynth.scenes.poses import transform
from multisynth.scenes.render.surfaces import Surface, surface
from multisynth.scenes.schema import Scene

from multisynth.errors import BadInput


class World:
    """A scene's S shapes, B of its parts moving.

    Raises:
        BadInput: A shape cannot be had.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.surfaces: list[Surface] = []
        locals_, rows, bodies, moving = [], [], [], 0
        for index, body in enumerate(scene.bodies):
            for part in body.parts:
                base = np.eye(4) if part.moves else _matrices(np.array([*part.position, *part.quaternion]))
                for shape in part.shapes:
                    self.surfaces.append(surface(shape))
                    locals_.append(base @ _matrices(np.array([*shape.position, *shape.quaternion])))
                    rows.append(moving if part.moves else -1)
                    bodies.append(index)
                moving += part.moves
        self.parts = moving
        self.locals = np.array(locals_).reshape(-1, 4, 4)  # [S, 4, 4] shape to part, or to world where it holds still
        self.rows = np.array(rows, int)  # [S] of `poses`, -1 where it holds still
        self.bodies = np.array(bodies, np.int16)  # [S] index in the scene
        self.instances = np.array([0, *(scene.bodies[body].instance for body in bodies)], np.uint16)  # [1 + S]
        self.bounds = np.array([_corners(s.bounds) for s in self.surfaces]).reshape(-1, 8, 3)  # [S, 8, 3] corners
        self.outlines = np.concatenate([np.zeros((0, 3)), *(s.outline for s in self.surfaces)])  # [K, 3] one by one
        lengths = [len(s.outline) for s in self.surfaces]
        self.owners = np.repeat(np.arange(len(lengths)), lengths)  # [K] whose outline it is
        self.starts = [0, *np.cumsum(lengths).tolist()]  # [S + 1]
        self.still, self.moving = np.flatnonzero(self.rows < 0).tolist(), np.flatnonzero(self.rows >= 0).tolist()
        self._apart: dict[bytes, np.ndarray] = {}

    @cached_property
    def lowest(self) -> float:
        """The height of the lowest thing that holds still, m."""
        corners = self.bounds @ self.locals[:, :3, :3].transpose(0, 2, 1) + self.locals[:, None, :3, 3]
        return float(corners[self.still, :, 2].min(initial=np.inf))

    @cached_property
    def toward(self) -> np.ndarray:
        """Unit vector toward the light; straight up where the scene gives no direction. [3]"""
        direction = -np.asarray(self.scene.light.direction, np.float64)
        length = float(np.linalg.norm(direction))
        return direction / length if length > 0 else np.array([0.0, 0.0, 1.0])

    def apart(self, poses: np.ndarray | None = None) -> np.ndarray:
        """Which shape surely does not shade which: [occluder, receiver]. [S, S] bool

        It does not if a plane along one of its own faces, turned from the light or square to it, has all of the other
        shape's bounds on its lit side. What was found for the last two poses is kept.

        Args:
            poses: Of the moving parts, [B, 7]; without, only what holds still is right.
        """
        key = b"" if poses is None else poses.tobytes()
        if key not in self._apart:
            found = _apart(self.locals if poses is None else self.place(poses), self.bounds, self.toward)
            self._apart = dict([*self._apart.items(), (key, found)][-2:])
        return self._apart[key]

    def place(self, poses: np.ndarray) -> np.ndarray:
        """Where each of S shapes is: shape to world. [S, 4, 4]

        Args:
            poses: Of the moving parts; x, y, z, w, x, y, z. [B, 7]

        Raises:
            BadInput: They do not fit the scene or are not finite.
        """
        if poses.shape != (self.parts, 7):
            raise BadInput(f"poses of shape {poses.shape} where the scene moves {self.parts} parts")
        parts = np.concatenate([_matrices(poses), np.eye(4)[None]])  # row -1 moves what holds still nowhere
        return parts[self.rows] @ self.locals


@dataclass(frozen=True)
class Placement:
    """Where the S shapes of a world are as a camera sees them, at one moment."""

    places: np.ndarray  # [S, 4, 4] shape to camera
    outlines: list[np.ndarray]  # S of [K, 3]: what their convex hulls are about, camera axes, m
    apart: np.ndarray  # [S, S] bool, of `World.apart`

    @classmethod
    def of(cls, world: World, world_to_camera: np.ndarray, poses: np.ndarray | None = None) -> Placement:
        """At some poses of the moving parts, [B, 7]; without any, only what holds still is where it should be."""
        places = world_to_camera @ (world.locals if poses is None else world.place(poses))
        points = np.einsum("kij,kj->ki", places[world.owners, :3, :3], world.outlines) + places[world.owners, :3, 3]
        outlines = [points[start:end] for start, end in pairwise(world.starts)]
        return cls(places, outlines, world.apart(poses))


def _apart(places: np.ndarray, bounds: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """As `World.apart`, of shapes to world, [S, 4, 4], the corners of their bounds, [S, 8, 3], and the light, [3]."""
    count, axes = len(places), places[:, :3, :3].transpose(0, 2, 1)  # [S, 3 axes, 3]
    half, middle = np.ptp(bounds, axis=1) / 2, (bounds.min(axis=1) + bounds.max(axis=1)) / 2
    centres = np.einsum("sij,sj->si", places[:, :3, :3], middle) + places[:, :3, 3]
    turns = np.abs(axes.reshape(-1, 3) @ axes.reshape(-1, 3).T).reshape(count, 3, count, 3)
    reach = np.einsum("ocrk,rk->ocr", turns, half)
    distance = axes.reshape(-1, 3) @ centres.T  # along each axis of each occluder, [3 S, S]
    distance = distance.reshape(count, 3, count) - np.einsum("oci,oi->oc", axes, centres)[..., None]
    lit, far = (axes @ toward)[..., None], half[..., None]
    above = (lit >= 0) & (distance - reach >= far - 1e-6)
    below = (lit <= 0) & (distance + reach <= 1e-6 - far)
    beyond: np.ndarray = (above | below).any(axis=1)
    return beyond


def _matrices(poses: np.ndarray) -> np.ndarray:
    """Matrices of poses x, y, z, w, x, y, z, whose quaternions need no unit length. [..., 7] → [..., 4, 4]"""
    poses = poses.astype(np.float64)
    length = np.linalg.norm(poses[..., 3:], axis=-1, keepdims=True)
    if not (np.isfinite(poses).all() and (length > 1e-6).all()):
        raise BadInput("a pose is not finite or its quaternion has no length", "give x, y, z, w, x, y, z")
    return transform(poses[..., :3], poses[..., 3:] / length)


def _corners(bounds: np.ndarray) -> np.ndarray:
    """The corners of a box given by its lowest and highest. [8, 3]"""
    return np.stack(np.meshgrid(*bounds.T, indexing="ij"), -1).reshape(-1, 3)
