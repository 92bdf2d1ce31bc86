"""Nerfstudio's `transforms.json` (https://docs.nerf.studio/quickstart/data_conventions.html).

Poses are camera to world in OpenGL's camera axes (x right, y up, z back); what is written of a camera at the top holds
for the frames that do not say otherwise. Of a camera that is given by `camera_angle_x` alone, as in the NeRF-synthetic
scenes, the size is that of the images, and its axis goes through their middle. The world is the file's own:
`applied_transform` tells how it was made from an earlier one, and the points of `ply_file_path` lie in it as well.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from multisynth.errors import BadInput, shown

from ..cameras.outside import rigid
from ..cameras.viewpoint import Lens
from ..splats.vertices import decode_vertices
from .listing import Listed, Listing, Points, within
from .optics import Optics, matrix
from .photo import size_of

_LARGEST = 2**28  # bytes of JSON
_LARGEST_PLY = 2**32
_PERSPECTIVE = ("SIMPLE_PINHOLE", "PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV")
_FISHEYE = "OPENCV_FISHEYE"
_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])  # y and z of its camera axes point the other way


def read_transforms(path: Path, base: Path | None = None) -> Listing:
    """The listing of a `transforms.json`.

    Args:
        path: The file.
        base: The folder that its paths start from, by default its own.

    Raises:
        BadInput: What is wrong, with file, field and value.
    """
    folder = base or path.parent
    try:
        if (size := path.stat().st_size) > _LARGEST:
            raise ValueError(f"{size} bytes are more than {_LARGEST}")
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"is not JSON: {error}", "export it again", str(path)) from error
    frames = content.get("frames") if isinstance(content, dict) else None
    if not isinstance(frames, list) or not frames:
        raise _bad(path, "frames", f"`frames` is {shown(frames)}", "list the images there, one frame each")
    listed = []
    for number, frame in enumerate(frames):
        field = f"frames[{number}]"
        if not isinstance(frame, dict):
            raise _bad(path, field, f"a frame is {shown(frame)}", "give an object")
        said = {**content, **frame}
        name = _name(path, f"{field}.file_path", said.get("file_path"))
        image = _file(path, f"{field}.file_path", folder, name)
        pose = _pose(path, f"{field}.transform_matrix", frame.get("transform_matrix"))
        files = {
            key: _file(path, f"{field}.{key}", folder, said[key])
            for key in ("depth_file_path", "mask_path")
            if said.get(key) is not None
        }
        listed.append(
            Listed(
                name=name,
                image=image,
                optics=_optics(path, field, said, image),
                world_to_camera=np.linalg.inv(pose @ _OPENGL),
                seen=None,
                depth=files.get("depth_file_path"),
                mask=files.get("mask_path"),
            )
        )
    return Listing(sorted(listed, key=lambda image: image.name), _points(path, folder, content.get("ply_file_path")))


def _bad(path: Path, field: str, problem: str, remedy: str = "mend the file") -> BadInput:
    return BadInput(problem, remedy, f"{path}, {field}")


def _name(path: Path, field: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _bad(path, field, f"`file_path` is {shown(value)}", "give the path of an image")
    name = value.replace("\\", "/").removeprefix("./")
    return name if "." in name.rpartition("/")[2] else f"{name}.png"  # as Blender's exporters leave it


def _file(path: Path, field: str, folder: Path, value: Any) -> Path:
    if not isinstance(value, str):
        raise _bad(path, field, f"{shown(value)} is no path", "give the path of a file")
    try:
        return within(folder, value.replace("\\", "/"))
    except ValueError as error:
        raise _bad(path, field, str(error), "keep the files in one folder, and name them from there") from None


def _pose(path: Path, field: str, value: Any) -> np.ndarray:
    try:
        pose = np.array(value, np.float64)
        if pose.shape == (3, 4):
            pose = np.vstack([pose, [0, 0, 0, 1]])
        if pose.shape != (4, 4):
            raise ValueError("no 4×4 matrix")
    except (ValueError, TypeError, OverflowError) as error:
        raise _bad(path, field, f"{error}: {shown(value)}", "give a rigid 4×4 camera-to-world matrix") from None
    return rigid(pose, f"{path}, {field}", "`transform_matrix`")


def _optics(path: Path, field: str, said: Mapping[str, Any], image: Path) -> Optics:
    def number(key: str, default: float | None = None) -> float:
        value = said.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            problem = f"`{key}` is {shown(value)}" if key in said else f"`{key}` is missing"
            raise _bad(path, f"{field}.{key}", problem, "give it in each frame or at the top of the file")
        try:
            return float(value)
        except OverflowError:
            raise _bad(path, f"{field}.{key}", f"`{key}` is {shown(value)}", "give what the camera has") from None

    def focal(side: str, key: str) -> float:
        """Focal length in px by the angle that an image's side spans."""
        angle = number(key)
        if not 1e-6 < angle < math.pi:
            raise _bad(path, f"{field}.{key}", f"`{key}` is {angle:g}", "give radians between 0 and π")
        return number(side) / 2 / math.tan(angle / 2)

    model = said.get("camera_model", "OPENCV")
    if model not in (*_PERSPECTIVE, _FISHEYE):
        known = ", ".join((*_PERSPECTIVE, _FISHEYE))
        raise _bad(path, f"{field}.camera_model", f"`camera_model` is {shown(model)}", f"known: {known}")
    if model != _FISHEYE and "fl_x" not in said and "camera_angle_x" in said:
        if not {"w", "h"} <= said.keys():
            said = {**_size(image), **said}
        said = {"fl_x": focal("w", "camera_angle_x"), "cx": number("w") / 2, "cy": number("h") / 2, **said}
        if "camera_angle_y" in said:
            said = {"fl_y": focal("h", "camera_angle_y"), **said}
    fx = number("fl_x")
    listed = said.get("distortion_params")
    if listed is not None:
        if not isinstance(listed, list) or len(listed) != 6:
            problem = f"`distortion_params` is {shown(listed)}"
            raise _bad(path, f"{field}.distortion_params", problem, "give k1, k2, k3, k4, p1, p2")
        said = {**said, **dict(zip(("k1", "k2", "k3", "k4", "p1", "p2"), listed, strict=True))}
    k1, k2, k3, k4, p1, p2 = (number(key, 0.0) for key in ("k1", "k2", "k3", "k4", "p1", "p2"))
    lens: Lens = "fisheye" if model == _FISHEYE else "opencv" if any((k1, k2, k3, k4, p1, p2)) else "pinhole"
    if lens == "opencv" and k4:
        raise _bad(path, f"{field}.k4", f"`k4` is {k4:g}, which OpenCV's lens does not have", "leave it away")
    distortion = {"pinhole": (), "opencv": (k1, k2, p1, p2, k3), "fisheye": (k1, k2, k3, k4)}[lens]
    intrinsics = matrix(fx, number("fl_y", fx), number("cx"), number("cy"))
    try:
        return Optics(int(number("w")), int(number("h")), intrinsics, lens, distortion)
    except (ValueError, OverflowError) as error:
        raise _bad(path, field, str(error), "give what the camera has, in pixels") from None


