"""COLMAP's models as files, text or binary (https://colmap.github.io/format.html).

Read here rather than by pycolmap, which loops for ever on a binary file that announces too much and does not say which
line of a text is wrong.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from multisynth.errors import BadInput, shown

from ..cameras.outside import rigid
from .listing import Listed, Listing, Points, within
from .optics import COLMAP_MODELS, Optics, from_colmap

_LARGEST = 2**32  # bytes of a file, unpacked
_NAME = 4096  # bytes
_LONGEST = 2**26  # characters of a line
_NO_POINT = 2**64 - 1
_UNREADABLE = (OSError, EOFError, zlib.error)  # the last two by gzip
_POINT = struct.Struct("<Q3d3BdQ")


def model_files(folder: Path) -> dict[str, Path] | None:
    """The files `cameras`, `images` and `points3D` of a model in a folder, binary before text; None if it has none."""
    for ending in (".bin", ".txt", ".txt.gz", ".bin.gz"):
        found = {name: folder / f"{name}{ending}" for name in ("cameras", "images", "points3D")}
        if found["cameras"].is_file() and found["images"].is_file():
            return found
    return None


def read_colmap(files: dict[str, Path], images: Path) -> Listing:
    """The listing of a model; its images are looked for in a folder.

    Raises:
        BadInput: What is wrong, with file, line or record, and value.
    """
    binary = ".bin" in files["cameras"].suffixes
    cameras = dict((_binary_cameras if binary else _text_cameras)(files["cameras"]))
    points, rows = (_binary_points if binary else _text_points)(files["points3D"])
    listed = []
    for where, name, camera, pose, seen in (_binary_images if binary else _text_images)(files["images"]):
        if camera not in cameras:
            raise _bad(files["images"], where, f"image {name!r} is of camera {camera}, which is not in the model")
        try:
            path, world_to_camera = within(images, name), _pose(pose)
        except ValueError as error:
            raise _bad(files["images"], where, f"image {shown(name)}: {error}") from None
        world_to_camera = rigid(world_to_camera, f"{files['images']}, {where}", f"the pose of image {shown(name)}")
        ids = np.unique(seen[np.isin(seen, points.ids)])
        listed.append(
            Listed(name, path, cameras[camera], world_to_camera, rows[np.searchsorted(points.ids[rows], ids)])
        )
    return Listing(sorted(listed, key=lambda image: image.name), points)


def _pose(values: list[float]) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    quaternion, shift = np.array(values[:4]), values[4:]
    if not (np.isfinite(values).all() and np.abs(quaternion).max() < 2 and 0.5 < np.linalg.norm(quaternion) < 2):
        raise ValueError(f"the pose {values} is not a unit quaternion and a place")
    found = np.eye(4)
    found[:3, :3] = Rotation.from_quat(quaternion[[1, 2, 3, 0]]).as_matrix()
    found[:3, 3] = shift
    return found


def _bad(path: Path, where: str, problem: str) -> BadInput:
    return BadInput(problem, "mend the file, or export the model again", f"{path}, {where}")


def _camera(path: Path, where: str, model: str, width: int, height: int, parameters: list[float]) -> Optics:
    try:
        return from_colmap(model, width, height, parameters)
    except ValueError as error:
        raise _bad(path, where, f"camera: {error}") from None


def _text_lines(path: Path, blank: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Lines that are no comments, with their place; blank ones if asked for."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as raw:
            total = 0
            for number, line in enumerate(iter(lambda: raw.readline(_LONGEST), b""), start=1):
                total += len(line)
                if len(line) >= _LONGEST or total > _LARGEST:
                    raise _bad(path, f"line {number}", "the file is too large")
                text = line.decode("utf-8", "replace").strip()
                if not text.startswith("#") and (text or blank):
                    yield f"line {number}", text.split(" ")
    except _UNREADABLE as error:
        raise BadInput(f"cannot be read: {error}", "export the model again", str(path)) from error


def _text_cameras(path: Path) -> Iterator[tuple[int, Optics]]:
    for where, words in _text_lines(path):
        try:
            number, model, width, height, *parameters = words
            size, values = (int(width), int(height)), [float(value) for value in parameters]
            key = int(number)
        except ValueError:
            problem = f"{shown(' '.join(words))} is not CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]"
            raise _bad(path, where, problem) from None
        yield key, _camera(path, where, model, *size, values)


def _text_images(path: Path) -> Iterator[tuple[str, str, int, list[float], np.ndarray]]:
    lines = _text_lines(path, blank=True)
    for where, words in lines:
        if words == [""]:
            continue
        try:
            _, *pose, camera = words[:9]
            values, name = [float(value) for value in pose], " ".join(words[9:])
            key = int(camera)
            if len(values) != 7 or not name:
                raise ValueError
        except ValueError:
            problem = f"{shown(' '.join(words))} is not IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME"
            raise _bad(path, where, problem) from None
        where_points, marks = next(lines, ("", []))
        try:
            if len(marks) % 3 and marks != [""]:
                raise ValueError
            seen = np.array([int(mark) for mark in marks[2::3]], np.int64)
        except (ValueError, OverflowError):
            raise _bad(path, where_points, "the points of an image are not triples X Y POINT3D_ID") from None
        yield where, name, key, values, seen[seen >= 0]


def _text_points(path: Path) -> tuple[Points, np.ndarray]:
    places, ids, colours = [], [], []
    for where, words in _text_lines(path) if path.is_file() else ():
        try:
            ids.append(int(words[0]))
            places.append([float(word) for word in words[1:4]])
            colours.append([int(word) for word in words[4:7]])
            if len(words) < 8 or not (
                np.isfinite(places[-1]).all() and 0 <= min(colours[-1]) <= max(colours[-1]) < 256
            ):
                raise ValueError
        except ValueError:
            problem = f"{shown(' '.join(words[:8]))} is not POINT3D_ID X Y Z R G B ERROR TRACK[]"
            raise _bad(path, where, problem) from None
    return _points(path, places, ids, colours)


def _points(
    path: Path, places: list[list[float]], ids: list[int], colours: list[list[int]]
) -> tuple[Points, np.ndarray]:
    """The points, and their rows in the order of their ids."""
    try:
        found = Points(
            np.array(places, np.float64).reshape(-1, 3),
            np.array(ids, np.int64),
            np.array(colours, np.uint8).reshape(-1, 3),
        )
    except OverflowError:
        raise _bad(path, "a point", "an id does not fit 63 bits") from None
    if len(np.unique(found.ids)) < len(found.ids):
        raise _bad(path, "a point", "two points have one id")
    return found, np.argsort(found.ids)


class _Bytes:
    """A binary file, read piece by piece with its end in sight."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.stat().st_size > _LARGEST:
                raise _bad(path, "byte 0", "the file is too large")
            raw = path.read_bytes()
            if path.suffix == ".gz":
                raw = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(_LARGEST)
        except _UNREADABLE as error:
            raise BadInput(f"cannot be read: {error}", "export the model again", str(path)) from error
        self.data, self.place = memoryview(raw), 0

    def take(self, pattern: struct.Struct) -> tuple[float, ...]:
        self.need(pattern.size)
        self.place += pattern.size
        return pattern.unpack_from(self.data, self.place - pattern.size)

    def array(self, dtype: np.dtype, count: int) -> np.ndarray:
        self.need(dtype.itemsize * count)
        self.place += dtype.itemsize * count
        return np.frombuffer(self.data, dtype, count, self.place - dtype.itemsize * count)

    def name(self) -> str:
        piece = bytes(self.data[self.place : self.place + _NAME])
        end = piece.find(b"\0")
        if end < 0:
            raise _bad(self.path, self.where, "an image's name does not end")
        self.place += end + 1
        return piece[:end].decode("utf-8", "surrogateescape")

    def need(self, size: int) -> None:
        if size > len(self.data) - self.place:
            raise _bad(self.path, self.where, f"the file is cut short: {size} bytes are missing")

    @property
    def where(self) -> str:
        return f"byte {self.place}"


