"""Views or frames as a nerfstudio data set (https://docs.nerf.studio/quickstart/data_conventions.html)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TextIO

import numpy as np

from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import JsonArray, dumps
from multisynth.kinds import FRAME, VIEW, Kind
from multisynth.media import decode_depth
from multisynth.sample import Sample

_AT_ONCE = 16
_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])  # its camera axes are x right, y up, z back
_MILLIMETRES = 1000
_PNG = b"\x89PNG"


class Nerfstudio(Exporter):
    """Write views, or frames of one place, as nerfstudio's trainers read them.

    `transforms.json` has the intrinsics and the pose of each image in `images/`, in the samples' own world. Where all
    have depth it is in `depths/` as 16-bit PNG in thousandths, 0 where unknown or from 65.536 on, of which a frame's
    `depth_lost` counts the pixels. Points of views are in `points.ply`. Frames that say their split make nerfstudio's
    lists of file names, with `test` for validation too.
    """

    takes: ClassVar[tuple[Kind, ...]] = (VIEW, FRAME)

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write images and poses; returns how many images there are."""
        (folder / "images").mkdir()
        written = _Written(samples.kind.name == VIEW.name)
        lines = folder / ".frames.jsonl"
        with lines.open("w+", encoding="utf-8") as file:
            for sample in samples.samples(batch_size=_AT_ONCE):
                file.write(dumps(_frame(sample, folder, written)) + "\n")
            if len(written.lenses) > 1:
                problem = (
                    f"`{samples.name}` mixes fisheye with other lenses, and a transforms.json has one camera model"
                )
                raise BadInput(problem, "export them from stages of their own", "from")
            if len(written.places) > 1:
                problem = (
                    f"`{samples.name}` has frames of {len(written.places)} places, and a transforms.json is of one"
                )
                raise BadInput(problem, "film one: let the stage that makes the places make 1", "from")
            file.seek(0)
            with (folder / "transforms.json").open("w", encoding="utf-8") as target:
                _compose(target, file, folder, written)
        lines.unlink()
        return written.count


@dataclass
class _Written:
    of_views: bool
    count: int = 0
    depths: int = 0
    places: set[str | None] = field(default_factory=set)
    lenses: set[str] = field(default_factory=set)
    splits: dict[str, list[str]] = field(default_factory=dict)
    points: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


def _frame(sample: Sample, folder: Path, written: _Written) -> dict[str, Any]:
    """Write the files of a sample; return what transforms.json says of it."""
    image = sample["image" if written.of_views else "rgb"]
    name = f"{written.count:06d}"
    ending = "png" if image.startswith(_PNG) else "jpg"
    frame: dict[str, Any] = {"file_path": f"images/{name}.{ending}"}
    (folder / frame["file_path"]).write_bytes(image)
    written.count += 1
    if (depth := sample["depth"]) is not None:
        frame["depth_file_path"] = f"depths/{name}.png"
        (folder / "depths").mkdir(exist_ok=True)
        data, frame["depth_lost"] = _thousandths(decode_depth(depth))
        (folder / frame["depth_file_path"]).write_bytes(data)
        written.depths += 1
    if written.of_views:
        for place, key, colour in zip(sample["points"], sample["point_ids"], sample["point_colours"], strict=True):
            written.points.setdefault(int(key), (place, colour))
    else:
        written.places.add(sample.meta.get("place"))
        if sample["split"] is not None:
            written.splits.setdefault(sample["split"], []).append(frame["file_path"])
    intrinsics = sample["intrinsics"]
    frame |= {
        "w": sample["width"],
        "h": sample["height"],
        "fl_x": intrinsics[0, 0],
        "fl_y": intrinsics[1, 1],
        "cx": intrinsics[0, 2],
        "cy": intrinsics[1, 2],
        **_distortion(sample, written),
        "transform_matrix": np.linalg.inv(sample["world_to_camera"]) @ _OPENGL,
        "sample": sample.id,
    }
    return frame


def _distortion(sample: Sample, written: _Written) -> dict[str, float]:
    lens = sample["lens"] or "pinhole"
    values = [float(value) for value in (() if sample["distortion"] is None else sample["distortion"])]
    written.lenses.add("OPENCV_FISHEYE" if lens == "fisheye" else "OPENCV")
    names = ("k1", "k2", "k3", "k4") if lens == "fisheye" else ("k1", "k2", "p1", "p2", "k3")
    if any(values[len(names) :]):
        problem = f"sample {sample.id} has a lens of {len(values)} coefficients, and nerfstudio's has {len(names)}"
        raise BadInput(problem, "register the photos with a simpler `lens`", "from")
    return dict(zip(names, [*values, *[0.0] * len(names)], strict=False))


def _thousandths(depth: np.ndarray) -> tuple[bytes, int]:
    """Depth as PNG, and how many pixels have one that is too near or too far. [H, W]"""
    import cv2

    steps = np.rint(depth * _MILLIMETRES)
    steps[~((steps > 0) & (steps < 2**16))] = 0
    done, data = cv2.imencode(".png", steps.astype(np.uint16))
    assert done
    return bytes(data.tobytes()), int(np.count_nonzero((depth != 0) & (steps == 0)))


def _compose(target: TextIO, lines: TextIO, folder: Path, written: _Written) -> None:
    head: dict[str, Any] = {"camera_model": next(iter(written.lenses), "OPENCV")}
    if written.points:
        head["ply_file_path"] = "points.ply"
        (folder / "points.ply").write_bytes(_ply(written.points))
    if sum(map(len, written.splits.values())) == written.count > 0:
        for split, names in written.splits.items():
            head[f"{split}_filenames"] = names
        head.setdefault("val_filenames", head.get("test_filenames", []))
    target.write(dumps(head)[:-1] + ', "frames": ')
    frames = JsonArray(target)
    for frame in _frames(lines, written.depths == written.count):
        frames.append(frame)
    frames.close()
    target.write("}\n")


def _frames(lines: TextIO, with_depth: bool) -> Iterator[dict[str, Any]]:
    for line in lines:
        frame = json.loads(line)
        if not with_depth:  # nerfstudio wants depth of every image, or of none
            frame.pop("depth_file_path", None)
            frame.pop("depth_lost", None)
        yield frame


def _ply(points: dict[int, tuple[np.ndarray, np.ndarray]]) -> bytes:
    fields = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")]
    table = np.empty(len(points), fields)
    places, colours = (np.array([pair[part] for pair in points.values()]) for part in (0, 1))
    for axis, (name, _) in enumerate(fields):
        table[name] = places[:, axis] if axis < 3 else colours[:, axis - 3]
    kinds = {"<f4": "float", "u1": "uchar"}
    lines = [f"property {kinds[kind]} {name}" for name, kind in fields]
    head = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}", *lines, "end_header\n"]
    return "\n".join(head).encode("ascii") + table.tobytes()
