"""Frames of a scene as one camera sees them: what each pixel shows, and its colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from multisynth.scenes.render.canvas import Canvas
from multisynth.scenes.render.eye import Eye
from multisynth.scenes.render.rays import Hits, Nearest, Surfaces, Tracer, bands
from multisynth.scenes.render.shade import direct, glow
from multisynth.scenes.render.shadows import Shade, Sorted
from multisynth.scenes.render.world import Placement, World
from multisynth.scenes.schema import Camera

from multisynth.srgb import encoded

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
    radiance: np.ndarray | None = None  # [H, W, 3] float32, linear; the sky's where nothing is
    opacity: np.ndarray | None = None  # [H, W] float32, the share of a pixel's samples that meet something


class Renderer:
    """A camera that films a world.

    Args:
        world: What is there.
        camera: From where.
        antialias: Whether pixels at edges are the mean of several samples.
        canvas: Of another camera that has the same image and lens, to save making it again.
    """

    def __init__(
        self, world: World, camera: Camera | Eye, antialias: bool = True, canvas: Canvas | None = None
    ) -> None:
        self.world, self.eye, self._antialias = world, Eye.of(camera), antialias
        self.tracer = Tracer(world, self.eye, canvas)
        self.light = world.scene.light
        rotation = self.eye.world_to_camera[:3, :3]
        self.toward, self.up = rotation @ world.toward, rotation[:, 2]

    def view(self, poses: np.ndarray, linear: bool = False) -> View:
        """The frame at some poses of the moving parts.

        Args:
            poses: x, y, z, w, x, y, z. [B, 7]
            linear: Whether radiance and opacity are wanted too.

        Raises:
            BadInput: They do not fit the scene or are not finite.
        """
        placement = self.tracer.placed(poses)
        nearest, covered = self.tracer.nearest(placement)
        pixels, moving = self.tracer.moving(nearest, placement)
        picture = self._picture(nearest, pixels, moving, placement, linear)
        hits, size = self.tracer.hits(nearest, pixels, moving), (self.eye.height, self.eye.width)
        rgb = picture.rgb.reshape(*size, 3)
        if picture.radiance is None or picture.opacity is None:
            return View(hits, covered, rgb)
        return View(hits, covered, rgb, picture.radiance.reshape(*size, 3), picture.opacity.reshape(size))

    def coloured(self, nearest: Nearest, placement: Placement) -> np.ndarray:
        """The colours alone of what the tracer found nearest. [H, W, 3] uint8, sRGB"""
        pixels, moving = self.tracer.moving(nearest, placement)
        rgb: np.ndarray = self._picture(nearest, pixels, moving, placement, False).rgb
        return rgb.reshape(self.eye.height, self.eye.width, 3)

    def _disturbed(self, shapes: np.ndarray, shaded_by: np.ndarray) -> np.ndarray:
        """Pixels that something which moves, or its shadow, lies on or beside. [N] bool"""
        import cv2

        changed = (shapes != self._background.shapes) | (shaded_by != self._background.shaded_by)
        image = changed.view(np.uint8).reshape(self.eye.height, self.eye.width)
        beside: np.ndarray = cv2.dilate(image, np.ones((3, 3), np.uint8)).view(bool).ravel()
        return beside

    @cached_property
    def _still_edges(self) -> _Fine:
        """Of the background alone, for all of its edges."""
        nearest, background = self.tracer.still, self._background
        edges = np.flatnonzero(self._rough(background.picture(True, nearest.depth)))
        if not len(edges):
            nothing = np.zeros((0, 3), np.float32)
            return _Fine(edges, encoded(nothing), nothing, nothing[:, 0])
        return self._refine(edges, nearest.shape, background.shaded_by, self.tracer.placed())

    def _rough(self, picture: _Picture) -> np.ndarray:
        """Which pixels are at an edge. [N] bool"""
        size = self.eye.height, self.eye.width
        rough = edge(picture.rgb.reshape(*size, 3), CONTRAST)
        if picture.opacity is not None:
            rough |= edge(picture.opacity.reshape(*size, 1), 1)
        if self.tracer.canvas.seeing is not None:
            rough &= self.tracer.canvas.seeing.reshape(size)
        return rough.ravel()

    def _picture(
        self, nearest: Nearest, pixels: np.ndarray, moving: Surfaces, placement: Placement, linear: bool
    ) -> _Picture:
        picture = self._background.picture(linear, nearest.depth)
        shaded_by = self._changed(picture, nearest.shape, pixels, moving, placement)
        if self._antialias:
            edges = np.flatnonzero(self._rough(picture))
            kept = ~self._disturbed(nearest.shape, shaded_by)[edges]
            self._still_edges.put(picture, edges[kept])
            edges = edges[~kept]
            if len(edges):
                self._refine(edges, nearest.shape, shaded_by, placement).put(picture, edges)
        return picture

    @cached_property
    def _background(self) -> _Background:
        surfaces, directions = self.tracer.background, self.tracer.canvas.coarse
        shade, placement = self._shade(surfaces, directions), self.tracer.placed()
        dark, lit = np.empty((2, len(directions), 3), np.float32)
        faces = np.empty(len(directions), bool)
        for rays in bands(len(directions)):
            light = self._light(surfaces.part(rays), directions[rays])
            dark[rays], lit[rays], faces[rays] = light.even, light.even + light.direct, light.faces
        by = shade.behind(self.world, placement, self._falling(surfaces, placement), faces)
        faces &= by < 0
        lit[~faces] = dark[~faces]
        if self.tracer.canvas.seeing is not None:
            lit[~self.tracer.canvas.seeing] = dark[~self.tracer.canvas.seeing] = 0
        return _Background(surfaces.shape, shade, faces, by, dark, lit)

    def _falling(self, surfaces: Surfaces, placement: Placement) -> Iterator[tuple[int, np.ndarray]]:
        """What holds still, each with the pixels that its shadow can fall on."""
        apart = placement.apart
        for shape in self.world.still:
            if not apart[shape, self.world.still].all():
                pixels = self._shadow(placement.outlines[shape])
                yield shape, pixels[~apart[shape][surfaces.shape[pixels]]]

    def _changed(
        self, picture: _Picture, shapes: np.ndarray, pixels: np.ndarray, moving: Surfaces, placement: Placement
    ) -> np.ndarray:
        """Put what moves, and the shadows of it, into a picture of what does not.

        Args:
            picture: To be changed.
            shapes: What each pixel shows. [N] int16
            pixels: Those that show something that moves. [M]
            moving: What they show. [M]
            placement: Where the shapes are.

        Returns:
            The shape whose shadow lies on each pixel, -1 for none. [N] int16
        """
        background, world = self._background, self.world
        shaded_by, asking = background.shaded_by.copy(), background.lit.copy()
        asking[pixels] = False
        falling = ((shape, background.sorted.behind(placement.outlines[shape])) for shape in world.moving)
        by = background.shade.behind(world, placement, falling, asking)
        dark = np.flatnonzero(by >= 0)
        picture.darken(dark, background)
        shaded_by[dark] = by[dark]

        apart = placement.apart
        candidates = ((shape, np.flatnonzero(~apart[shape][moving.shape])) for shape in [*world.moving, *world.still])
        radiance, shaded_by[pixels] = self._lit(moving, self.tracer.canvas.coarse[pixels], candidates, placement)
        picture.put(pixels, radiance)
        return shaded_by

    def _shadow(self, outline: np.ndarray) -> np.ndarray:
        """Pixels on which the shadow of a hull can fall on something that holds still. [K, 3] → [M]"""
        steep = float(self.toward @ self.up)
        if steep < 0.05:
            return self.tracer.canvas.everywhere
        height = (outline @ self.up + self._height) - self.world.lowest
        ends = outline - self.toward * (np.maximum(height, 0) / steep)[:, None]
        return self.tracer.canvas.covered(np.concatenate([outline, ends]))

    @cached_property
    def _height(self) -> float:
        return float(self.eye.position[2])

    def _refine(self, pixels: np.ndarray, shapes: np.ndarray, shaded_by: np.ndarray, placement: Placement) -> _Fine:
        """The means of several points of each of M pixels.

        Only shapes and shadows that the pixel or one of its neighbours shows are looked for.
        """
        canvas = self.tracer.canvas
        points = np.stack([canvas.u[pixels], canvas.v[pixels]], -1)[:, None] + POINTS
        directions = self.eye.directions(*points.reshape(-1, 2).T)
        if canvas.seeing is not None:
            # at the rim of what a lens sees, points that have no ray stand for their pixel's centre
            own = np.repeat(self.tracer.directions[pixels], len(POINTS), axis=0)
            directions = np.where(np.isfinite(directions), directions, own)
        directions = directions.astype(np.float32)
        surfaces = self.tracer.cast(directions, self._near(pixels, shapes), placement)
        still = np.append(self.world.rows < 0, False)[surfaces.shape]
        pattern = np.repeat(self.tracer.pattern[pixels], len(POINTS))
        surfaces.colours *= np.where(still, pattern, np.float32(1))[:, None]
        radiance, _ = self._lit(surfaces, directions, self._near(pixels, shaded_by), placement)
        return _Fine.of(pixels, radiance.reshape(len(pixels), len(POINTS), 3), surfaces.depth.reshape(len(pixels), -1))

    def _near(self, pixels: np.ndarray, shapes: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """The shapes that are named at pixels or about them, each with the indices of those pixels' finer rays."""
        height, width = self.eye.height, self.eye.width
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
        self, surfaces: Surfaces, directions: np.ndarray, candidates: Iterable[tuple[int, np.ndarray]], where: Placement
    ) -> tuple[np.ndarray, np.ndarray]:
        """Radiance, [N, 3] float32, and the shape whose shadow lies there, -1 for none, [N] int16."""
        light = self._light(surfaces, directions)
        by = self._shade(surfaces, directions).behind(self.world, where, candidates, light.faces)
        return light.even + light.direct * (by < 0)[:, None].astype(np.float32), by

    def _light(self, surfaces: Surfaces, directions: np.ndarray) -> _Light:
        lit, faces = direct(surfaces, directions, self.light, self.toward)
        return _Light(glow(surfaces, self.light, self.up), lit, faces)

    def _shade(self, surfaces: Surfaces, directions: np.ndarray) -> Shade:
        return Shade(surfaces.depth, directions, surfaces.normals, self.toward)


