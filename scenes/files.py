"""Mesh files of users: read with bounds, as pieces with names."""

from __future__ import annotations

import io
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multisynth.scenes.meshes import Mesh, gathered

from multisynth.errors import BadInput, shown

FORMATS = (".obj", ".ply", ".stl", ".glb", ".gltf", ".off")
LARGEST_FILE = 512 * 2**20  # bytes, of a mesh file or of anything that it names
MOST_FACES = 5_000_000
MOST_PIECES = 2000
MOST_TEXELS = 2**26
"""Of one texture; a small PNG can claim a huge one."""


@dataclass(frozen=True)
class Piece:
    """An object of a mesh file, in the file's own frame."""

    name: str
    mesh: Mesh


def pieces(path: Path, root: Path | None = None) -> list[Piece]:
    """The objects of a mesh file, in its order: the nodes of a glTF, the objects of an OBJ, else one.

    Args:
        path: .obj, .ply, .stl, .glb, .gltf or .off.
        root: Folder that the file and all that it names (materials, textures, buffers) must lie in; by default its own.

    Raises:
        BadInput: It cannot be read, is too large, or names something outside.
    """
    import trimesh

    root = (root or path.parent).resolve()
    path = bounded(path.resolve(), root, FORMATS)
    content = path.read_bytes()
    if path.suffix.lower() in (".glb", ".gltf"):
        _check_gltf(content, path)
    try:
        scene = trimesh.load_scene(
            io.BytesIO(content), file_type=path.suffix.lower()[1:], resolver=_within(root, path.parent), process=False
        )
        found = [(name, scene.graph[name]) for name in scene.graph.nodes_geometry]
        if not found or len(found) > MOST_PIECES:
            raise ValueError(f"it has {len(found)} objects with triangles; 1 to {MOST_PIECES} can be used")
        faces = sum(len(getattr(scene.geometry[geometry], "faces", ())) for _, (_, geometry) in found)
        if not 0 < faces <= MOST_FACES:
            raise ValueError(f"it has {faces} triangles; 1 to {MOST_FACES} can be used")
        made = []
        for name, (matrix, geometry) in found:
            if isinstance(scene.geometry[geometry], trimesh.Trimesh):
                placed = scene.geometry[geometry].copy()
                placed.apply_transform(matrix)
                made.append(Piece(str(name), gathered([placed])))
    except BadInput:
        raise
    except Exception as error:  # a hostile file can fail anywhere inside the reader
        raise BadInput(f"it cannot be read: {error}", "give a well-formed mesh file", str(path)) from error
    return made


def bounded(path: Path, root: Path, formats: tuple[str, ...]) -> Path:
    """A file within a folder, of a known format and a size that can be read.

    Raises:
        BadInput: It is not.
    """
    path = path.resolve()
    if not path.is_relative_to(root):
        raise BadInput(f"{path} lies outside {root}", "put what the file names into its folder", str(path))
    if formats and path.suffix.lower() not in formats:
        raise BadInput(f"{path.name} is no mesh file that can be read", f"known: {', '.join(formats)}", str(path))
    if not path.is_file():
        raise BadInput(f"there is no file {path}", "see how it is spelt", str(path))
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"{path.name} has {path.stat().st_size} bytes", f"{LARGEST_FILE} are the most", str(path))
    return path


def called(name: str) -> str:
    """A category out of an object's name: `Chair.003` and `chair_2` are chairs."""
    word = re.sub(r"[\s_.\-]*\d*$", "", re.sub(r"\.(obj|ply|stl|glb|gltf|off)$", "", name, flags=re.I))
    return re.sub(r"[\s_.\-]+", " ", word).strip().lower()[:64] or "object"


def _within(root: Path, base: Path) -> Any:
    from trimesh.resolvers import Resolver

    class Within(Resolver):
        """Hands out files of one folder alone, and pictures only of a bearable size."""

        def __init__(self, folder: Path) -> None:
            self.folder = folder

        def get(self, name: str) -> bytes:
            content = bounded(self.folder / name.strip(), root, ()).read_bytes()
            _check_picture(content, name)
            return content

        def namespaced(self, namespace: str) -> Within:
            return Within(self.folder / namespace)

        def keys(self) -> list[str]:
            return []

        def write(self, name: str, data: bytes) -> None:
            raise ValueError("nothing is written beside a mesh that is read")

    return Within(base)


def _check_picture(content: bytes, name: str) -> None:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:  # reads the header alone
            wide, high = picture.size
            if wide * high > MOST_TEXELS:
                raise BadInput(f"texture {shown(name)} has {wide} × {high} texels", f"{MOST_TEXELS} are the most")
    except UnidentifiedImageError:
        return  # a material library or a buffer


def _check_gltf(content: bytes, path: Path) -> None:
    """Counts that a glTF claims, before anything is allocated for them."""
    try:
        if path.suffix.lower() == ".glb":
            magic, _, _, length, _ = struct.unpack("<4sIIII", content[:20])
            if magic != b"glTF" or length > len(content):
                raise ValueError("it is no glTF 2.0")
            content = content[20 : 20 + length]
        document = json.loads(content)
        counts = [int(accessor.get("count", 0)) for accessor in document.get("accessors", [])]
    except (ValueError, struct.error, AttributeError, TypeError, RecursionError) as error:
        raise BadInput(f"it cannot be read: {error}", "give a well-formed glTF 2.0 file", str(path)) from error
    if sum(counts) > 20 * MOST_FACES or min(counts, default=0) < 0:
        raise BadInput(f"it claims {sum(counts)} values", f"{20 * MOST_FACES} are the most", str(path))
