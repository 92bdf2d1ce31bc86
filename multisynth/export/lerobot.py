"""Episodes as a LeRobot data set, codebase version v3.0 (https://huggingface.co/docs/lerobot/lerobot-dataset-v3)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from multisynth.depth_video import decode_depth_video
from multisynth.errors import BadInput, nearest
from multisynth.export import lerobot_depth
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.feature_stats import Stats, level_stats, pixel_stats
from multisynth.export.lerobot_writer import LeRobotWriter
from multisynth.export.mp4 import Footage, open_clip
from multisynth.export.pictures import CAMERA
from multisynth.export.provenance import facts
from multisynth.export.relate import LINEAGE, originals
from multisynth.export.strict_json import dumps
from multisynth.kinds import CLIP, EPISODE, Kind
from multisynth.media import decode_video
from multisynth.sample import Sample

TOLERANCE = 1e-4
"""Seconds by which LeRobot lets a time stamp be off."""

_AT_ONCE = 16


class _Form(NamedTuple):
    """What all episodes of a data set must have in common."""

    states: tuple[str, ...]
    actions: tuple[str, ...]
    rate: float


class _Shots(NamedTuple):
    """The clips of a stage: format, and for each episode the clip of each camera."""

    fps: float
    height: int
    width: int
    cameras: tuple[str, ...]
    clips: dict[str, dict[str, str]]


class LeRobot(Exporter):
    """Write episodes for lerobot 0.4: Parquet rows, H.264 videos, statistics, instructions.

    Features: `observation.state`, `action`, `next.reward`, `next.done`, `next.success`, LeRobot's index columns, and
    `observation.images.CAMERA` for each camera of the clips, named by `camera` in a clip's `meta` (else `main`); with
    `depth`, `observation.depth.CAMERA` as well, from 0.01 to 10 m (see `lerobot_depth` for its precision).

    With `video`, there is a row for each frame of a clip: the step of that instant, and as `next.reward` the sum of
    the rewards until the next frame. `next.done` is set on an episode's last step only, `next.success` wherever the
    task stands achieved after the step. The episodes' table also says which sample of which seed each was made from,
    with what parameters and engine, and whether it succeeded; `meta/replay` has scene and event log of each.
    `meta/lineage.jsonl` names the samples once more, and says why others were left out.
    """

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    reads: ClassVar[tuple[str, ...]] = ("video",)

    video: str | None = Field(None, description="Stage whose clips show the episodes.")
    depth: bool = Field(False, description="Whether the clips' depth is written as well.")
    tasks: tuple[str, ...] = Field((), description="Names of the tasks to write; all by default.")
    data_files_size_in_mb: int = Field(100, ge=1, description="MiB at which a Parquet file is followed by another.")
    video_files_size_in_mb: int = Field(200, ge=1, description="MiB at which a video is followed by another.")

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the data set; returns how many episodes it has."""
        if self.depth and self.video is None:
            raise BadInput("depth is that of `video`, and there is none", "name a stage in `video`", "depth")
        form, robots = self._survey(samples)
        shots = None if self.video is None else _shots(run.table(self.video), run)
        features = _features(form, shots, self.depth)
        fps = form.rate if shots is None else shots.fps
        writer = LeRobotWriter(folder, fps, features, self.data_files_size_in_mb, self.video_files_size_in_mb)
        (folder / "meta").mkdir(parents=True)
        with (folder / "meta/lineage.jsonl").open("w", encoding="utf-8") as lineage:
            for episode, clips in self._with_clips(samples, shots, run):
                missing = [] if shots is None else [camera for camera in shots.cameras if camera not in clips]
                entry: dict[str, Any] = {"id": episode.id, "license": episode["license"]}
                if not len(episode["times"]):
                    entry["left_out"] = "it has no steps"
                elif missing:
                    entry["left_out"] = f"`{self.video}` has no clip of it by camera {', '.join(missing)}"
                else:
                    entry["episode_index"] = writer.episodes
                    entry["clips"] = {camera: clip.id for camera, clip in clips.items()}
                    _add(writer, episode, clips, self.depth)
                lineage.write(dumps(entry) + "\n")
        if not writer.episodes:
            raise BadInput(
                f"nothing of `{samples.name}` can be written: {entry['left_out']}",
                "name the stage that films these episodes" if shots else "",
                "video" if shots else "",
            )
        writer.close(", ".join(sorted(robots)))
        return writer.episodes

    def _wanted(self, episode: Sample) -> bool:
        return not self.tasks or episode["task"] in self.tasks

    def _survey(self, samples: Table) -> tuple[_Form, set[str]]:
        """Form and robots of the episodes to write, which must be of one form."""
        forms: dict[_Form, set[str]] = {}
        robots, tasks = set(), set()
        for episode in samples.samples(["task", "robot", "rate", "state_names", "action_names"]):
            tasks.add(episode["task"])
            if self._wanted(episode):
                form = _Form(tuple(episode["state_names"]), tuple(episode["action_names"]), episode["rate"])
                forms.setdefault(form, set()).add(episode["task"])
                robots.add(episode["robot"])
        for task in self.tasks:
            if task not in tasks:
                raise BadInput(
                    f"`{samples.name}` has no episode of task `{task}`", nearest(task, sorted(tasks)), "tasks"
                )
        if not forms:
            raise BadInput(f"`{samples.name}` has no episodes", "see its ledger for the reasons")
        if len(forms) > 1:
            groups = "; ".join(
                f"{', '.join(sorted(names))}: {len(form.states)} states, {len(form.actions)} actions, {form.rate:g} Hz"
                for form, names in forms.items()
            )
            raise BadInput(
                f"a LeRobot data set has one form for all episodes, and those of `{samples.name}` differ ({groups})",
                "write one data set for each group, with `tasks: [...]`",
                "tasks",
            )
        return next(iter(forms)), robots

    def _with_clips(
        self, samples: Table, shots: _Shots | None, run: Tables
    ) -> Iterator[tuple[Sample, dict[str, Sample]]]:
        """Each episode to write, with the clip of each camera."""
        episodes = (episode for episode in samples.samples(batch_size=_AT_ONCE) if self._wanted(episode))
        if shots is None or self.video is None:
            yield from ((episode, {}) for episode in episodes)
            return
        table = run.table(self.video)
        while part := list(islice(episodes, _AT_ONCE)):
            related = [(e, shots.clips.get(key or "", {})) for e, (key,) in originals(part, [EPISODE], run)]
            found = table.find([clip for _, clips in related for clip in clips.values()])
            for episode, clips in related:
                yield episode, {camera: found[clip] for camera, clip in sorted(clips.items())}


