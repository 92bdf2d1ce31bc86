"""What a camera sees: exact depth, normals, instances and colours by casting rays at the shapes that physics moved.

Rays start at the camera's centre with directions (x, y, 1), so the `t` of a crossing is its z-depth. Each shape is
asked only about the pixels that its bounds can cover, and what stands still is asked once for all frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from multisynth.scenes.poses import transform
from multisynth.scenes.schema import Camera, Scene

from multisynth.errors import BadInput

from .pattern import checker
from .surfaces import Surface, surface

NEAREST = 1e-3
"""Bounds that come closer to the camera's plane than this, in m, may cover the whole image."""

PATTERNED = 0.5
"""How long and wide a shape must be to be patterned, m: floors and tables are, what lies on them is not."""


@dataclass(frozen=True)
class Placed:
    """A shape of the scene."""

    surface: Surface
    local: np.ndarray  # [4, 4] shape to part, or to world where it holds still
    part: int  # row of `poses`, -1 where it holds still
    body: int  # index in the scene


@dataclass(frozen=True)
class Rays:
    """Rays through points of the image."""

    directions: np.ndarray  # [N, 3] camera axes, z = 1
    u: np.ndarray  # [N] px from the left edge
    v: np.ndarray  # [N] px from the top edge

    @classmethod
    def through(cls, u: np.ndarray, v: np.ndarray, camera: Camera, dtype: type[np.floating] = np.float64) -> Rays:
        """Rays through points of a camera's image, in px. Each [N]"""
        k = camera.intrinsics
        directions = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], -1).astype(dtype)
        return cls(directions, u, v)

    def within(self, window: np.ndarray) -> np.ndarray:
        """Indices of the rays inside left, top, right, bottom. [M]"""
        left, top, right, bottom = window
        return np.flatnonzero((self.u >= left) & (self.u <= right) & (self.v >= top) & (self.v <= bottom))


@dataclass(frozen=True)
class PixelRays(Rays):
    """Rays through the centres of all pixels, row by row."""

    width: int
    height: int

    @classmethod
    def of(cls, camera: Camera) -> PixelRays:
        """One ray a pixel."""
        v, u = np.mgrid[: camera.height, : camera.width].reshape(2, -1) + 0.5
        rays = Rays.through(u, v, camera)
        return cls(rays.directions, u, v, camera.width, camera.height)

    @cached_property
    def _indices(self) -> np.ndarray:
        return np.arange(self.width * self.height).reshape(self.height, self.width)

    def within(self, window: np.ndarray) -> np.ndarray:
        """Indices of the rays inside left, top, right, bottom. [M]"""
        low = np.maximum(np.ceil(window[:2] - 0.5), 0).astype(int)
        high = np.minimum(np.floor(window[2:] - 0.5) + 1, [self.width, self.height]).astype(int)
        return self._indices[low[1] : max(high[1], 0), low[0] : max(high[0], 0)].ravel()


@dataclass(frozen=True)
class Placement:
    """Where the S shapes of a world are as a camera sees them, at one moment."""

    places: np.ndarray  # [S, 4, 4] shape to camera
    corners: np.ndarray  # [S, 8, 3] of their bounds, camera axes
    windows: np.ndarray  # [S, 4] px, as `cover` has them


@dataclass
class Hits:
    """The first surface along each of N rays."""

    depth: np.ndarray  # [N] float32, z-depth in m, 0 where nothing is
    shape: np.ndarray  # [N] int16, index of the shape, -1 where nothing is
    normals: np.ndarray  # [N, 3] float32, camera axes, unit length, toward the camera, 0 where nothing is
    smooth: np.ndarray  # [N, 3] float32, the same of the surface that a mesh stands for, for shading
    colours: np.ndarray  # [N, 3] float32, linear RGB reflectance
    covered: np.ndarray  # [bodies, N] bool, where each body would be seen if it were alone

    def take(self, rays: np.ndarray) -> Hits:
        """Those of some rays. [M] indices"""
        own = {name: value[rays] for name, value in vars(self).items() if name != "covered"}
        return Hits(**own, covered=self.covered[:, rays])

    @classmethod
    def none(cls, rays: int, bodies: int) -> Hits:
        """Rays that meet nothing."""
        normals, smooth, colours = np.zeros((3, rays, 3), np.float32)
        covered = np.zeros((bodies, rays), bool)
        return cls(np.zeros(rays, np.float32), np.full(rays, -1, np.int16), normals, smooth, colours, covered)

    def copy(self) -> Hits:
        """Arrays of its own."""
        return replace(self, **{name: value.copy() for name, value in vars(self).items()})


