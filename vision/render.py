"""Frames of a scene as one camera sees them: what each pixel shows, and its colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from multisynth.scenes.schema import Camera

from .rays import Hits, Placement, Rays, Tracer, World
from .shade import direct, glow, tone, towards
from .shadows import Shade

CONTRAST = 16
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
        self.toward, self.up = towards(self.light, camera), camera.world_to_camera[:3, 2]

    def view(self, poses: np.ndarray) -> View:
        """The frame at some poses of the moving parts.

        Args:
            poses: x, y, z, w, x, y, z. [B, 7]

        Raises:
            BadInput: They do not fit the scene or are not finite.
        """
        placement = self.tracer.placed(poses)
        hits = self.tracer.frame(placement)
        rgb = self._changed(hits, placement)
        edges = np.flatnonzero(edge(rgb.reshape(self.camera.height, self.camera.width, 3)))
        if len(edges):
            rgb[edges] = tone(self._fine(edges, placement))
        return View(hits, rgb.reshape(self.camera.height, self.camera.width, 3))

    @cached_property
    def _background(self) -> _Background:
        hits, directions = self.tracer.background, self.tracer.pixels.directions
        light, shade = self._light(hits, directions), self._shade(hits, directions)
        dark = shade.behind(self.world, self.tracer.placed(), self.tracer.still, light.faces)
        return _Background(shade, light.faces & ~dark, tone(light.even), tone(light.reaching(~dark)))

    def _changed(self, hits: Hits, placement: Placement) -> np.ndarray:
        """SRGB of a whole frame; only what moves and the shadows of it are worked out. [N, 3] uint8"""
        background = self._background
        over = np.append(self.world.rows >= 0, False)[hits.shape]
        dark = background.shade.behind(self.world, placement, self.tracer.moving, background.lit & ~over)
        rgb = background.rgb.copy()
        rgb[dark] = background.dark[dark]
        rgb[over] = tone(self._lit(hits.take(np.flatnonzero(over)), self.tracer.pixels.directions[over], placement))
        return rgb

    def _fine(self, pixels: np.ndarray, placement: Placement) -> np.ndarray:
        """Mean radiance of several points of each of M pixels. [M, 3] float32"""
        points = np.stack([self.tracer.pixels.u[pixels], self.tracer.pixels.v[pixels]], -1)[:, None] + POINTS
        u, v = points.reshape(-1, 2).T
        rays = Rays.through(u, v, self.camera, np.float32)
        hits = self.tracer.cast(rays, placement, np.repeat(self.tracer.pattern[pixels], len(POINTS)))
        radiance = self._lit(hits, rays.directions, placement)
        # no point counts for more than the tone curve can show, so that the edge of a highlight is smooth too
        return np.minimum(radiance, 1).reshape(len(pixels), len(POINTS), 3).mean(axis=1)

    def _lit(self, hits: Hits, directions: np.ndarray, placement: Placement) -> np.ndarray:
        light, everything = self._light(hits, directions), [*self.tracer.moving, *self.tracer.still]
        dark = self._shade(hits, directions).behind(self.world, placement, everything, light.faces)
        return light.reaching(~dark)

    def _light(self, hits: Hits, directions: np.ndarray) -> _Light:
        lit, faces = direct(hits, directions, self.light, self.toward)
        return _Light(glow(hits, self.light, self.up), lit, faces)

    def _shade(self, hits: Hits, directions: np.ndarray) -> Shade:
        return Shade(hits.depth[:, None] * directions, hits.normals, self.toward)


@dataclass(frozen=True)
class _Light:
    even: np.ndarray  # [N, 3]
    direct: np.ndarray  # [N, 3] where no shadow lies
    faces: np.ndarray  # [N] bool, whether it faces the light

    def reaching(self, where: np.ndarray) -> np.ndarray:
        """Radiance where the light reaches some of it. [N] bool → [N, 3] float32"""
        radiance: np.ndarray = self.even + self.direct * where[:, None].astype(np.float32)
        return radiance


@dataclass(frozen=True)
class _Background:
    """Of what holds still, lit and shaded by itself."""

    shade: Shade
    lit: np.ndarray  # [N] bool, whether the light reaches it
    dark: np.ndarray  # [N, 3] uint8, sRGB in shadow
    rgb: np.ndarray  # [N, 3] uint8, sRGB


def edge(rgb: np.ndarray) -> np.ndarray:
    """Which pixels differ from a neighbour beside, above or below by `CONTRAST` or more. [H, W, 3] → [H, W] bool"""
    found = np.zeros(rgb.shape[:2], bool)
    for axis in range(2):
        near, far = (slice(None),) * axis + (slice(1, None),), (slice(None),) * axis + (slice(None, -1),)
        red, green, blue = np.moveaxis(np.maximum(rgb[near], rgb[far]) - np.minimum(rgb[near], rgb[far]), 2, 0)
        differ = (red >= CONTRAST) | (green >= CONTRAST) | (blue >= CONTRAST)
        found[near] |= differ
        found[far] |= differ
    return found