def _shots(table: Table, run: Tables) -> _Shots:
    """Look at all clips of a stage.

    Raises:
        BadInput: They are no clips, differ in format, or two show one episode by one camera.
    """
    if table.kind.name != CLIP.name:
        raise BadInput(f"`{table.name}` makes {table.kind.name}s", "name a stage that makes clips", "video")
    clips: dict[str, dict[str, str]] = {}
    formats, cameras = set(), set()
    columns = [*LINEAGE, "meta", "fps", "height", "width"]
    for clip, (episode,) in originals(table.samples(columns), [EPISODE], run):
        if episode is None:
            raise BadInput(f"clip {clip.id} of `{table.name}` was not made from an episode", "film episodes", "video")
        camera = str(clip.meta.get("camera", "main"))
        if not CAMERA.fullmatch(camera):
            raise BadInput(f"a camera of `{table.name}` is called {camera!r}", "use letters, digits, _ and -", "video")
        if camera in clips.setdefault(episode, {}):
            raise BadInput(
                f"`{table.name}` has two clips of episode {episode} by camera `{camera}`",
                "film each episode once a camera, and name the camera in `meta`",
                "video",
            )
        clips[episode][camera] = clip.id
        cameras.add(camera)
        formats.add((clip["fps"], clip["height"], clip["width"]))
    if len(formats) != 1:
        found = ", ".join(f"{width}×{height} at {fps:g}/s" for fps, height, width in sorted(formats)) or "none"
        raise BadInput(
            f"the clips of `{table.name}` must have one format, and have: {found}", "film all alike", "video"
        )
    fps, height, width = next(iter(formats))
    return _Shots(fps, height, width, tuple(sorted(cameras)), clips)