def ray_distance(depth: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Distance along the rays in m of z-depths in m: depth · |direction|, for directions whose z is 1. [N]"""
    return depth * np.linalg.norm(directions, axis=-1)


class World:
    """A scene made ready for rays.

    Raises:
        BadInput: A shape cannot be had.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.shapes: list[Placed] = []
        moving = 0
        for index, body in enumerate(scene.bodies):
            for part in body.parts:
                row = moving if part.moves else -1
                moving += part.moves
                base = np.eye(4) if part.moves else _matrices(np.array([*part.position, *part.quaternion]))
                for shape in part.shapes:
                    local = base @ _matrices(np.array([*shape.position, *shape.quaternion]))
                    self.shapes.append(Placed(surface(shape), local, row, index))
        self.parts = moving
        self.rows = np.array([shape.part for shape in self.shapes], int)
        self.locals = np.array([shape.local for shape in self.shapes]).reshape(-1, 4, 4)
        self.corners = np.array([corners(shape.surface.bounds) for shape in self.shapes]).reshape(-1, 8, 3)
        self.bodies = np.array([shape.body for shape in self.shapes], np.int16)
        self.instances = np.array([0, *(scene.bodies[s.body].instance for s in self.shapes)], np.uint16)

    def instances_of(self, hits: Hits) -> np.ndarray:
        """Instance ids, 0 where nothing is. [N] uint16"""
        return self.instances[hits.shape + 1]

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


class Tracer:
    """Casts a camera's rays at a world.

    Args:
        world: What is there.
        camera: From where.
    """

    def __init__(self, world: World, camera: Camera) -> None:
        self.world, self.camera = world, camera
        self._intrinsics, self._world_to_camera = camera.intrinsics, camera.world_to_camera
        self.pixels = PixelRays.of(camera)
        self.still = [index for index, shape in enumerate(world.shapes) if shape.part < 0]
        self.moving = [index for index, shape in enumerate(world.shapes) if shape.part >= 0]

    def placed(self, poses: np.ndarray | None = None) -> Placement:
        """Where the shapes are at some poses of the moving parts, [B, 7]; without, only what holds still is right."""
        world = self.world
        places = self._world_to_camera @ (world.locals if poses is None else world.place(poses))
        points = world.corners @ places[:, :3, :3].transpose(0, 2, 1) + places[:, None, :3, 3]
        return Placement(places, points, cover(points, self._intrinsics))

    @cached_property
    def background(self) -> Hits:
        """What every pixel shows of all that holds still."""
        return replace(self._plain, colours=self._plain.colours * self.pattern[:, None])

    @cached_property
    def _plain(self) -> Hits:
        return self._cast_still(self.pixels, self.placed(), np.ones(len(self.pixels.u), np.float32))

    @cached_property
    def pattern(self) -> np.ndarray:
        """By how much the pattern on what holds still lightens each pixel. [N] float32"""
        plain = self._plain
        extents = np.sort(np.ptp(self.world.corners, axis=1), axis=1)
        large = np.append(extents[:, 1] >= PATTERNED, False)[plain.shape]
        depth = np.where(large, plain.depth, np.float32(0))
        return checker(depth, plain.normals, self.pixels.directions, self.camera)

    def frame(self, placement: Placement) -> Hits:
        """What every pixel shows. N = height · width, row by row."""
        return self._cast(self.pixels, placement, self.moving, self.background.copy())

    def cast(self, rays: Rays, placement: Placement, pattern: np.ndarray) -> Hits:
        """What any N rays show; what holds still is lightened by `pattern`, [N]."""
        return self._cast(rays, placement, self.moving, self._cast_still(rays, placement, pattern))

    def _cast_still(self, rays: Rays, placement: Placement, pattern: np.ndarray) -> Hits:
        hits = self._cast(rays, placement, self.still, Hits.none(len(rays.u), len(self.world.scene.bodies)))
        hits.colours *= pattern[:, None]
        return hits

    def _cast(self, rays: Rays, placement: Placement, shapes: list[int], hits: Hits) -> Hits:
        for index in shapes:
            candidates = rays.within(placement.windows[index])
            if not len(candidates):
                continue
            shape, place = self.world.shapes[index], placement.places[index]
            rotation, origin = place[:3, :3], -place[:3, 3] @ place[:3, :3]
            directions = rays.directions[candidates]
            found = shape.surface.meet(origin, directions @ rotation.astype(directions.dtype))
            met = candidates[found.rays]
            hits.covered[shape.body, met] = True
            before = hits.depth[met]
            nearer = np.flatnonzero((found.t < before) | (before == 0))
            met = met[nearer]
            normals, smooth, colours = shape.surface.look(found, nearer)
            hits.depth[met], hits.shape[met], hits.colours[met] = found.t[nearer], index, colours
            outward = normals @ rotation.T.astype(np.float32)
            away = np.flatnonzero(_dot(outward, rays.directions[met]) > 0)
            outward[away] *= -1
            hits.normals[met] = outward
            if smooth is not normals:
                outward = smooth @ rotation.T.astype(np.float32)
                outward[away] *= -1
            hits.smooth[met] = outward
        return hits


def _matrices(poses: np.ndarray) -> np.ndarray:
    """Matrices of poses x, y, z, w, x, y, z, whose quaternions need no unit length. [..., 7] → [..., 4, 4]"""
    poses = poses.astype(np.float64)
    length = np.linalg.norm(poses[..., 3:], axis=-1, keepdims=True)
    if not (np.isfinite(poses).all() and (length > 1e-6).all()):
        raise BadInput("a pose is not finite or its quaternion has no length", "give x, y, z, w, x, y, z")
    return transform(poses[..., :3], poses[..., 3:] / length)


def corners(bounds: np.ndarray) -> np.ndarray:
    """The corners of a box given by its lowest and highest. [8, 3]"""
    return np.stack(np.meshgrid(*bounds.T, indexing="ij"), -1).reshape(-1, 3)


def cover(points: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """The windows of the image that boxes can cover.

    Args:
        points: Their corners, camera axes, m. [S, 8, 3]
        intrinsics: [3, 3]

    Returns:
        Left, top, right, bottom in px, with half a pixel to spare; an empty window for what lies behind. [S, 4]
    """
    depth = points[..., 2]
    image = points @ intrinsics.T
    image = image[..., :2] / np.maximum(depth, NEAREST)[..., None]
    windows = np.concatenate([image.min(axis=1) - 0.5, image.max(axis=1) + 0.5], axis=1)
    windows[depth.min(axis=1) < NEAREST] = (0, 0, 1e6, 1e6)
    windows[depth.max(axis=1) <= 0] = (0, 0, -1, -1)
    return windows


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("...i,...i->...", a, b)