def _size(image: Path) -> dict[str, int]:
    """Of an image; 1×1 px of one that cannot be read, which is dropped when it is used."""
    try:
        width, height = size_of(image)
    except (OSError, ValueError):
        width, height = 1, 1
    return {"w": width, "h": height}


def _points(path: Path, folder: Path, value: Any) -> Points:
    if value is None:
        return Points.none()
    file = _file(path, "ply_file_path", folder, value)
    try:
        if file.stat().st_size > _LARGEST_PLY:
            raise ValueError("the file is too large")
        table = decode_vertices(file.read_bytes())
        names = table.dtype.names or ()
        if not {"x", "y", "z"} <= set(names):
            raise ValueError("its vertices have no x, y, z")
    except (OSError, ValueError) as error:
        remedy = "export the points again, or leave `ply_file_path` away"
        raise _bad(path, "ply_file_path", f"{file.name} cannot be read: {error}", remedy) from error
    places = np.stack([table[name].astype(np.float64) for name in "xyz"], axis=1)
    colours = np.full((len(table), 3), 127, np.uint8)
    if {"red", "green", "blue"} <= set(names):
        colours = np.stack([table[name].astype(np.uint8) for name in ("red", "green", "blue")], axis=1)
    good = np.isfinite(places).all(axis=1)
    return Points(places[good], np.flatnonzero(good).astype(np.int64), colours[good])
