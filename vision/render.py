"""Frames of a scene as one camera sees them: what each pixel shows, and its colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from multisynth.scenes.schema import Camera

from .rays import Hits, Placed, Rays, Tracer, World
from .shade import direct, glow, tone, towards
from .shadows import Shade

CONTRAST = 12
"""Steps of 255 between neighbours from which their pixels are sampled more finely."""
POINTS = np.array([[-0.125, -0.375], [0.375, -0.125], [0.125, 0.375], [-0.375, 0.125]])
"""Of the finer samples about a pixel's centre, px: a rotated grid. [S, 2]"""


@dataclass(frozen=True)
class View:
    """A frame."""

    hits: Hits  # H · W rays
    rgb: np.ndarray  # [H, W, 3] uint8, sRGB


class Renderer:
    """A camera that films a world.

    Args:
        world: What is there.
        camera: From where.
    """

    def __init__(self, world: World, camera: Camera) -> None:
        self.world, self.camera = world, camera
        self.tracer = Tracer(world, camera)
        self.light = world.scene.light
        self.toward = towards(self.light, camera)

    def view(self, poses: np.ndarray) -> View:
        """The frame at some poses of the moving parts.

        Args:
            poses: x, y, z, w, x, y, z. [B, 7]

        Raises:
            BadInput: They do not fit the scene or are not finite.
        """
        places = self.tracer.to_camera(self.world.place(poses))
        hits = self.tracer.frame(places)
        radiance = self._radiance(hits, places)
        rgb = tone(radiance).reshape(self.camera.height, self.camera.width, 3)
        edges = np.flatnonzero(edge(rgb))
        if len(edges):
            rgb.reshape(-1, 3)[edges] = tone(self._fine(edges, places))
        return View(hits, rgb)

    @cached_property
    def _background(self) -> tuple[_Light, Shade, np.ndarray]:
        """The light on what holds still, its points, and which of them lie in shadows that hold still too."""
        hits, places = self.tracer.background, self.tracer.to_camera(self.world.still)
        light = self._light(hits, self.tracer.pixels.directions)
        shade = self._shade(hits, self.tracer.pixels.directions)
        return light, shade, shade.behind(self._among(self.tracer.still, places), light.faces)

    def _radiance(self, hits: Hits, places: list[np.ndarray]) -> np.ndarray:
        """Of a whole frame; what holds still is not worked out again. [N, 3] float32"""
        light, shade, dark = self._background
        moves = np.zeros(len(self.world.shapes) + 1, bool)
        moves[self.tracer.moving] = True
        over = moves[hits.shape]
        dark = dark | shade.behind(self._among(self.tracer.moving, places), light.faces & ~dark & ~over)
        radiance = light.even + light.direct * ~dark[:, None]
        new = np.flatnonzero(over)
        radiance[new] = self._lit(hits.take(new), self.tracer.pixels.directions[new], places)
        return radiance

    def _fine(self, pixels: np.ndarray, places: list[np.ndarray]) -> np.ndarray:
        """Mean radiance of several points of each of M pixels. [M, 3] float32"""
        points = np.stack([self.tracer.pixels.u[pixels], self.tracer.pixels.v[pixels]], -1)[:, None] + POINTS
        rays = Rays.through(*points.reshape(-1, 2).T, self.camera, np.float32)
        radiance = self._lit(self.tracer.cast(rays, places), rays.directions, places)
        # each is as bright as the tone curve shows it, so that the edge of a highlight is smooth too
        return np.minimum(radiance, 1).reshape(len(pixels), len(POINTS), 3).mean(axis=1)

    def _lit(self, hits: Hits, directions: np.ndarray, places: list[np.ndarray]) -> np.ndarray:
        light = self._light(hits, directions)
        everything = self._among([*self.tracer.moving, *self.tracer.still], places)
        dark = self._shade(hits, directions).behind(everything, light.faces)
        return light.even + light.direct * ~dark[:, None]

    def _light(self, hits: Hits, directions: np.ndarray) -> _Light:
        lit = direct(hits, directions, self.light, self.toward)
        return _Light(glow(hits, self.light), lit, lit.any(axis=1))

    def _shade(self, hits: Hits, directions: np.ndarray) -> Shade:
        return Shade(hits.depth[:, None] * directions, hits.normals, self.toward)

    def _among(self, shapes: list[int], places: list[np.ndarray]) -> list[tuple[Placed, np.ndarray]]:
        return [(self.world.shapes[index], places[index]) for index in shapes]


@dataclass(frozen=True)
class _Light:
    even: np.ndarray  # [N, 3]
    direct: np.ndarray  # [N, 3] where no shadow lies
    faces: np.ndarray  # [N] bool, whether it faces the light


def edge(rgb: np.ndarray) -> np.ndarray:
    """Which pixels differ from a neighbour beside, above or below by `CONTRAST` or more. [H, W, 3] → [H, W] bool"""
    found = np.zeros(rgb.shape[:2], bool)
    for axis in range(2):
        near, far = (slice(None),) * axis + (slice(1, None),), (slice(None),) * axis + (slice(None, -1),)
        differ = ((np.maximum(rgb[near], rgb[far]) - np.minimum(rgb[near], rgb[far])) >= CONTRAST).any(axis=2)
        found[near] |= differ
        found[far] |= differ
    return found
