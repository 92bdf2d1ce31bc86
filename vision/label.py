"""Stage `vision.label`: still frames of an episode with their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Scene
from pydantic import Field, model_validator

from multisynth.kinds import EPISODE, FRAME, VOLUME, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from .cameras.checks import Limits, refusals
from .cameras.paths import StereoRig
from .cameras.scene import NoCamera, choose
from .cameras.viewpoint import Viewpoint
from .inside import Standing
from .labels.bodies import Bodies
from .labels.columns import LabelName, Seen, Subjects, annotate, encoded
from .labels.thermal import Climate, Heat
from .labels.things import Things
from .licences import all_of
from .place import PLACES, Place
from .render.buffers import Renderer
from .render.composite import Composite
from .render.rays import RayRenderer


class Label(Map):
    """Take still frames of an episode, with labels that are exact: they come from the rays that made the image.

    The frames of one camera are a sequence, so flow leads from each to the next, and tracks go through all of them.
    Inside a volume, an episode is moved into the volume's world and seen before, in and behind what was captured; an
    episode whose camera would stand where the volume shows nothing sound is dropped with the reason.
    """

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    reads: ClassVar[Mapping[str, tuple[Kind, ...]]] = {"inside": (VOLUME,)}
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

    inside: str | None = Field(None, description="The stage whose volumes the episodes are put into.")
    at: Standing = Field(Standing(), description="Where in a volume the world of an episode stands.")
    limits: Limits = Field(Limits(), description="What a camera inside a volume must keep to.")

    def open(self) -> None:
        """Look at what can be filmed in; a volume is made ready when its first episode comes."""
        self._places = list(self.read("inside"))
        self._ready = lru_cache(PLACES)(lambda index: Place.of(self._places[index]))

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
            steps = moments(times, self.every)
            yield from self._frames(episode, scene, [camera.name for camera in cameras], times[steps], poses[steps])

    def _frames(
        self, episode: Sample, scene: Scene, cameras: Sequence[str], times: np.ndarray, poses: np.ndarray
    ) -> Iterator[Sample | Drop]:
        if self.inside and not self._places:
            yield Drop(episode, f"nowhere to stand: `{self.inside}` made no volume")
            return
        place, stands = self._place_of(episode), {}
        if place is not None:
            stood = self.at.into(place, scene, poses)
            scene, poses, stands = stood.scene, stood.poses, {"inside": stood.meta}
        world = World(scene)
        things = (Bodies(world), *(() if place is None else place.things))
        ways = {name: self._viewpoints(scene, name, times) for name in cameras}
        if place is not None:
            for name, viewpoints in ways.items():
                reason = refusals(viewpoints[:1], place.subject, place.renderer, self.limits)[0]
                if reason is not None:
                    yield Drop(episode, f"camera {name} {reason}")
                    return
        for name, viewpoints in ways.items():
            renderer = RayRenderer(world) if place is None else Composite(place.renderer, RayRenderer(world))
            made = self._columns(episode, name, renderer, things, viewpoints, poses)
            for viewpoint, columns in zip(viewpoints, made, strict=True):
                yield episode.child(
                    FRAME,
                    parents=() if place is None else (place.id,),
                    license=None if place is None else all_of([episode["license"], place.license]),
                    meta={"task": episode["task"], "camera": name, "place": episode.id, "metric": True, **stands},
                    width=viewpoint.width,
                    height=viewpoint.height,
                    intrinsics=viewpoint.intrinsics,
                    world_to_camera=viewpoint.world_to_camera,
                    time=viewpoint.time,
                    **encoded(columns),
                )

    def _viewpoints(self, scene: Scene, name: str, times: np.ndarray) -> list[Viewpoint]:
        camera = choose(scene, name, self.width, self.height)
        size = camera.width, camera.height, camera.intrinsics, camera.world_to_camera
        return [Viewpoint(*size, time=float(time)) for time in times]

    def _place_of(self, episode: Sample) -> Place | None:
        """Where an episode is put, if anywhere: in one of the volumes, drawn for it."""
        if not self._places:
            return None
        return self._ready(int(self.rng(episode, "place").integers(len(self._places))))

    def _columns(
        self, episode: Sample, camera: str, renderer: Renderer, things: Sequence[Things],
        viewpoints: list[Viewpoint], poses: np.ndarray,
    ) -> Iterator[dict[str, Any]]:  # fmt: skip
        heat = Heat.drawn(self.climate, things, self.rng(episode, "heat")) if "temperature" in self.labels else None
        tracks = self.rng(episode, f"tracks of {camera}")
        subjects = Subjects(things, self.categories or None, self.points, tracks, heat)
        return annotate(self._seen(episode, renderer, viewpoints, poses), self.labels, subjects)

    def _seen(
        self, episode: Sample, renderer: Renderer, viewpoints: list[Viewpoint], poses: np.ndarray
    ) -> Iterator[Seen]:
        baseline = None if self.rig is None else self.rig.draw(self.rng(episode, "rig"))
        left, right = renderer.render(viewpoints, poses), None
        if baseline is not None:
            right = renderer.render([viewpoint.right_eye(baseline) for viewpoint in viewpoints], poses)
        for viewpoint, seen, moment in zip(viewpoints, left, poses, strict=True):
            yield Seen(viewpoint, seen, moment, None if right is None else next(right), baseline)


def moments(times: np.ndarray, every: float) -> list[int]:
    """The first step at or after each multiple of `every` seconds from the first step on. `times` is [T], s, rising."""
    elapsed = times - times[0]
    marks = np.arange(0, elapsed[-1] + 1e-9, every)
    return np.unique(np.searchsorted(elapsed, marks - 1e-9)).tolist()
