"""Stage `vision.label`: still frames of an episode with their labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from multisynth.scenes.render.renderer import Renderer, View
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Scene
from pydantic import Field

from multisynth.kinds import EPISODE, FRAME, Kind
from multisynth.media import encode_depth, encode_instances, encode_normals, encode_rgb
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from .cameras.scene import NoCamera, choose
from .labels.boxes import boxes

LabelName = Literal["depth", "normals", "instances", "boxes"]


class Label(Map):
    """Take still frames of an episode, with labels that are exact: they come from the rays that made the image."""

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    makes: ClassVar[Kind | None] = FRAME
    needs: ClassVar[Needs] = Needs(batch_size=2)
    version: ClassVar[int] = 2  # meshes have their textures

    labels: tuple[LabelName, ...] = Field(
        ("depth", "normals", "instances", "boxes"), description="What each frame has besides its image."
    )
    every: float = Field(0.5, gt=0, description="Seconds from one frame to the next; the first is the first step.")
    cameras: tuple[str, ...] = Field((), description="Names of cameras of the scene; by default its first alone.")
    width: int | None = Field(None, ge=16, le=3840, description="px; by default the camera's own.")
    height: int | None = Field(None, ge=16, le=2160, description="px; by default the camera's own.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Frames of each episode, camera by camera, in the order of time."""
        for episode in samples:
            scene = Scene.model_validate_json(episode["scene"])
            try:
                cameras = [choose(scene, name, self.width, self.height) for name in self.cameras or (None,)]
            except NoCamera as reason:
                yield Drop(episode, str(reason))
                continue
            times, poses = episode["times"], episode["poses"]
            if not len(poses) or len(poses) != len(times):
                yield Drop(episode, f"poses and times do not match: {len(poses)}, {len(times)}")
                continue
            world = World(scene)
            for camera in cameras:
                renderer = Renderer(world, camera)
                for step in moments(times, self.every):
                    yield episode.child(
                        FRAME,
                        meta={"task": episode["task"], "camera": camera.name},
                        width=camera.width,
                        height=camera.height,
                        intrinsics=camera.intrinsics,
                        world_to_camera=camera.world_to_camera,
                        time=float(times[step]),
                        **self._columns(world, camera, renderer.view(poses[step])),
                    )

    def _columns(self, world: World, camera: Camera, view: View) -> dict[str, Any]:
        size, hits = (camera.height, camera.width), view.hits
        made: dict[str, Any] = {"rgb": encode_rgb(view.rgb)}
        if "depth" in self.labels:
            made["depth"] = encode_depth(hits.depth.reshape(size))
        if "normals" in self.labels:
            made["normals"] = encode_normals(hits.normals.reshape(*size, 3))
        if "instances" in self.labels:
            made["instances"] = encode_instances(world.instances[hits.shape + 1].reshape(size))
        if "boxes" in self.labels:
            made["boxes"] = boxes(world, hits, view.covered, camera.width, camera.height)
        return made


def moments(times: np.ndarray, every: float) -> list[int]:
    """The first step at or after each multiple of `every` seconds from the first step on. `times` is [T], s, rising."""
    elapsed = times - times[0]
    marks = np.arange(0, elapsed[-1] + 1e-9, every)
    return np.unique(np.searchsorted(elapsed, marks - 1e-9)).tolist()
