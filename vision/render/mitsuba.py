"""Path tracing of a scene by Mitsuba 3: light that bounces, and air that scatters it (Jakob et al., 2022)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Scene

from multisynth.errors import BadInput

from ..cameras.viewpoint import Viewpoint
from .buffers import Buffers, Glance
from .mitsuba_scene import lights, shapes
from .mitsuba_variant import Backend, mitsuba
from .rays import RayRenderer

AT_ONCE = 2**22
"""Samples of one pass; with LLVM their state lies in memory."""


@dataclass(frozen=True)
class Medium:
    """Air or water that is the same everywhere in a ball around the scene's middle."""

    extinction: float | tuple[float, float, float]
    """σt, 1/m; of red, green and blue where it differs. Koschmieder's visibility is 3.912 / σt."""
    albedo: float | tuple[float, float, float] = 1.0
    """The share of what is lost that is scattered and not absorbed."""
    asymmetry: float = 0.0
    """g of Henyey and Greenstein's phase function; 0 scatters everywhere alike."""
    radius: float | None = None
    """Of the ball, m; by default it holds the scene and the camera. Light from outside is dimmed on its way in."""


class PathTracer:
    """Traces paths of light through a scene.

    Radiance is an unbiased estimate, with noise that falls with the root of `samples`; depth, normals, ids and parts
    are those of `RayRenderer`, exact and without the medium. Surfaces are matt: the highlight of `RayRenderer` is left
    out. The glow is a sky, which surfaces hide from each other.

    Args:
        scene: What is there, or a world made of it.
        medium: What fills the air.
        samples: Paths a pixel.
        bounces: Of a path at most, at surfaces and in the medium; 1 is light straight from its source.
        spectral: Whether light is sampled by wavelength instead of by red, green and blue.
        even: Whether the sky is as bright below as above, instead of half as bright on what looks down.
        backend: See `mitsuba_variant`.
        seed: Of the samples.

    Raises:
        BadInput: A shape cannot be had, or there is no such backend.
    """

    def __init__(
        self,
        scene: Scene | World,
        medium: Medium | None = None,
        samples: int = 64,
        bounces: int = 16,
        spectral: bool = False,
        even: bool = False,
        backend: Backend = "auto",
        seed: int = 0,
    ) -> None:
        self.world = scene if isinstance(scene, World) else World(scene)
        self._labels = RayRenderer(self.world)
        self._medium, self._samples, self._bounces = medium, samples, bounces
        self._spectral, self._even, self._backend, self._seed = spectral, even, backend, seed
        mitsuba(spectral, backend)

    def render(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Buffers]:
        """See `buffers.Renderer`."""
        for viewpoint in viewpoints:
            _check(viewpoint)
        for index, labels in enumerate(self._labels.render(viewpoints, poses)):
            moment = np.zeros((0, 7)) if poses is None else np.asarray(poses[index])
            yield replace(labels, radiance=self.radiance(viewpoints[index], moment))

    def glance(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Glance]:
        """Where surfaces are, by rays and without the medium: no path is traced."""
        for viewpoint in viewpoints:
            _check(viewpoint)
        return self._labels.glance(viewpoints, poses)

    def radiance(self, viewpoint: Viewpoint, poses: np.ndarray) -> np.ndarray:
        """What reaches each pixel at some poses of the moving parts, [B, 7]. [H, W, 3] float32, linear"""
        _check(viewpoint)
        mi = mitsuba(self._spectral, self._backend)
        parts: dict[str, Any] = {"type": "scene"}
        parts |= shapes(mi, self.world, poses) | lights(mi, self.world.scene.light, self._even)
        parts["integrator"] = {"type": self._integrator, "max_depth": self._bounces + 1}
        sensor = self._sensor(mi, viewpoint)
        if self._medium is not None:
            fog = self._fog()
            parts["fog"] = fog
            parts["air"] = {
                "type": "sphere", **self._ball(viewpoint), "bsdf": {"type": "null"},
                "interior": {"type": "ref", "id": "fog"},
            }  # fmt: skip
            sensor["medium"] = {"type": "ref", "id": "fog"}
        scene = mi.load_dict({**parts, "sensor": sensor})
        each = max(1, min(self._samples, AT_ONCE // (viewpoint.width * viewpoint.height)))
        total = np.zeros((viewpoint.height, viewpoint.width, 3))
        done = 0
        while done < self._samples:
            now = min(each, self._samples - done)
            total += now * np.asarray(mi.render(scene, spp=now, seed=self._seed + done))
            done += now
        return (total / self._samples).astype(np.float32)

    @property
    def _integrator(self) -> str:
        if self._medium is None:
            return "path"
        extinction = self._medium.extinction
        # where colours are lost unequally, paths that were drawn for one are noise for another unless they are weighed
        return "volpath" if isinstance(extinction, float | int) or len(set(extinction)) == 1 else "volpathmis"

    def _fog(self) -> dict[str, Any]:
        assert self._medium is not None
        return {
            "type": "homogeneous", "sigma_t": _spectrum(self._medium.extinction),
            "albedo": _spectrum(self._medium.albedo), "phase": {"type": "hg", "g": self._medium.asymmetry},
        }  # fmt: skip

    def _ball(self, viewpoint: Viewpoint) -> dict[str, Any]:
        assert self._medium is not None
        places = self.world.locals
        corners = np.einsum("sij,skj->ski", places[:, :3, :3], self.world.bounds) + places[:, None, :3, 3]
        still = corners[self.world.still].reshape(-1, 3) if self.world.still else viewpoint.centre[None]
        middle = (still.min(axis=0) + still.max(axis=0)) / 2
        reach = np.linalg.norm(np.concatenate([still, viewpoint.centre[None]]) - middle, axis=1).max()
        radius = self._medium.radius or 1.1 * float(reach) + 1.0
        if np.linalg.norm(viewpoint.centre - middle) >= radius:
            raise BadInput(f"the camera is outside the medium's radius of {radius:g} m", "give a larger one, or none")
        return {"center": middle.tolist(), "radius": radius}

    def _sensor(self, mi: Any, viewpoint: Viewpoint) -> dict[str, Any]:
        k, width, height = viewpoint.intrinsics, viewpoint.width, viewpoint.height
        # Mitsuba's cameras look along z with x to the left and y up
        pose = np.linalg.inv(viewpoint.world_to_camera) @ np.diag([-1.0, -1, 1, 1])
        return {
            "type": "perspective", "fov_axis": "x", "fov": float(np.degrees(2 * np.arctan(width / 2 / k[0, 0]))),
            "principal_point_offset_x": float(0.5 - k[0, 2] / width),
            "principal_point_offset_y": float(0.5 - k[1, 2] / height),
            "near_clip": 1e-3, "far_clip": 1e5, "to_world": mi.ScalarTransform4f(pose),
            "film": {
                "type": "hdrfilm", "width": width, "height": height, "pixel_format": "rgb", "rfilter": {"type": "box"},
                "component_format": "float32",
            },
            "sampler": {"type": "independent"},
        }  # fmt: skip


def _spectrum(value: float | tuple[float, float, float]) -> Any:
    return float(value) if isinstance(value, float | int) else {"type": "rgb", "value": list(value)}


def _check(viewpoint: Viewpoint) -> None:
    k = viewpoint.intrinsics
    if viewpoint.lens == "fisheye" or any(viewpoint.distortion) or abs(k[0, 0] / k[1, 1] - 1) > 1e-6:
        problem = f"the path tracer has no {viewpoint.lens} lens with distortion or two focal lengths"
        raise BadInput(problem, "film with a pinhole")
