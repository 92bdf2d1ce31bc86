"""What cameras saw of an episode, step by step: still frames as they are, or the frames of a clip as they decode."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Protocol

import numpy as np

from multisynth.depth_video import decode_depth_video
from multisynth.errors import BadInput
from multisynth.export.exporter import Table, Tables
from multisynth.export.relate import LINEAGE, originals
from multisynth.kinds import CLIP, EPISODE, FRAME
from multisynth.media import decode_depth, decode_rgb, decode_video
from multisynth.sample import Sample

TOLERANCE = 1e-4
"""Seconds by which a picture may lie off its step."""
CAMERA = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a camera may be called where its name becomes part of a file's or a column's."""
_FRAMES_AT_ONCE = 16
_EPISODES_AT_ONCE = 16


class Shot(Protocol):
    """One camera's view of an episode, in the order of time."""

    @property
    def times(self) -> np.ndarray:
        """When each picture was taken, s. [T]"""

    def rgb(self) -> Iterator[np.ndarray]:
        """The pictures, sRGB. Each [H, W, 3] uint8"""

    def depth(self) -> Iterator[np.ndarray]:
        """z-depth, m, 0 where nothing is. Each [H, W] float32

        Raises:
            BadInput: They have none.
        """


@dataclass(frozen=True)
class _Clip:
    clip: Sample

    @property
    def times(self) -> np.ndarray:
        times: np.ndarray = self.clip["times"]
        return times

    def rgb(self) -> Iterator[np.ndarray]:
        return decode_video(self.clip["video"])

    def depth(self) -> Iterator[np.ndarray]:
        data = self.clip["depth"]
        if data is None:
            raise BadInput(f"clip {self.clip.id} has no depth", "film with `depth: true`", "depth")
        return decode_depth_video(data)


@dataclass(frozen=True)
class _Frames:
    table: Table
    moments: list[tuple[float, str]]

    @cached_property
    def times(self) -> np.ndarray:
        return np.array([time for time, _ in self.moments])

    def rgb(self) -> Iterator[np.ndarray]:
        return (decode_rgb(frame["rgb"]) for frame in self._frames())

    def depth(self) -> Iterator[np.ndarray]:
        for frame in self._frames():
            if frame["depth"] is None:
                raise BadInput(f"frame {frame.id} has no depth", "label with `labels: [depth]`", "depth")
            yield decode_depth(frame["depth"])

    def _frames(self) -> Iterator[Sample]:
        for start in range(0, len(self.moments), _FRAMES_AT_ONCE):
            ids = [frame for _, frame in self.moments[start : start + _FRAMES_AT_ONCE]]
            found = self.table.find(ids)
            yield from (found[frame] for frame in ids)


@dataclass
class Pictures:
    """The pictures of a stage: their format, and which shows which episode.

    Args:
        table: Clips, or frames.
        run: Where the episodes are that they were made from.

    Raises:
        BadInput: They are neither, differ in size, or two show one instant of an episode by one camera.
    """

    table: Table
    run: Tables
    height: int = field(init=False, default=0)
    width: int = field(init=False, default=0)
    cameras: tuple[str, ...] = field(init=False, default=())
    _moments: dict[str, dict[str, list[tuple[float, str]]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        name, kind = self.table.name, self.table.kind.name
        if kind not in (CLIP.name, FRAME.name):
            raise BadInput(f"`{name}` makes {kind}s", "name a stage that makes clips or frames", "images")
        self._of_clips = kind == CLIP.name
        sizes, cameras = set(), set()
        columns = [*LINEAGE, "meta", "height", "width", *(() if self._of_clips else ("time",))]
        for picture, (episode,) in originals(self.table.samples(columns, batch_size=1024), [EPISODE], self.run):
            if episode is None:
                raise BadInput(f"{kind} {picture.id} of `{name}` was not made from an episode", "", "images")
            camera = str(picture.meta.get("camera", "main"))
            if not CAMERA.fullmatch(camera):
                raise BadInput(f"a camera of `{name}` is called {camera!r}", "use letters, digits, _ and -", "images")
            moments = self._moments.setdefault(episode, {}).setdefault(camera, [])
            moments.append((0.0 if self._of_clips else picture["time"], picture.id))
            cameras.add(camera)
            sizes.add((picture["height"], picture["width"]))
        if len(sizes) != 1:
            found = ", ".join(f"{width}×{height}" for height, width in sorted(sizes)) or "none"
            raise BadInput(f"the {kind}s of `{name}` must have one size, and have: {found}", "", "images")
        for episode, views in self._moments.items():
            for camera, moments in views.items():
                moments.sort()
                times = [time for time, _ in moments]
                if len(set(times)) < len(times):
                    what = f"`{name}` has two {kind}s of one instant of episode {episode} by camera `{camera}`"
                    raise BadInput(what, "show each episode once a camera, and name the camera in `meta`", "images")
        (self.height, self.width), self.cameras = sizes.pop(), tuple(sorted(cameras))

    def beside(self, episodes: Iterator[Sample]) -> Iterator[tuple[Sample, dict[str, Shot] | str]]:
        """Each episode with the shot of each camera; or with the reason why they do not show each of its steps."""
        while part := list(islice(episodes, _EPISODES_AT_ONCE)):
            related = [
                (episode, self._moments.get(key or "", {})) for episode, (key,) in originals(part, [EPISODE], self.run)
            ]
            clips = self._clips([moments for _, views in related for moments in views.values()])
            for episode, views in related:
                shots: dict[str, Shot] = {
                    camera: _Clip(clips[moments[0][1]]) if self._of_clips else _Frames(self.table, moments)
                    for camera, moments in views.items()
                }
                yield episode, self._flaw(episode, shots) or shots

    def _clips(self, moments: Sequence[list[tuple[float, str]]]) -> dict[str, Sample]:
        return self.table.find([clip for ((_, clip), *_) in moments]) if self._of_clips else {}

    def _flaw(self, episode: Sample, shots: dict[str, Shot]) -> str:
        times = episode["times"]
        for camera in self.cameras:
            if camera not in shots:
                return f"`{self.table.name}` does not show it by camera {camera}"
            shown = shots[camera].times
            if len(shown) != len(times) or np.abs(shown - times).max(initial=0) > TOLERANCE:
                counts = f"{len(shown)} pictures, {len(times)} steps"
                return f"`{self.table.name}` does not show each step of it by camera {camera}: {counts}"
        return ""