def _features(form: _Form, shots: _Shots | None, depth: bool) -> dict[str, dict[str, Any]]:
    features: dict[str, dict[str, Any]] = {
        "observation.state": {"dtype": "float32", "shape": [len(form.states)], "names": list(form.states)},
        "action": {"dtype": "float32", "shape": [len(form.actions)], "names": list(form.actions)},
        "next.reward": {"dtype": "float32", "shape": [1], "names": None},
        "next.done": {"dtype": "bool", "shape": [1], "names": None},
        "next.success": {"dtype": "bool", "shape": [1], "names": None},
    }
    if shots is not None:
        video = {
            "dtype": "video",
            "shape": [shots.height, shots.width, 3],
            "names": ["height", "width", "channels"],
        }
        features |= {f"observation.images.{camera}": dict(video) for camera in shots.cameras}
        if depth:
            grey = {**video, "shape": [shots.height, shots.width, 1], "info": lerobot_depth.INFO}
            features |= {f"observation.depth.{camera}": dict(grey) for camera in shots.cameras}
    return features


def _add(writer: LeRobotWriter, episode: Sample, clips: dict[str, Sample], depth: bool) -> None:
    videos = {}
    times = episode["times"]
    if clips:
        times = next(iter(clips.values()))["times"]
    steps = _steps(episode, times, writer.fps)
    for camera, clip in clips.items():
        try:
            if not np.allclose(clip["times"], times, rtol=0, atol=TOLERANCE):
                raise ValueError("its times are not those of another camera")
            videos[f"observation.images.{camera}"] = _pictures(clip, writer.fps, len(steps))
            if depth:
                videos[f"observation.depth.{camera}"] = _depth(clip, writer.fps, len(steps))
        except ValueError as error:
            raise BadInput(f"clip {clip.id} cannot go into a LeRobot video: {error}") from error
    last = len(episode["times"]) - 1
    stride = int(steps[1] - steps[0]) if len(steps) > 1 else last + 1
    ends = np.minimum(np.append(steps[1:], steps[-1] + stride), last + 1)
    done = ends == last + 1
    done[:-1] = False
    sums = np.concatenate([[0.0], np.cumsum(episode["rewards"], dtype=np.float64)])
    whole = stride == 1
    writer.add(
        episode["instruction"],
        {
            "observation.state": episode["states"][steps],
            "action": episode["actions"][steps],
            "next.reward": episode["rewards"][steps] if whole else (sums[ends] - sums[steps]).astype(np.float32),
            "next.done": done,
            "next.success": episode["successes"][ends - 1],
        },
        videos,
        {**facts(episode), "parameters": episode["parameters"]},
        {"sample_id": episode.id, "scene": episode["scene"], "events": dumps(episode["events"])},
    )


def _pictures(clip: Sample, fps: float, count: int) -> tuple[Footage, Stats]:
    footage = open_clip(clip["video"], fps)
    _expect(footage, count)
    return footage, pixel_stats(decode_video(clip["video"]), count)


def _depth(clip: Sample, fps: float, count: int) -> tuple[Footage, Stats]:
    if clip["depth"] is None:
        raise ValueError("it has no depth: film with `depth: true`")
    codes = lerobot_depth.encode_codes(map(lerobot_depth.codes_of, decode_depth_video(clip["depth"])), fps)
    footage = open_clip(codes, fps, "hevc")
    _expect(footage, count)
    values = lerobot_depth.depth_of(np.arange(lerobot_depth.CODES))
    return footage, level_stats(lerobot_depth.decode_codes(codes), count, values)


def _expect(footage: Footage, count: int) -> None:
    if footage.count != count:
        raise ValueError(f"it has {footage.count} frames for {count} steps")


def _steps(episode: Sample, times: np.ndarray, fps: float) -> np.ndarray:
    """The step of each row, by its time. [rows]

    Raises:
        BadInput: There is no step at one of the times, or they are not 1 / fps apart.
    """
    own = episode["times"]
    after = np.clip(np.searchsorted(own, times), 1, max(len(own) - 1, 1))
    near = np.stack([after - 1, np.minimum(after, len(own) - 1)])
    steps = near[np.abs(own[near] - times).argmin(axis=0), np.arange(len(times))]
    apart = np.abs(own[steps] - times).max()
    if apart > TOLERANCE:
        raise BadInput(
            f"a frame lies {apart:.4f} s from the nearest step of episode {episode.id}",
            "film at the episodes' rate, or at a whole fraction of it",
            "video",
        )
    drift = np.abs(times - times[0] - np.arange(len(times)) / fps).max()
    if drift > TOLERANCE:
        raise BadInput(f"episode {episode.id} is not recorded every 1/{fps:g} s, but up to {drift:.4f} s off")
    found: np.ndarray = steps
    return found
