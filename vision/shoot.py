"""Stage `vision.shoot`: labelled frames along camera paths, of a scene or inside a captured volume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from multisynth.kinds import FRAME, SCENE, VOLUME, Kind
from multisynth.sample import Drop, Sample
from multisynth.stage import Needs, Source

from .cameras.checks import Limits, refusals
from .cameras.orbit import Orbit
from .cameras.paths import CameraPath, StereoRig
from .cameras.shot import Optics, Shot
from .cameras.shutter import Shutter
from .cameras.viewpoint import Viewpoint
from .labels.columns import LabelName, Seen, Subjects, annotate, encoded
from .labels.thermal import Climate, Heat
from .place import PLACES, Method, Place
from .render.ahead import Ahead, threads_beside

QUICK = frozenset({"depth", "median_depth", "normals", "instances", "opacity"})
"""Labels that a renderer may round itself, before they leave the GPU."""


class Shoot(Source):
    """Film along camera paths that are drawn anew for each shot; shot n is of the place n, counted round and round.

    Every viewpoint is checked before it is filmed: not inside geometry, enough to see, near the views that a volume was
    made from, no repeat. A path that fails is drawn again, up to `tries` times; then the shot is dropped with the last
    reason. A shot is an input of its own on the ledger, and needs no other: the millionth is made without those before.
    """

    makes: ClassVar[Kind] = FRAME
    reads: ClassVar[Mapping[str, tuple[Kind, ...]]] = {"of": (SCENE, VOLUME)}
    needs: ClassVar[Needs] = Needs(batch_size=1)
    extent: ClassVar[str] = "shots"

    license: str = Field("", description="SPDX identifier of the frames; by default that of what is filmed.")
    of: str = Field(description="The stage whose scenes or volumes are filmed.")
    shots: int = Field(10, ge=0, description="How many paths, over all places.")
    frames: int = Field(8, ge=1, le=100_000, description="Of each shot.")
    fps: float = Field(10.0, gt=0, le=10_000, description="Frames a second.")
    path: CameraPath = Field(
        default_factory=lambda: Orbit(kind="orbit"),
        description="Where the camera goes; `kind` is orbit, spiral, dolly, handheld, walk or look_at.",
    )
    optics: Optics = Field(Optics(), description="Size of the image and lens.")
    rig: StereoRig | None = Field(None, description="A second eye beside the first, for disparity.")
    shutter: Shutter | None = Field(None, description="Rolling shutter and motion blur; by default an instant.")
    limits: Limits = Field(Limits(), description="What a camera must keep to.")
    tries: int = Field(8, ge=1, le=1000, description="Paths drawn for a shot before it is given up.")
    labels: tuple[LabelName, ...] = Field(
        ("depth", "normals", "instances", "boxes"), description="What each frame has besides its picture."
    )
    points: int = Field(256, ge=1, le=100_000, description="Tracked through each shot, where `tracks` are wanted.")
    climate: Climate = Field(Climate(), description="Temperatures and emissivities, where `temperature` is wanted.")
    renderer: Method = Field("auto", description="auto, or of scenes: rays, or paths for path tracing.")
    test: float = Field(
        0.0, ge=0, le=1,
        description="Share of the places, or of the shots of a single one, that are of the test split; 0: no splits.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _labels_can_be_had(self) -> Self:
        if "disparity" in self.labels and self.rig is None:
            raise ValueError("disparity needs two eyes: give `rig`, such as {baseline: [0.06, 0.12]}")
        if "flow" in self.labels and self.frames < 2:
            raise ValueError("flow needs at least 2 frames a shot")
        rolling = self.shutter is not None and self.shutter.readout > 0
        if rolling and (found := sorted({"flow", "tracks"}.intersection(self.labels))):
            remedy = "leave out `readout` of the shutter, or the label"
            raise ValueError(f"{' and '.join(found)} need all rows to be of one moment: {remedy}")
        return self

    def open(self) -> None:
        """Look at what can be filmed; a place is made ready when its first shot comes."""
        self._samples = list(self.read("of"))
        self._categories = sorted({name for sample in self._samples for name in _categories(sample)})
        self._place = lru_cache(PLACES)(
            lambda index: Place.of(self._samples[index], self.renderer, "median_depth" in self.labels)
        )

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        """The frames of each shot, in the order of time."""
        if not self._samples:
            yield from (Drop(ordinal, f"nothing to film: `{self.of}` made nothing") for ordinal in ordinals)
            return
        for ordinal in ordinals:
            place = self._place(ordinal % len(self._samples))
            with Ahead(threads_beside(place.renderer)) as ahead:
                yield from ahead.run(self._shot(ordinal, place))

    def _shot(self, ordinal: int, place: Place) -> Iterator[Any]:
        shot, reasons = self._path(ordinal, place)
        if shot is None:
            yield partial(Drop, ordinal, reasons[-1])
            return
        viewpoints = shot.viewpoints(self.frames, self.fps)
        split = self._split(ordinal)
        meta = {"path": self.path.kind, "place": place.id, "metric": place.metric, "refused": reasons}
        for viewpoint, columns in zip(viewpoints, self._columns(ordinal, place, shot, viewpoints), strict=True):
            yield partial(_frame, ordinal, place.id, self.license or place.license, viewpoint, split, meta, columns)

    def _split(self, ordinal: int) -> str | None:
        """By place, so that a model is never tested on a scene that it was trained on."""
        if not self.test:
            return None
        drawn = ordinal if len(self._samples) == 1 else ordinal % len(self._samples)
        return "test" if self.rng(drawn, "split").random() < self.test else "train"

    def _path(self, ordinal: int, place: Place) -> tuple[Shot | None, list[str]]:
        """A shot whose viewpoints all pass, or None; and why those before it did not."""
        reasons: list[str] = []
        for attempt in range(self.tries):
            rng = self.rng(ordinal, f"path {attempt}")
            camera = self.optics.draw(place.subject, rng)
            shot = Shot(camera, self.path.motion(place.subject, self.frames, self.fps, rng))
            viewpoints = shot.viewpoints(self.frames, self.fps)
            found = refusals(viewpoints, place.subject, place.renderer, self.limits, place.moments(len(viewpoints)))
            reason = next((reason for reason in found if reason is not None), None)
            if reason is None:
                return shot, reasons
            reasons.append(reason)
        return None, reasons

    def _columns(self, ordinal: int, place: Place, shot: Shot, viewpoints: list[Viewpoint]) -> Iterator[Any]:
        """For each frame, what gives its columns."""
        if self.rig is None and self.shutter is None and QUICK.issuperset(self.labels):
            codes = getattr(place.renderer, "codes", None)
            if codes is not None:
                from .render.encode import columns

                seen = codes(viewpoints, "median_depth" in self.labels)
                yield from (partial(columns, code, self.labels) for code in seen)
                return
        rng = self.rng(ordinal, "heat")
        heat = Heat.drawn(self.climate, place.things, rng) if "temperature" in self.labels else None
        subjects = Subjects(place.things, self._categories, self.points, self.rng(ordinal, "tracks"), heat)
        for made in annotate(self._seen(ordinal, place, shot, viewpoints), self.labels, subjects):
            yield partial(encoded, made)

    def _seen(self, ordinal: int, place: Place, shot: Shot, viewpoints: list[Viewpoint]) -> Iterator[Seen]:
        baseline = None if self.rig is None else self.rig.draw(self.rng(ordinal, "rig"))
        left = self._film(place, shot, viewpoints, None)
        right = None if baseline is None else self._film(place, shot, viewpoints, baseline)
        for viewpoint, seen in zip(viewpoints, left, strict=True):
            yield Seen(viewpoint, seen, place.poses, None if right is None else next(right), baseline)

    def _film(self, place: Place, shot: Shot, viewpoints: list[Viewpoint], baseline: float | None) -> Iterator[Any]:
        """What is seen at each viewpoint, or so far to its right."""
        if self.shutter is None:
            eyes = viewpoints if baseline is None else [viewpoint.right_eye(baseline) for viewpoint in viewpoints]
            return place.renderer.render(eyes, place.moments(len(eyes)))
        look = shot.at if baseline is None else lambda time: shot.at(time).right_eye(baseline)
        poses = None if place.poses is None else lambda time: place.poses
        return self.shutter.film(place.renderer, look, [viewpoint.time for viewpoint in viewpoints], poses)


def _frame(
    ordinal: int, place: str, licence: str, viewpoint: Viewpoint, split: str | None, meta: dict[str, Any], columns: Any
) -> Sample:
    return Sample(
        FRAME, ordinal, parents=[place], license=licence, meta=meta,
        width=viewpoint.width, height=viewpoint.height, split=split,
        intrinsics=viewpoint.intrinsics, world_to_camera=viewpoint.world_to_camera, time=viewpoint.time,
        lens=viewpoint.lens, distortion=list(viewpoint.distortion) or None, **columns(),
    )  # fmt: skip


def _categories(sample: Sample) -> Iterable[str]:
    if sample.kind.name == VOLUME.name:
        return sample["categories"] or ()
    from multisynth.scenes.schema import Scene

    return [body.category for body in Scene.model_validate_json(sample["scene"]).bodies]
