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

    @cached_property
    def lowest(self) -> float:
        """The height of the lowest thing that holds still, m."""
        corners = self.bounds @ self.locals[:, :3, :3].transpose(0, 2, 1) + self.locals[:, None, :3, 3]
        return float(corners[self.still, :, 2].min(initial=np.inf))

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
    corners: np.ndarray  # [S, 8, 3] of their bounds, camera axes, m
    outlines: list[np.ndarray]  # S of [K, 3]: what their convex hulls are about, camera axes, m

    @classmethod
    def of(cls, world: World, world_to_camera: np.ndarray, poses: np.ndarray | None = None) -> Placement:
        """At some poses of the moving parts, [B, 7]; without any, only what holds still is where it should be."""
        places = world_to_camera @ (world.locals if poses is None else world.place(poses))
        corners = world.bounds @ places[:, :3, :3].transpose(0, 2, 1) + places[:, None, :3, 3]
        points = np.einsum("kij,kj->ki", places[world.owners, :3, :3], world.outlines) + places[world.owners, :3, 3]
        return cls(places, corners, [points[start:end] for start, end in pairwise(world.starts)])

    def apart(self, toward: np.ndarray) -> np.ndarray:
        """Which shape surely does not shade which: [occluder, receiver]. [S, S] bool

        It does not if a plane along one of its own faces, turned from the light or square to it, has all of the other
        shape on its lit side.

        Args:
            toward: Unit vector toward the light, camera axes. [3]
        """
        rotation, origin = self.places[:, :3, :3], self.places[:, :3, 3]
        own = np.einsum("oci,oki->okc", rotation.transpose(0, 2, 1), self.corners - origin[:, None])
        others = np.einsum("oic,orki->orkc", rotation, self.corners[None] - origin[:, None, None])
        lit = np.einsum("oic,i->oc", rotation, toward)[:, None]
        above = (lit >= 0) & (others.min(axis=2) >= own.max(axis=1)[:, None] - 1e-6)
        below = (lit <= 0) & (others.max(axis=2) <= own.min(axis=1)[:, None] + 1e-6)
        beyond: np.ndarray = (above | below).any(axis=2)
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
