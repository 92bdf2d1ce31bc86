"""What a camera sees: exact depth, normals, instances and colours by casting rays at the shapes that physics moved.

Rays start at the camera's centre with directions (x, y, 1), so the `t` of a crossing is its z-depth. Each shape is
asked only about the pixels that its hull can cover, and what stands still is asked once for all frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from multisynth.scenes.render.canvas import Canvas
from multisynth.scenes.render.eye import Eye
from multisynth.scenes.render.pattern import patterned
from multisynth.scenes.render.world import Placement, World
from multisynth.scenes.schema import Camera

PATTERNED = 0.5
"""How long and wide a shape must be to be patterned, m: floors and tables are, what lies on them is not."""
BAND = 2**15
"""Rays that are worked on at once, so that what is made on the way stays in the processor's cache."""


class Met(NamedTuple):
    """Rays that meet a shape, whatever is in front of it."""

    shape: int
    rays: np.ndarray  # [M] indices
    spots: np.ndarray  # [M, 3] as the shape's surface has them; see `Crossings`


@dataclass
class Nearest:
    """Where each of N rays meets a surface first."""

    depth: np.ndarray  # [N] float32, z-depth in m, 0 where nothing is
    shape: np.ndarray  # [N] int16, index of the shape, -1 where nothing is
    met: list[Met] = field(default_factory=list)  # what was found on the way

    @classmethod
    def none(cls, rays: int) -> Nearest:
        """Rays that meet nothing."""
        return cls(np.zeros(rays, np.float32), np.full(rays, -1, np.int16))

    def beyond(self) -> Nearest:
        """The same in arrays of its own, for what may be nearer."""
        return Nearest(self.depth.copy(), self.shape.copy())


@dataclass
class Surfaces:
    """N spots of surfaces, each the first along a ray."""

    depth: np.ndarray  # [N] float32, z-depth in m, 0 where nothing is
    shape: np.ndarray  # [N] int16, index of the shape, -1 where nothing is
    normals: np.ndarray  # [N, 3] float32, camera axes, unit length, toward the camera, 0 where nothing is
    smooth: np.ndarray  # [N, 3] float32, the same of the surface that a mesh stands for, for shading
    colours: np.ndarray  # [N, 3] float32, linear RGB reflectance

    @classmethod
    def none(cls, nearest: Nearest) -> Self:
        """As far as they are known by then."""
        return cls(nearest.depth, nearest.shape, *np.zeros((3, len(nearest.depth), 3), np.float32))

    def part(self, rays: slice) -> Surfaces:
        """Some of them."""
        return Surfaces(**{name: value[rays] for name, value in vars(self).items()})


@dataclass(frozen=True)
class Hits:
    """What each of N pixels shows."""

    depth: np.ndarray  # [N] float32, z-depth in m, 0 where nothing is
    shape: np.ndarray  # [N] int16, index of the shape, -1 where nothing is
    normals: np.ndarray  # [N, 3] float32, camera axes, unit length, toward the camera, 0 where nothing is