@dataclass(frozen=True)
class _Light:
    even: np.ndarray  # [N, 3]
    direct: np.ndarray  # [N, 3] where no shadow lies
    faces: np.ndarray  # [N] bool, whether it faces the light


class _Background:
    """Of what holds still, lit and shaded by itself."""

    def __init__(
        self,
        shapes: np.ndarray,
        shade: Shade,
        lit: np.ndarray,
        shaded_by: np.ndarray,
        dark: np.ndarray,
        bright: np.ndarray,
    ) -> None:
        self.shapes = shapes  # [N] int16
        self.shade = shade
        self.lit = lit  # [N] bool, whether the light reaches it
        self.shaded_by = shaded_by  # [N] int16
        self.dark, self.dark_rgb = dark, encoded(dark)  # [N, 3] linear and sRGB, in shadow
        self.bright, self.bright_rgb = bright, encoded(bright)  # [N, 3] linear and sRGB, where the light reaches it

    @cached_property
    def sorted(self) -> Sorted:
        """The points that the light reaches."""
        return Sorted(self.shade, self.lit)

    def picture(self, linear: bool, depth: np.ndarray) -> _Picture:
        """A new picture of it; `depth`, [N], says where something is by now."""
        if not linear:
            return _Picture(self.bright_rgb.copy(), None, None)
        return _Picture(self.bright_rgb.copy(), self.bright.copy(), (depth > 0).astype(np.float32))


