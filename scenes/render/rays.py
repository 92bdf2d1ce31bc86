"""What a camera sees: exact depth, normals, instances and colours by casting rays at the shapes that physics moved.

Rays start at the camera's centre with directions (x, y, 1), so the `t` of a crossing is its z-depth. Each shape is
asked only about the pixels that its hull can cover, and what stands still is asked once for all frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from multisynth.scenes.render.pattern import checker
from multisynth.scenes.render.world import Canvas, Placement, World
from multisynth.scenes.schema import Camera

PATTERNED = 0.5
"""How long and wide a shape must be to be patterned, m: floors and tables are, what lies on them is not."""


def directions_through(u: np.ndarray, v: np.ndarray, camera: Camera) -> np.ndarray:
    """Directions, camera axes, z = 1, through points of the image in px. Each [N] → [N, 3] float64"""
    k = camera.intrinsics
    return np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], -1)


@dataclass
class Hits:
    """The first surface along each of N rays."""

    depth: np.ndarray  # [N] float32, z-depth in m, 0 where nothing is
    shape: np.ndarray  # [N] int16, index of the shape, -1 where nothing is
    normals: np.ndarray  # [N, 3] float32, camera axes, unit length, toward the camera, 0 where nothing is
    smooth: np.ndarray  # [N, 3] float32, the same of the surface that a mesh stands for, for shading
    colours: np.ndarray  # [N, 3] float32, linear RGB reflectance

    @classmethod
    def none(cls, rays: int) -> Hits:
        """Rays that meet nothing."""
        normals, smooth, colours = np.zeros((3, rays, 3), np.float32)
        return cls(np.zeros(rays, np.float32), np.full(rays, -1, np.int16), normals, smooth, colours)

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
        hits, covered = self._plain
        return replace(hits, colours=hits.colours * self.pattern[:, None]), covered

    @cached_property
    def _plain(self) -> tuple[Hits, np.ndarray]:
        hits = Hits.none(len(self.u))
        covered = np.zeros((len(self.world.scene.bodies), len(self.u)), bool)
        self._all_pixels(self.world.still, self.placed(), hits, covered)
        return hits, covered

    @cached_property
    def pattern(self) -> np.ndarray:
        """By how much the pattern on what holds still lightens each pixel. [N] float32"""
        hits, _ = self._plain
        extents = np.sort(np.ptp(self.world.bounds, axis=1), axis=1)
        large = np.append(extents[:, 1] >= PATTERNED, False)[hits.shape]
        depth = np.where(large, hits.depth, np.float32(0))
        return checker(depth, hits.normals, self.directions, self.camera)

    def frame(self, placement: Placement) -> tuple[Hits, np.ndarray]:
        """What every pixel shows, row by row, N = height · width.

        Returns:
            The hits; and where each of the scene's bodies would be seen if it were alone, [bodies, N] bool.
        """
        hits, covered = self.background
        hits, covered = hits.copy(), covered.copy()
        self._all_pixels(self.world.moving, placement, hits, covered)
        return hits, covered

    def cast(self, directions: np.ndarray, candidates: Iterable[tuple[int, np.ndarray]], placement: Placement) -> Hits:
        """What any N rays show, without the pattern.

        Args:
            directions: z = 1; their dtype is that of the computation. [N, 3]
            candidates: Shapes, each with the indices of the rays that may meet it.
            placement: Where the shapes are.
        """
        hits = Hits.none(len(directions))
        for shape, rays in candidates:
            self._meet(shape, placement.places[shape], rays, directions, hits)
        return hits

    def _all_pixels(self, shapes: list[int], placement: Placement, hits: Hits, covered: np.ndarray) -> None:
        for shape in shapes:
            pixels = self.canvas.covered(placement.outlines[shape])
            fine = self.world.surfaces[shape].precision is np.float64
            directions = self.directions if fine else self._coarse
            met = self._meet(shape, placement.places[shape], pixels, directions, hits)
            covered[self.world.bodies[shape], met] = True

    def _meet(self, shape: int, place: np.ndarray, rays: np.ndarray, directions: np.ndarray, hits: Hits) -> np.ndarray:
        """Put the crossings of a shape that lie before all others into `hits`; returns all rays that meet it."""
        if not len(rays):
            return rays
        surface = self.world.surfaces[shape]
        rotation, origin = place[:3, :3], -place[:3, 3] @ place[:3, :3]
        own = directions[rays]
        found = surface.meet(origin, own @ rotation.astype(own.dtype))
        met = rays[found.rays]
        before = hits.depth[met]
        nearer = np.flatnonzero((found.t < before) | (before == 0))
        first = met[nearer]
        normals, smooth, colours = surface.look(found, nearer)
        hits.depth[first], hits.shape[first], hits.colours[first] = found.t[nearer], shape, colours
        turn = rotation.T.astype(np.float32)
        outward = normals @ turn
        away = np.flatnonzero(np.einsum("ni,ni->n", outward, own[found.rays[nearer]]) > 0)
        outward[away] *= -1
        hits.normals[first] = outward
        if smooth is not normals:
            outward = smooth @ turn
            outward[away] *= -1
        hits.smooth[first] = outward
        return met
