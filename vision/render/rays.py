"""Rays on the surfaces of a scene: exact labels, through any lens, from anywhere, without a GPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from multisynth.scenes.render.canvas import Canvas
from multisynth.scenes.render.eye import Eye
from multisynth.scenes.render.renderer import Renderer as Filming
from multisynth.scenes.render.renderer import View
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Scene

from multisynth.errors import BadInput

from ..cameras import lenses
from ..cameras.viewpoint import Viewpoint
from .buffers import Buffers, Glance

KEPT = 2**21
"""Pixels whose directions are kept for later images, so that each band of a rolling shutter has them from the first."""


class RayRenderer:
    """Casts rays at a scene's surfaces (Embree for meshes, closed forms for balls, boxes and cylinders).

    Depth, normals, ids and parts are those of the ray through each pixel's centre. Radiance is Lambert's under a
    distant light with shadows, a normalised highlight and an even glow (`scenes.render.shade`); pixels at edges are the
    mean of four rays, and `opacity` is the share of them that meet something. What is behind the scene shines as
    bright as the glow. A camera that stays where it is costs only what moves.

    Args:
        scene: What is there, or a world made of it, which may be shared.
        antialias: Whether pixels at edges are the mean of several rays.

    Raises:
        BadInput: A shape cannot be had.
    """

    def __init__(self, scene: Scene | World, antialias: bool = True) -> None:
        self.world = scene if isinstance(scene, World) else World(scene)
        self._antialias = antialias
        self._canvases: dict[tuple[object, ...], Canvas] = {}
        self._filming: dict[tuple[object, ...], Filming] = {}
        self._rows = np.append(self.world.rows, -1).astype(np.int32)

    def render(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Buffers]:
        """See `buffers.Renderer`."""
        for filming, moment in self._asked(viewpoints, poses):
            yield self._buffers(filming.view(moment, linear=True))

    def glance(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Glance]:
        """As `render`, by the rays through the pixels' centres alone, without light and shadow."""
        for filming, moment in self._asked(viewpoints, poses):
            nearest, _ = filming.tracer.nearest(filming.tracer.placed(moment))
            depth = nearest.depth.reshape(filming.eye.height, filming.eye.width)
            yield Glance((depth > 0).astype(np.float32), depth)

    def _asked(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None) -> Iterator[tuple[Filming, np.ndarray]]:
        if poses is None:
            if self.world.parts:
                raise BadInput(f"no poses for the scene's {self.world.parts} moving parts", "give [V, B, 7]")
            poses = np.zeros((len(viewpoints), 0, 7))
        if len(poses) != len(viewpoints):
            raise BadInput(f"poses for {len(poses)} moments and {len(viewpoints)} viewpoints", "give one for each")
        for viewpoint, moment in zip(viewpoints, poses, strict=True):
            yield self.filming(viewpoint), np.asarray(moment)

    def filming(self, viewpoint: Viewpoint) -> Filming:
        """The renderer that films from there; the last two are kept."""
        matrix = np.asarray(viewpoint.world_to_camera, np.float64)
        image = (
            viewpoint.width, viewpoint.height, np.asarray(viewpoint.intrinsics, np.float64).tobytes(), viewpoint.lens,
            tuple(viewpoint.distortion),
        )  # fmt: skip
        key = (*image, matrix.tobytes())
        if key not in self._filming:
            eye = eye_of(viewpoint)
            canvas = self._canvases.get(image) or Canvas(eye)
            self._keep(image, canvas)
            made = Filming(self.world, eye, self._antialias, canvas)
            self._filming = dict([*self._filming.items(), (key, made)][-2:])
        return self._filming[key]

    def _keep(self, image: tuple[object, ...], canvas: Canvas) -> None:
        """The canvases used last, two of them and as many more as are small."""
        self._canvases.pop(image, None)
        self._canvases[image] = canvas
        while len(self._canvases) > 2 and sum(len(each.u) for each in self._canvases.values()) > KEPT:
            del self._canvases[next(iter(self._canvases))]

    def _buffers(self, view: View) -> Buffers:
        assert view.radiance is not None and view.opacity is not None
        size, shape, scene = view.opacity.shape, view.hits.shape, self.world.scene
        covered: dict[int, np.ndarray] = {}
        for body, mask in zip(scene.bodies, view.covered.reshape(-1, *size), strict=True):
            covered[body.instance] = covered[body.instance] | mask if body.instance in covered else mask
        return Buffers(
            radiance=view.radiance,
            opacity=view.opacity,
            depth=view.hits.depth.reshape(size),
            normals=view.hits.normals.reshape(*size, 3),
            instances=self.world.instances[shape + 1].reshape(size),
            parts=self._rows[shape].reshape(size) if self.world.parts else None,
            covered=covered,
        )


def eye_of(viewpoint: Viewpoint) -> Eye:
    """A viewpoint as rays have it.

    Raises:
        BadInput: It has no pixels, or its numbers are not finite.
    """
    intrinsics = np.asarray(viewpoint.intrinsics, np.float64)
    matrix = np.asarray(viewpoint.world_to_camera, np.float64)
    if viewpoint.width < 1 or viewpoint.height < 1 or not (intrinsics[0, 0] > 0 and intrinsics[1, 1] > 0):
        raise BadInput("a viewpoint without pixels or focal length", "give a width, a height and focal lengths above 0")
    if not (np.isfinite(intrinsics).all() and np.isfinite(matrix).all()):
        raise BadInput("a viewpoint whose numbers are not finite", "check its intrinsics and world_to_camera")
    lens = None if viewpoint.lens == "pinhole" else partial(_through, viewpoint)
    return Eye(viewpoint.width, viewpoint.height, intrinsics, matrix, lens)


def _through(viewpoint: Viewpoint, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return lenses.rays(viewpoint, np.stack([u, v], -1))
