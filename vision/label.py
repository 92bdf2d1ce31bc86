"""Stage `vision.label`: still frames of an episode with their labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Scene
from pydantic import Field, model_validator

from multisynth.kinds import EPISODE, FRAME, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from .cameras.paths import StereoRig
from .cameras.scene import NoCamera, choose
from .cameras.viewpoint import Viewpoint
from .labels.bodies import Bodies
from .labels.columns import LabelName, Seen, Subjects, annotate, encoded
from .labels.thermal import Climate, Heat
from .render.rays import RayRenderer


class Label(Map):
    """Take still frames of an episode, with labels that are exact: they come from the rays that made the image.

    The frames of one camera are a sequence, so flow leads from each to the next, and tracks go through all of them.
    """

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    makes: ClassVar[Kind | None] = FRAME
    needs: ClassVar[Needs] = Needs(batch_size=2)
    version: ClassVar[int] = 3  # boxes say how far the whole reaches

    labels: tuple[LabelName, ...] = Field(
        ("depth", "normals", "instances", "boxes"), description="What each frame has besides its image."
    )
    every: float = Field(0.5, gt=0, description="Seconds from one frame to the next; the first is the first step.")
    cameras: tuple[str, ...] = Field((), description="Names of cameras of the scene; by default its first alone.")
    width: int | None = Field(None, ge=16, le=3840, description="px; by default the camera's own.")
    height: int | None = Field(None, ge=16, le=2160, description="px; by default the camera's own.")
    rig: StereoRig | None = Field(None, description="A second eye beside each camera, for disparity.")
    points: int = Field(256, ge=1, le=100_000, description="Tracked through each sequence, where `tracks` are wanted.")
    climate: Climate = Field(Climate(), description="Temperatures and emissivities, where `temperature` is wanted.")
    categories: tuple[str, ...] = Field(
        (), description="Names of the semantic ids 1, 2, …; by default those of each episode, in alphabetical order."
    )

    @model_validator(mode="after")
    def _labels_can_be_had(self) -> Self:
        if "disparity" in self.labels and self.rig is None:
            raise ValueError("disparity needs two eyes: give `rig`, such as {baseline: [0.06, 0.12]}")
        return self

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
            steps = moments(times, self.every)
            for camera in cameras:
                viewpoints = [viewpoint_of(camera, float(times[step])) for step in steps]
                made = self._columns(episode, camera.name, world, viewpoints, poses[steps])
                for viewpoint, columns in zip(viewpoints, made, strict=True):
                    yield episode.child(
                        FRAME,
                        meta={"task": episode["task"], "camera": camera.name},
                        width=viewpoint.width,
                        height=viewpoint.height,
                        intrinsics=viewpoint.intrinsics,
                        world_to_camera=viewpoint.world_to_camera,
                        time=viewpoint.time,
                        **encoded(columns),
                    )

    def _columns(
        self, episode: Sample, camera: str, world: World, viewpoints: list[Viewpoint], poses: np.ndarray
    ) -> Iterator[dict[str, Any]]:
        things = (Bodies(world),)
        heat = Heat.drawn(self.climate, things, self.rng(episode, "heat")) if "temperature" in self.labels else None
        tracks = self.rng(episode, f"tracks of {camera}")
        subjects = Subjects(things, self.categories or None, self.points, tracks, heat)
        return annotate(self._seen(episode, world, viewpoints, poses), self.labels, subjects)

    def _seen(self, episode: Sample, world: World, viewpoints: list[Viewpoint], poses: np.ndarray) -> Iterator[Seen]:
        baseline = None if self.rig is None else self.rig.draw(self.rng(episode, "rig"))
        left, right = RayRenderer(world).render(viewpoints, poses), None
        if baseline is not None:
            right = RayRenderer(world).render([viewpoint.right_eye(baseline) for viewpoint in viewpoints], poses)
        for viewpoint, seen, moment in zip(viewpoints, left, poses, strict=True):
            yield Seen(viewpoint, seen, moment, None if right is None else next(right), baseline)


def viewpoint_of(camera: Camera, time: float) -> Viewpoint:
    """A camera of a scene at a time, s."""
    return Viewpoint(camera.width, camera.height, camera.intrinsics, camera.world_to_camera, time=time)


def moments(times: np.ndarray, every: float) -> list[int]:
    """The first step at or after each multiple of `every` seconds from the first step on. `times` is [T], s, rising."""
    elapsed = times - times[0]
    marks = np.arange(0, elapsed[-1] + 1e-9, every)
    return np.unique(np.searchsorted(elapsed, marks - 1e-9)).tolist()
