"""Frames of a scene as one camera sees them: what each pixel shows, and its colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from multisynth.scenes.render.rays import Hits, Nearest, Tracer, directions_through
from multisynth.scenes.render.shade import direct, glow, tone, towards
from multisynth.scenes.render.shadows import Shade
from multisynth.scenes.render.world import Placement, World
from multisynth.scenes.schema import Camera

CONTRAST = 24
"""Steps of 255 between neighbours from which their pixels are sampled more finely."""
POINTS = np.array([[-0.125, -0.375], [0.375, -0.125], [0.125, 0.375], [-0.375, 0.125]])
"""Of the finer samples about a pixel's centre, px: a rotated grid. [P, 2]"""


@dataclass(frozen=True)
class View:
    """A frame."""

    hits: Hits  # of H · W rays, row by row
    covered: np.ndarray  # [bodies, H · W] bool, where each body would be seen if it were alone
    rgb: np.ndarray  # [H, W, 3] uint8, sRGB


class Renderer:
    """A camera that films a world.

    Args:
        world: What is there.
        camera: From where.
        antialias: Whether pixels at edges are the mean of several samples.
    """

    def __init__(self, world: World, camera: Camera, antialias: bool = True) -> None:
        self.world, self.camera, self._antialias = world, camera, antialias
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
        hits, covered = self.tracer.frame(placement)
        return View(hits, covered, self._coloured(hits, placement))

    def coloured(self, nearest: Nearest, placement: Placement) -> np.ndarray:
        """The colours alone of what the tracer found nearest. [H, W, 3] uint8, sRGB"""
        return self._coloured(self.tracer.look(nearest, placement), placement)

    def _coloured(self, hits: Hits, placement: Placement) -> np.ndarray:
        size = self.camera.height, self.camera.width, 3
        rgb, shaded_by = self._changed(hits, placement)
        edges = np.flatnonzero(edge(rgb.reshape(size))) if self._antialias else np.empty(0, int)
        if len(edges):
            rgb[edges] = tone(self._fine(edges, hits, shaded_by, placement))
        return rgb.reshape(size)

    @cached_property
    def _background(self) -> _Background:
        hits, _ = self.tracer.background
        light, shade = self._light(hits, self.tracer.directions), self._shade(hits, self.tracer.directions)
        everywhere, placement = np.arange(len(hits.depth)), self.tracer.placed()
        candidates = ((shape, everywhere) for shape in self.world.still)
        by = shade.behind(self.world, placement, candidates, light.faces)
        return _Background(shade, light.faces & (by < 0), by, tone(light.even), tone(light.reaching(by < 0)))

    def _changed(self, hits: Hits, placement: Placement) -> tuple[np.ndarray, np.ndarray]:
        """Of a whole frame, only what moves and the shadows of it worked out.

        Returns:
            sRGB, [N, 3] uint8; and the shape whose shadow lies there, -1 for none, [N] int16.
        """
        background, world = self._background, self.world
        over = np.append(world.rows >= 0, False)[hits.shape]
        rgb, shaded_by = background.rgb.copy(), background.shaded_by.copy()
        falling = ((shape, self._shadow(placement.outlines[shape])) for shape in world.moving)
        by = background.shade.behind(world, placement, falling, background.lit & ~over)
        dark = np.flatnonzero(by >= 0)
        rgb[dark], shaded_by[dark] = background.dark[dark], by[dark]

        new = np.flatnonzero(over)
        own, apart = hits.take(new), placement.apart(self.toward)
        candidates = ((shape, np.flatnonzero(~apart[shape][own.shape])) for shape in [*world.moving, *world.still])
        radiance, shaded_by[new] = self._lit(own, self.tracer.directions[new], candidates, placement)
        rgb[new] = tone(radiance)
        return rgb, shaded_by

    def _shadow(self, outline: np.ndarray) -> np.ndarray:
        """Pixels on which the shadow of a hull can fall on something that holds still. [K, 3] → [M]"""
        steep = float(self.toward @ self.up)
        if steep < 0.05:
            return self._everywhere
        height = (outline @ self.up + self._height) - self.world.lowest
        ends = outline - self.toward * (np.maximum(height, 0) / steep)[:, None]
        return self.tracer.canvas.covered(np.concatenate([outline, ends]))

    @cached_property
    def _everywhere(self) -> np.ndarray:
        return np.arange(len(self.tracer.u))

    @cached_property
    def _height(self) -> float:
        return float(self.camera.position[2])

    def _fine(self, pixels: np.ndarray, hits: Hits, shaded_by: np.ndarray, placement: Placement) -> np.ndarray:
        """Mean radiance of several points of each of M pixels. [M, 3] float32

        Only shapes and shadows that the pixel or one of its neighbours shows are looked for.
        """
        points = np.stack([self.tracer.u[pixels], self.tracer.v[pixels]], -1)[:, None] + POINTS
        u, v = points.reshape(-1, 2).T
        directions = directions_through(u, v, self.camera).astype(np.float32)
        own = self.tracer.cast(directions, self._near(pixels, hits.shape), placement)
        still = np.append(self.world.rows < 0, False)[own.shape]
        own.colours *= np.where(still, np.repeat(self.tracer.pattern[pixels], len(POINTS)), np.float32(1))[:, None]
        radiance, _ = self._lit(own, directions, self._near(pixels, shaded_by), placement)
        # no point counts for more than the tone curve can show, so that the edge of a highlight is smooth too
        return np.minimum(radiance, 1).reshape(len(pixels), len(POINTS), 3).mean(axis=1)

    def _near(self, pixels: np.ndarray, shapes: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """The shapes that are named at pixels or about them, each with the indices of those pixels' finer rays."""
        height, width = self.camera.height, self.camera.width
        # one bit a shape; more shapes than bits share them, and are then asked more often than they need be
        bits = np.zeros(len(self.world.rows) + 1, np.uint64)  # the last is for none, -1
        bits[:-1] = np.left_shift(np.uint64(1), np.arange(len(bits) - 1, dtype=np.uint64) % np.uint64(64))
        padded = np.pad(bits[shapes].reshape(height, width), 1)
        row, column = np.divmod(pixels, width)
        seen = np.zeros(len(pixels), np.uint64)
        for down in range(3):
            for right in range(3):
                seen |= padded[row + down, column + right]
        present = np.bitwise_or.reduce(seen)
        for shape in range(len(self.world.rows)):
            if present & bits[shape]:
                rays = np.flatnonzero(seen & bits[shape])[:, None] * len(POINTS) + np.arange(len(POINTS))
                yield shape, rays.ravel()

    def _lit(
        self, hits: Hits, directions: np.ndarray, candidates: Iterator[tuple[int, np.ndarray]], placement: Placement
    ) -> tuple[np.ndarray, np.ndarray]:
        """Radiance, [N, 3] float32, and the shape whose shadow lies there, -1 for none, [N] int16."""
        light = self._light(hits, directions)
        by = self._shade(hits, directions).behind(self.world, placement, candidates, light.faces)
        return light.reaching(by < 0), by

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
    shaded_by: np.ndarray  # [N] int16
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
