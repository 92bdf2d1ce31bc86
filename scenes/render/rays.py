"""What a camera sees: exact depth, normals, instances and colours by casting rays at the shapes that physics moved.

Rays start at the camera's centre with directions (x, y, 1), so the `t` of a crossing is its z-depth. Each shape is
asked only about the pixels that its hull can cover, and what stands still is asked once for all frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from multisynth.scenes.render.pattern import patterned
from multisynth.scenes.render.world import Canvas, Placement, World
from multisynth.scenes.schema import Camera

PATTERNED = 0.5
"""How long and wide a shape must be to be patterned, m: floors and tables are, what lies on them is not."""


def directions_through(u: np.ndarray, v: np.ndarray, camera: Camera) -> np.ndarray:
    """Directions, camera axes, z = 1, through points of the image in px. Each [N] → [N, 3] float64"""
    k = camera.intrinsics
    return np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], -1)


@dataclass
class Nearest:
    """Where each of N rays meets a surface first."""

    depth: np.ndarray  # [N] float32, z-depth in m, 0 where nothing is
    shape: np.ndarray  # [N] int16, index of the shape, -1 where nothing is
    spots: np.ndarray  # [N, 3] as the shape's surface has them; see `Crossings`

    @classmethod
    def none(cls, rays: int) -> Nearest:
        """Rays that meet nothing."""
        return cls(np.zeros(rays, np.float32), np.full(rays, -1, np.int16), np.zeros((rays, 3)))

    def copy(self) -> Nearest:
        """The same in arrays of its own."""
        return Nearest(self.depth.copy(), self.shape.copy(), self.spots.copy())


@dataclass
class Hits:
    """The first surface along each of N rays."""

    depth: np.ndarray  # [N] float32, z-depth in m, 0 where nothing is
    shape: np.ndarray  # [N] int16, index of the shape, -1 where nothing is
    normals: np.ndarray  # [N, 3] float32, camera axes, unit length, toward the camera, 0 where nothing is
    smooth: np.ndarray  # [N, 3] float32, the same of the surface that a mesh stands for, for shading
    colours: np.ndarray  # [N, 3] float32, linear RGB reflectance

    def copy(self) -> Hits:
        """The same in arrays of its own."""
        return Hits(**{name: value.copy() for name, value in vars(self).items()})

    def take(self, rays: np.ndarray) -> Hits:
        """Those of some rays. [M] indices"""
        return Hits(**{name: value[rays] for name, value in vars(self).items()})


class Tracer:
    """Casts a camera's rays at a world.

    Args:
        world: What is there.
        camera: From where.
    """

    def __init__(self, world: World, camera: Camera) -> None:
        self.world, self.camera = world, camera
        self.canvas, self._world_to_camera = Canvas(camera), camera.world_to_camera
        v, u = np.mgrid[: camera.height, : camera.width].reshape(2, -1) + 0.5
        self.u, self.v = u, v  # [N] px, centres of the pixels, row by row
        self.directions = directions_through(u, v, camera)  # [N, 3]
        self._coarse = self.directions.astype(np.float32)

    def placed(self, poses: np.ndarray | None = None) -> Placement:
        """Where the shapes are at some poses of the moving parts, [B, 7]; without, only what holds still is right.

        Raises:
            BadInput: The poses do not fit the scene or are not finite.
        """
        return Placement.of(self.world, self._world_to_camera, poses)

    @cached_property
    def background(self) -> tuple[Hits, np.ndarray]:
        """What every pixel shows of all that holds still; see `frame`."""
        hits, (_, covered) = self._plain, self._still
        return replace(hits, colours=hits.colours * self.pattern[:, None]), covered

    @cached_property
    def _still(self) -> tuple[Nearest, np.ndarray]:
        nearest = Nearest.none(len(self.u))
        covered = np.zeros((len(self.world.scene.bodies), len(self.u)), bool)
        self._all_pixels(self.world.still, self.placed(), nearest, covered)
        return nearest, covered

    @cached_property
    def _plain(self) -> Hits:
        nearest, _ = self._still
        normals, smooth, colours = np.zeros((3, len(self.u), 3), np.float32)
        hits = Hits(nearest.depth, nearest.shape, normals, smooth, colours)
        self._look(self.world.still, self.placed(), nearest, hits, self.directions, self._coarse)
        return hits

    @cached_property
    def pattern(self) -> np.ndarray:
        """By how much the pattern on what holds still lightens each pixel. [N] float32"""
        extents = np.sort(np.ptp(self.world.bounds, axis=1), axis=1)
        large = np.append(extents[:, 1] >= PATTERNED, False)[self._plain.shape]
        depth = np.where(large, self._plain.depth, np.float32(0))
        return patterned(self.world.scene.pattern, depth, self._plain.normals, self.directions, self.camera)

    def nearest(self, placement: Placement) -> tuple[Nearest, np.ndarray]:
        """How far every pixel sees and which shape it shows, row by row, N = height · width.

        Returns:
            That; and where each of the scene's bodies would be seen if it were alone, [bodies, N] bool.
        """
        nearest, covered = self._still
        nearest, covered = nearest.copy(), covered.copy()
        self._all_pixels(self.world.moving, placement, nearest, covered)
        return nearest, covered

    def frame(self, placement: Placement) -> tuple[Hits, np.ndarray]:
        """What every pixel shows, row by row, N = height · width.

        Returns:
            The hits; and where each of the scene's bodies would be seen if it were alone, [bodies, N] bool.
        """
        nearest, covered = self.nearest(placement)
        return self.look(nearest, placement), covered

    def look(self, nearest: Nearest, placement: Placement) -> Hits:
        """Normals and colours as well of what `nearest` found."""
        hits = replace(self.background[0].copy(), depth=nearest.depth, shape=nearest.shape)
        self._look(self.world.moving, placement, nearest, hits, self.directions, self._coarse)
        return hits

    def cast(self, directions: np.ndarray, candidates: Iterable[tuple[int, np.ndarray]], placement: Placement) -> Hits:
        """What any N rays show, without the pattern.

        Args:
            directions: z = 1. [N, 3] float32
            candidates: Shapes, each with the indices of the rays that may meet it.
            placement: Where the shapes are.
        """
        nearest, asked = Nearest.none(len(directions)), []
        for shape, rays in candidates:
            self._meet(shape, placement.places[shape], rays, directions, nearest)
            asked.append(shape)
        normals, smooth, colours = np.zeros((3, len(directions), 3), np.float32)
        hits = Hits(nearest.depth, nearest.shape, normals, smooth, colours)
        self._look(asked, placement, nearest, hits, directions, directions)
        return hits

    def _all_pixels(self, shapes: list[int], placement: Placement, nearest: Nearest, covered: np.ndarray) -> None:
        for shape in shapes:
            pixels = self.canvas.covered(placement.outlines[shape])
            fine = self.world.surfaces[shape].precision is np.float64
            directions = self.directions if fine else self._coarse
            met = self._meet(shape, placement.places[shape], pixels, directions, nearest)
            covered[self.world.bodies[shape], met] = True

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
        nearer = (found.t < before) | (before == 0)
        first = met[nearer]
        nearest.depth[first], nearest.shape[first], nearest.spots[first] = found.t[nearer], shape, found.spots[nearer]
        return met

    def _look(
        self,
        shapes: list[int],
        placement: Placement,
        nearest: Nearest,
        hits: Hits,
        fine: np.ndarray,
        coarse: np.ndarray,
    ) -> None:
        """Fill in normals and colours where some shapes are nearest, seen along directions, [N, 3]."""
        for shape in shapes:
            rays = np.flatnonzero(nearest.shape == shape)
            if not len(rays):
                continue
            surface = self.world.surfaces[shape]
            directions = fine if surface.precision is np.float64 else coarse
            normals, smooth, hits.colours[rays] = surface.look(nearest.spots[rays])
            turn = placement.places[shape][:3, :3].T.astype(np.float32)
            outward = normals @ turn
            away = np.flatnonzero(np.einsum("ni,ni->n", outward, directions[rays]) > 0)
            outward[away] *= -1
            hits.normals[rays] = outward
            if smooth is not normals:
                outward = smooth @ turn
                outward[away] *= -1
            hits.smooth[rays] = outward