@dataclass
class _Picture:
    """Colours that are worked out piece by piece."""

    rgb: np.ndarray  # [N, 3] uint8, sRGB
    radiance: np.ndarray | None  # [N, 3] float32, linear
    opacity: np.ndarray | None  # [N] float32

    def put(self, pixels: np.ndarray, radiance: np.ndarray) -> None:
        """[M] indices, [M, 3]"""
        self.rgb[pixels] = encoded(radiance)
        if self.radiance is not None:
            self.radiance[pixels] = radiance

    def darken(self, pixels: np.ndarray, background: _Background) -> None:
        """Take the light from some. [M]"""
        self.rgb[pixels] = background.dark_rgb[pixels]
        if self.radiance is not None:
            self.radiance[pixels] = background.dark[pixels]


@dataclass(frozen=True)
class _Fine:
    """Means over the points of M pixels, whose indices rise."""

    pixels: np.ndarray  # [M]
    rgb: np.ndarray  # [M, 3] uint8, sRGB
    radiance: np.ndarray  # [M, 3] float32, linear
    opacity: np.ndarray  # [M] float32

    @classmethod
    def of(cls, pixels: np.ndarray, radiance: np.ndarray, depth: np.ndarray) -> _Fine:
        """From P points of each. [M], [M, P, 3], [M, P]"""
        # no point counts for more than the tone curve can show, so that the edge of a highlight is smooth too
        rgb = encoded(np.minimum(radiance, 1).mean(axis=1))
        return cls(pixels, rgb, radiance.mean(axis=1), (depth > 0).mean(axis=1, dtype=np.float32))

    def put(self, picture: _Picture, pixels: np.ndarray) -> None:
        """Give some of its pixels to a picture. [K], rising"""
        own = np.searchsorted(self.pixels, pixels)
        picture.rgb[pixels] = self.rgb[own]
        if picture.radiance is not None and picture.opacity is not None:
            picture.radiance[pixels], picture.opacity[pixels] = self.radiance[own], self.opacity[own]


def edge(image: np.ndarray, least: int) -> np.ndarray:
    """Which pixels differ from a neighbour beside, above or below by that much or more. [H, W, C] → [H, W] bool"""
    found = np.zeros(image.shape[:2], bool)
    for axis in range(2):
        near, far = (slice(None),) * axis + (slice(1, None),), (slice(None),) * axis + (slice(None, -1),)
        apart = np.maximum(image[near], image[far]) - np.minimum(image[near], image[far])
        differ = apart[..., 0] >= least
        for channel in range(1, image.shape[2]):
            differ |= apart[..., channel] >= least
        found[near] |= differ
        found[far] |= differ
    return found