class Tracer:
    """Casts a camera's rays at a world.

    Args:
        world: What is there.
        camera: From where.
        canvas: Of another camera that has the same image and lens, to save making it again.
    """

    def __init__(self, world: World, camera: Camera | Eye, canvas: Canvas | None = None) -> None:
        self.world, self.eye = world, Eye.of(camera)
        self.canvas = canvas or Canvas(self.eye)
        self.directions = self.canvas.directions

    def placed(self, poses: np.ndarray | None = None) -> Placement:
        """Where the shapes are at some poses of the moving parts, [B, 7]; without, only what holds still is right.

        Raises:
            BadInput: The poses do not fit the scene or are not finite.
        """
        return Placement.of(self.world, self.eye.world_to_camera, poses)

    @property
    def background(self) -> Surfaces:
        """What every pixel shows of all that holds still, with its pattern."""
        return self._background[0]

    @property
    def pattern(self) -> np.ndarray:
        """By how much the pattern on what holds still lightens each pixel. [N] float32"""
        return self._background[1]

    @cached_property
    def _background(self) -> tuple[Surfaces, np.ndarray]:
        nearest, _ = self._still
        surfaces = self._surfaces(nearest, self.placed(), self.directions)
        pattern = self._patterned(surfaces)
        surfaces.colours *= pattern[:, None]
        return surfaces, pattern

    @property
    def still(self) -> Nearest:
        """What every pixel shows of all that holds still."""
        return self._still[0]

    @cached_property
    def _still(self) -> tuple[Nearest, np.ndarray]:
        nearest = Nearest.none(len(self.directions))
        covered = np.zeros((len(self.world.scene.bodies), len(self.directions)), bool)
        self._all_pixels(self.world.still, self.placed(), nearest, covered)
        return nearest, covered

    def _patterned(self, surfaces: Surfaces) -> np.ndarray:
        extents = np.sort(np.ptp(self.world.bounds, axis=1), axis=1)
        large = np.append(extents[:, 1] >= PATTERNED, False)[surfaces.shape]
        depth = np.where(large, surfaces.depth, np.float32(0))
        factors = np.ones(len(depth), np.float32)
        turns = self.canvas.turns
        for rays in bands(len(depth)):
            own = turns if len(turns) == 1 else turns[rays]
            factors[rays] = patterned(
                self.world.scene.pattern, depth[rays], surfaces.normals[rays], self.directions[rays], own, self.eye
            )
        return factors

    def nearest(self, placement: Placement) -> tuple[Nearest, np.ndarray]:
        """How far every pixel sees and which shape it shows, row by row, N = height · width.

        Returns:
            That; and where each of the scene's bodies would be seen if it were alone, [bodies, N] bool.
        """
        nearest, covered = self._still
        nearest, covered = nearest.beyond(), covered.copy()
        self._all_pixels(self.world.moving, placement, nearest, covered)
        return nearest, covered

    def moving(self, nearest: Nearest, placement: Placement) -> tuple[np.ndarray, Surfaces]:
        """Pixels that show something that moves, of what `nearest` found, shape by shape; and what they show. [M]"""
        pieces = list(self._looks(nearest, placement, self.directions))
        if not pieces:
            return np.empty(0, int), Surfaces.none(Nearest.none(0))
        rays = np.concatenate([piece[0] for piece in pieces])
        shapes = np.repeat(np.array([piece[1] for piece in pieces], np.int16), [len(piece[0]) for piece in pieces])
        normals, smooth, colours = (np.concatenate([piece[part] for piece in pieces]) for part in (2, 3, 4))
        return rays, Surfaces(nearest.depth[rays], shapes, normals, smooth, colours)

    def frame(self, placement: Placement) -> tuple[Hits, np.ndarray]:
        """What every pixel shows, row by row, N = height · width.

        Returns:
            That; and where each of the scene's bodies would be seen if it were alone, [bodies, N] bool.
        """
        nearest, covered = self.nearest(placement)
        return self.hits(nearest, *self.moving(nearest, placement)), covered

    def hits(self, nearest: Nearest, pixels: np.ndarray, moving: Surfaces) -> Hits:
        """What every pixel shows, from what `nearest` and `moving` found."""
        normals = self.background.normals.copy()
        normals[pixels] = moving.normals
        return Hits(nearest.depth, nearest.shape, normals)

    def cast(
        self, directions: np.ndarray, candidates: Iterable[tuple[int, np.ndarray]], placement: Placement
    ) -> Surfaces:
        """What any N rays show, without the pattern.

        Args:
            directions: z = 1. [N, 3] float32
            candidates: Shapes, each with the indices of the rays that may meet it.
            placement: Where the shapes are.
        """
        nearest = Nearest.none(len(directions))
        for shape, rays in candidates:
            self._meet(shape, placement.places[shape], rays, directions, nearest)
        return self._surfaces(nearest, placement, directions)

    def _all_pixels(self, shapes: list[int], placement: Placement, nearest: Nearest, covered: np.ndarray) -> None:
        for shape in shapes:
            pixels = self.canvas.covered(placement.outlines[shape])
            fine = self.world.surfaces[shape].precision is np.float64
            directions = self.directions if fine else self.canvas.coarse
            own = covered[self.world.bodies[shape]]
            for band in bands(len(pixels)):
                own[self._meet(shape, placement.places[shape], pixels[band], directions, nearest)] = True

    def _meet(
        self, shape: int, place: np.ndarray, rays: np.ndarray, directions: np.ndarray, nearest: Nearest
    ) -> np.ndarray:
        """Put the crossings of a shape that lie before all others into `nearest`; returns all rays that meet it."""
        if not len(rays):
            return rays
        rotation, origin = place[:3, :3], -place[:3, 3] @ place[:3, :3]
        own = directions[rays]
        found = self.world.surfaces[shape].meet(origin, own @ rotation.astype(own.dtype))
        met = rays[found.rays]
        before = nearest.depth[met]
        nearer = np.flatnonzero((found.t < before) | (before == 0))
        first = met[nearer]
        nearest.depth[first], nearest.shape[first] = found.t[nearer], shape
        nearest.met.append(Met(shape, first, found.spots[nearer]))
        return met

    def _surfaces(self, nearest: Nearest, placement: Placement, directions: np.ndarray) -> Surfaces:
        surfaces = Surfaces.none(nearest)
        for rays, _, normals, smooth, colours in self._looks(nearest, placement, directions):
            surfaces.normals[rays], surfaces.smooth[rays], surfaces.colours[rays] = normals, smooth, colours
        return surfaces

    def _looks(
        self, nearest: Nearest, placement: Placement, directions: np.ndarray
    ) -> Iterator[tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray]]:
        """Rays, shape, normals, smooth normals and colours of all that is nearest, piece by piece."""
        for shape, rays, spots in nearest.met:
            still = np.flatnonzero(nearest.shape[rays] == shape)
            if not len(still):
                continue
            rays, (normals, smooth, colours) = rays[still], self.world.surfaces[shape].look(spots[still])
            turn = placement.places[shape][:3, :3].T.astype(np.float32)
            outward = normals @ turn
            away = np.flatnonzero(np.einsum("ni,ni->n", outward, directions[rays]) > 0)
            outward[away] *= -1
            rounded = outward
            if smooth is not normals:
                rounded = smooth @ turn
                rounded[away] *= -1
            yield rays, shape, outward, rounded, np.broadcast_to(colours, outward.shape)


def bands(rays: int) -> Iterator[slice]:
    """Slices that a number of rays are worked on by."""
    for start in range(0, rays, BAND):
        yield slice(start, start + BAND)
