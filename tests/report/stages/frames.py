"""Frames with all labels there are, and what becomes of them in the weather."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from multisynth.kinds import FRAME, SCENE, VOLUME
from multisynth.media import (
    encode_depth,
    encode_floats,
    encode_flow,
    encode_instances,
    encode_mask,
    encode_normals,
    encode_opacity,
    encode_radiance,
    encode_rgb,
)
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Source
from tests.report.hostile import HOSTILE

SIZE = (24, 32)
CAMERA: dict[str, Any] = {
    "width": 32, "height": 24, "intrinsics": np.array([[20.0, 0, 16], [0, 20, 12], [0, 0, 1]]),
    "world_to_camera": np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 3], [0, 0, 0, 1]]),
}  # fmt: skip
"""3 m above the origin, looking down, world y up in the image."""


def every_label(words: str) -> dict[str, Any]:
    """Columns of a frame that has all labels there are, each of a form that tests know."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    ids = np.zeros(SIZE, np.uint16)
    ids[4:12, 6:16], ids[14:20, 20:30] = 2, 900
    flow = np.stack([np.where(columns < 16, 4.0, 0.0), np.where(columns < 16, 0.0, 4.0)], -1).astype(np.float32)
    flow[:4] = 0
    depth = 1 + columns
    depth[0] = 0
    pairs = {"instance": 2, "name": words, "category": "ball"}
    return {
        "rgb": encode_rgb(np.full((*SIZE, 3), 90, np.uint8)), "right": encode_rgb(np.full((*SIZE, 3), 30, np.uint8)),
        "radiance": encode_radiance(np.full((*SIZE, 3), 3.0, np.float32)), "depth": encode_depth(depth),
        "median_depth": encode_depth(depth), "distance": encode_depth(2 * depth),
        "opacity": encode_opacity(columns / 31),
        "normals": encode_normals(np.dstack([0 * rows, 0 * rows, 0 * rows - 1])),
        "instances": encode_instances(ids), "semantics": encode_instances(np.where(ids == 2, ids, 0)),
        "categories": ["table", words],
        "flow_forward": encode_flow(flow), "hidden_forward": encode_mask(columns < 8),
        "flow_backward": encode_flow(0 * flow), "hidden_backward": encode_mask(columns < 0),
        "disparity": encode_floats(columns), "temperature": encode_floats(280 + rows), "baseline": 0.1,
        "boxes": [{**pairs, "x": 6, "y": 4, "width": 10, "height": 8, "visible": 0.5, "full": [2, 4, 14, 8]}],
        "boxes_3d": [{**pairs, "centre": [0, 0, 0], "quaternion": [1, 0, 0, 0], "size": [1, 1, 1]}],
        "tracks": [
            {"point": k, "x": 3.0 + k, "y": 5.0, "depth": 2.0, "visible": k < 2} for k in range(3)
        ],
    }  # fmt: skip


class Shoot(Source):
    """Frames with all labels, each of the next place, or of nowhere."""

    makes = FRAME
    reads = {"of": (SCENE, VOLUME)}
    of: str | None = Field(None, description="The stage whose scenes or volumes are filmed.")
    count: int = Field(4, ge=0, description="How many.")
    words: str = Field("ball", description="Name of what is seen.")
    broken: bool = Field(False, description="Media that are none.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        places = list(self.read("of"))
        for n in ordinals:
            columns = {**CAMERA, **every_label(self.words)}
            if n % 2:
                columns["flow_forward"] = columns["hidden_forward"] = None
            if self.broken:
                columns |= dict.fromkeys(FRAME.media, HOSTILE.encode())
            parents = [places[n % len(places)].id] if places else []
            meta = {"path": "orbit", "refused": ["too far: 3 m"] if n == 1 else []}
            yield Sample(FRAME, n, parents=parents, time=0.1 * n, split="train", meta=meta, **columns)


class Weather(Map):
    """Frames grow brighter by some; by nothing, they stay as they are."""

    takes = (FRAME,)
    makes = FRAME
    by: int = Field(0, ge=0, le=100, description="Of 255.")
    kelvin: float = Field(0.0, description="Warmer by so much.")
    words: str = Field("fog", description="What was drawn.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            changed: dict[str, Any] = {}
            if self.by:
                changed["rgb"] = encode_rgb(np.full((*SIZE, 3), 90 + self.by, np.uint8))
            if self.kelvin:
                changed["temperature"] = encode_floats(np.full(SIZE, 280 + self.kelvin, np.float32))
            yield sample.replace(**changed).with_meta(weather={self.words: {"visibility": 20.0}}, transmittance=0.25)