_COUNT, _CAMERA, _IMAGE = struct.Struct("<Q"), struct.Struct("<IiQQ"), struct.Struct("<I7dI")
_MARK = np.dtype([("x", "<f8"), ("y", "<f8"), ("point", "<u8")])
_STEP = np.dtype([("image", "<u4"), ("mark", "<u4")])


def _binary_cameras(path: Path) -> Iterator[tuple[int, Optics]]:
    source = _Bytes(path)
    for _ in range(int(source.take(_COUNT)[0])):
        where = source.where
        number, model, width, height = (int(value) for value in source.take(_CAMERA))
        if model not in COLMAP_MODELS:
            known = ", ".join(name for name, _ in COLMAP_MODELS.values())
            raise _bad(path, where, f"camera model number {model} is none of {known}")
        name, parameters = COLMAP_MODELS[model]
        focal, *others = parameters.split()
        values = source.array(np.dtype("<f8"), (1 if focal == "f" else 2) + 2 + len(others)).tolist()
        yield number, _camera(path, where, name, width, height, values)


def _binary_images(path: Path) -> Iterator[tuple[str, str, int, list[float], np.ndarray]]:
    source = _Bytes(path)
    for _ in range(int(source.take(_COUNT)[0])):
        where = source.where
        _, *pose, camera = source.take(_IMAGE)
        name = source.name()
        marks = source.array(_MARK, int(source.take(_COUNT)[0]))["point"]
        yield where, name, int(camera), list(pose), marks[marks != _NO_POINT].astype(np.int64)


def _binary_points(path: Path) -> tuple[Points, np.ndarray]:
    places, ids, colours = [], [], []
    source = _Bytes(path) if path.is_file() else None
    for _ in range(int(source.take(_COUNT)[0]) if source else 0):
        assert source is not None
        where = source.where
        number, x, y, z, red, green, blue, _error, steps = source.take(_POINT)
        source.array(_STEP, int(steps))
        if not np.isfinite([x, y, z]).all():
            raise _bad(path, where, f"point {number} lies at {x}, {y}, {z}")
        ids.append(int(number))
        places.append([x, y, z])
        colours.append([int(red), int(green), int(blue)])
    return _points(path, places, ids, colours)
