"""From what was seen along a path to the columns of its frames."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from multisynth import srgb
from multisynth.media import (
    encode_floats,
    encode_flow,
    encode_instances,
    encode_mask,
    encode_normals,
    encode_opacity,
    encode_radiance,
    encode_rgb,
)

from ..cameras.viewpoint import Viewpoint
from ..render.buffers import Buffers
from .boxes_2d import boxes_2d
from .boxes_3d import boxes_3d
from .distance import distance
from .flow import flow
from .stereo import between, disparity
from .thermal import Heat, temperature
from .things import Things, categories, semantics
from .tracks import Tracks

LabelName = Literal[
    "radiance", "depth", "median_depth", "distance", "opacity", "normals", "instances", "semantics", "flow",
    "disparity", "boxes", "boxes_3d", "tracks", "temperature",
]  # fmt: skip
"""What a frame may have besides its picture.

| label | columns of the frame | is missing where |
|---|---|---|
| radiance | radiance | |
| depth | depth: of a surface; of a volume the mean over what is there | |
| median_depth | median_depth: where half the light is gone | the renderer gives none, as for surfaces |
| distance | distance: along the ray, from depth | |
| opacity | opacity | |
| normals | normals | |
| instances | instances | |
| semantics | semantics, categories | |
| flow | flow_forward, hidden_forward; flow_backward, hidden_backward | there is no next frame; none before |
| disparity | disparity, right, baseline | there is no right eye |
| boxes | boxes | |
| boxes_3d | boxes_3d | |
| tracks | tracks: of points drawn in the first frame | |
| temperature | temperature | |
"""
LABELS: tuple[LabelName, ...] = get_args(LabelName)


@dataclass(frozen=True, eq=False)
class Seen:
    """One moment of a path or episode."""

    viewpoint: Viewpoint
    buffers: Buffers
    poses: np.ndarray | None = None  # [B, 7] of the moving parts: x, y, z, w, x, y, z; None where nothing moves
    right: Buffers | None = None  # what the right eye sees, of a stereo rig
    baseline: float | None = None  # m from the eye of the viewpoint to the right one


@dataclass(frozen=True)
class Subjects:
    """What labels must know of a path besides what is seen."""

    things: Sequence[Things] = ()  # for boxes, semantics
    categories: Sequence[str] | None = None  # names of the semantic ids 1, 2, …; None: those of the things
    points: int = 256  # how many are tracked
    rng: np.random.Generator | None = None  # draws them
    heat: Heat | None = None  # for temperature


def annotate(
    frames: Iterable[Seen], labels: Collection[LabelName], subjects: Subjects = Subjects()
) -> Iterator[dict[str, Any]]:
    """The columns of each frame, arrays not encoded yet; see `LabelName` and `encoded`.

    With flow, each frame comes when the next has been seen; without, at once.

    Args:
        frames: Of one path or episode, in the order of time.
        labels: Which are wanted besides `rgb`.
        subjects: What is there.

    Raises:
        ValueError: A label lacks what it is made from.
    """
    if "tracks" in labels and subjects.rng is None:
        raise ValueError("tracks need a generator that draws their points")
    if "temperature" in labels and subjects.heat is None:
        raise ValueError("temperature needs a drawn heat")
    names = categories(subjects.things) if subjects.categories is None else list(subjects.categories)
    tracks: Tracks | None = None
    for before, frame, after in _neighbours(frames, "flow" in labels):
        made = _own(frame, labels, subjects, names)
        if "tracks" in labels:
            if tracks is None:
                assert subjects.rng is not None
                tracks = Tracks.drawn(frame.viewpoint, frame.buffers, subjects.points, subjects.rng, frame.poses)
            made["tracks"] = tracks.at(frame.viewpoint, frame.buffers, frame.poses)
        for way, other in (("forward", after), ("backward", before)):
            if other is not None:
                made[f"flow_{way}"], made[f"hidden_{way}"] = flow(
                    frame.viewpoint, frame.buffers, other.viewpoint, other.buffers, frame.poses, other.poses
                )
        yield made


def encoded(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as a frame has them: images as bytes. It holds no lock for long, so threads may share the work.

    Raises:
        ValueError: An image is not what its format takes, such as a normal that is no number.
    """
    return {name: _ENCODERS[name](value) if name in _ENCODERS else value for name, value in columns.items()}


_ENCODERS: dict[str, Callable[[np.ndarray], bytes]] = {
    "rgb": encode_rgb,
    "right": encode_rgb,
    "radiance": encode_radiance,
    **dict.fromkeys(("depth", "median_depth", "distance", "disparity", "temperature"), encode_floats),
    "opacity": encode_opacity,
    "normals": encode_normals,
    "instances": encode_instances,
    "semantics": encode_instances,
    "flow_forward": encode_flow,
    "flow_backward": encode_flow,
    "hidden_forward": encode_mask,
    "hidden_backward": encode_mask,
}


def _neighbours(frames: Iterable[Seen], wanted: bool) -> Iterator[tuple[Seen | None, Seen, Seen | None]]:
    """Each frame between the one before and the next, or alone where its neighbours are not wanted."""
    if not wanted:
        yield from ((None, frame, None) for frame in frames)
        return
    before: Seen | None = None
    frame: Seen | None = None
    for after in frames:
        if frame is not None:
            yield before, frame, after
        before, frame = frame, after
    if frame is not None:
        yield before, frame, None


def _own(frame: Seen, labels: Collection[LabelName], subjects: Subjects, names: list[str]) -> dict[str, Any]:
    """Columns that take no other frame."""
    viewpoint, seen = frame.viewpoint, frame.buffers
    made: dict[str, Any] = {"rgb": srgb.encoded(seen.radiance)}
    for name in ("radiance", "depth", "normals", "instances"):
        if name in labels:
            made[name] = getattr(seen, name)
    if "median_depth" in labels and seen.median_depth is not None:
        made["median_depth"] = seen.median_depth
    if "distance" in labels:
        made["distance"] = distance(viewpoint, seen.depth)
    if "opacity" in labels:
        made["opacity"] = np.clip(seen.opacity, 0, 1)
    if "semantics" in labels:
        made["semantics"], made["categories"] = semantics(seen.instances, subjects.things, names), names
    if "disparity" in labels and frame.right is not None and frame.baseline is not None:
        made["right"], made["baseline"] = srgb.encoded(frame.right.radiance), frame.baseline
        made["disparity"] = _disparity(frame, frame.right, frame.baseline)
    if "boxes" in labels:
        made["boxes"] = boxes_2d(viewpoint, seen, subjects.things, frame.poses)
    if "boxes_3d" in labels:
        made["boxes_3d"] = boxes_3d(seen.instances, subjects.things, frame.poses)
    if "temperature" in labels and subjects.heat is not None:
        made["temperature"] = temperature(seen.depth, seen.instances, subjects.heat)
    return made


def _disparity(frame: Seen, right: Buffers, baseline: float) -> np.ndarray:
    """[H, W] float32"""
    viewpoint, depth = frame.viewpoint, frame.buffers.depth
    if viewpoint.lens == "pinhole":
        return disparity(depth, float(viewpoint.intrinsics[0, 0]), baseline)
    shift = between(viewpoint, frame.buffers, viewpoint.right_eye(baseline), right).flow[..., 0]
    return np.where(depth > 0, -shift, np.float32(0))
