"""Frames as OpenEXR files of many channels, as renderers and compositors exchange them (openexr.com)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import numpy as np

from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import FRAME, Kind
from multisynth.media import (
    decode_floats,
    decode_flow,
    decode_instances,
    decode_mask,
    decode_normals,
    decode_opacity,
    decode_radiance,
    decode_rgb,
)
from multisynth.sample import Sample
from multisynth.srgb import linear

_AT_ONCE = 16
_FLOATS = {
    "depth": "Z", "median_depth": "median.Z", "distance": "distance.Z", "disparity": "disparity.X",
    "temperature": "temperature.K",
}  # fmt: skip
_IDS = {"instances": "instance.ID", "semantics": "semantic.ID"}
_FLOWS = {"flow_forward": "forward", "flow_backward": "backward"}
_MASKS = {"hidden_forward": "forward.hidden", "hidden_backward": "backward.hidden"}
_LEFT_HANDED = np.diag([1.0, -1.0, 1.0, 1.0])  # OpenEXR's camera, as RenderMan's: x right, y up, z forward


class Exr(Exporter):
    """Write one file a frame, `frames/00000000.exr`, with all of its images as channels.

    `R`, `G`, `B` are linear radiance as half floats, of the frame's own or, where it has none, of its picture; `Z` is
    z-depth in m; `N.X`, `N.Y`, `N.Z` the normal in camera axes; `instance.ID` and `semantic.ID` whole numbers;
    `forward.X`, `forward.Y` and `backward.X`, `backward.Y` flow in px, with `forward.hidden` and `backward.hidden` 1
    where it leads to what is not seen; `right.R`, `right.G`, `right.B` the right eye's picture, linear; `distance.Z`,
    `median.Z`, `disparity.X`, `temperature.K` as the columns of those names. Opacity is `opacity.A` and not `A`: the
    radiance has what is behind already, and a compositor would add it again.

    In the header `worldToCamera` is what OpenEXR means by it: for row vectors, y up, left-handed. Row by row, as the
    frame has them, are `multisynth.worldToCamera` and `multisynth.intrinsics`, and `multisynth.sample` is its id.
    `frames.jsonl` has all that is no image.
    """

    takes: ClassVar[tuple[Kind, ...]] = (FRAME,)

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the files; returns how many there are."""
        import OpenEXR

        (folder / "frames").mkdir()
        plain = [field.name for field in samples.kind.schema if field.name not in samples.kind.media]
        count = 0
        with (folder / "frames.jsonl").open("w", encoding="utf-8") as lines:
            for frame in samples.samples(batch_size=_AT_ONCE):
                name = f"frames/{count:08d}.exr"
                header = {
                    "compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage,
                    "worldToCamera": np.ascontiguousarray((_LEFT_HANDED @ frame["world_to_camera"]).T, np.float32),
                    "multisynth.worldToCamera": json.dumps(frame["world_to_camera"].ravel().tolist()),
                    "multisynth.intrinsics": json.dumps(frame["intrinsics"].ravel().tolist()),
                    "multisynth.sample": frame.id,
                }  # fmt: skip
                OpenEXR.File(header, channels(frame)).write(str(folder / name))
                row = {key: frame.meta if key == "meta" else frame[key] for key in plain}
                lines.write(dumps({"file": name, **row}) + "\n")
                count += 1
        return count


def channels(frame: Sample) -> dict[str, np.ndarray]:
    """A frame's images by the names of their channels. Each [H, W]: float16, float32 or uint32"""
    radiance = frame["radiance"]
    colour = linear(decode_rgb(frame["rgb"])) if radiance is None else decode_radiance(radiance)
    found = _layers("", "RGB", colour.astype(np.float16))
    found |= {channel: decode_floats(data) for name, channel in _FLOATS.items() if (data := frame[name]) is not None}
    for name, channel in _IDS.items():
        if (data := frame[name]) is not None:
            found[channel] = decode_instances(data).astype(np.uint32)
    if (data := frame["normals"]) is not None:
        found |= _layers("N.", "XYZ", decode_normals(data))
    for name, layer in _FLOWS.items():
        if (data := frame[name]) is not None:
            found |= _layers(f"{layer}.", "XY", decode_flow(data))
    for name, channel in _MASKS.items():
        if (data := frame[name]) is not None:
            found[channel] = decode_mask(data).astype(np.float16)
    if (data := frame["opacity"]) is not None:
        found["opacity.A"] = decode_opacity(data).astype(np.float16)
    if (data := frame["right"]) is not None:
        found |= _layers("right.", "RGB", linear(decode_rgb(data)).astype(np.float16))
    return found


def _layers(prefix: str, axes: str, image: np.ndarray) -> dict[str, np.ndarray]:
    """Planes of an image by name. [H, W, K]"""
    return {prefix + axis: np.ascontiguousarray(image[..., index]) for index, axis in enumerate(axes)}
