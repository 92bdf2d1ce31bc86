"""Triangles of a shape, for everything that casts rays at a scene or draws it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from multisynth.scenes.assets import locate
from multisynth.scenes.kept import PREFIX, kept
from multisynth.scenes.schema import Shape
from multisynth.scenes.textures import texels

from multisynth.errors import BadInput
from multisynth.srgb import linear

SEGMENTS = 192
"""Of a full turn: the chord of a ball of radius r then lies within 3e-4 r of the ball."""
FORMATS = (".obj", ".stl", ".ply")


class Mesh(NamedTuple):
    """Triangles in the shape's own frame, counter-clockwise seen from outside."""

    vertices: np.ndarray
    """[V, 3] float64, m."""
    faces: np.ndarray
    """[F, 3] int32, indices of vertices."""
    colours: np.ndarray
    """[F, 3] float64, linear RGB reflectance."""
    normals: np.ndarray
    """[V, 3] float64, unit length, outward; interpolated over a face they give a smooth surface its own normal."""
    images: np.ndarray | None = None
    """[F] int16, index of the texture that multiplies the colour, -1 for none; None where no face has one."""
    uv: np.ndarray | None = None
    """[V, 2] float64, where vertices lie in their texture, as `textures.look_up` has it."""
    textures: tuple[np.ndarray, ...] = ()
    """Each [h, w, 3] float32, linear RGB."""


def triangles(shape: Shape) -> Mesh:
    """The triangles of a shape in its own frame: apply its position and quaternion to place them in the part.

    A sphere and a cylinder have `SEGMENTS` vertices around. A mesh is its file's triangles times its scale; where the
    file names materials, their diffuse colour is tinted by the shape's, and so is their texture where they have one.

    Raises:
        BadInput: The size does not suit the kind, or the mesh cannot be had.
    """
    if shape.kind == "mesh":
        if len(shape.size) != 3 or not all(np.isfinite(shape.size)) or min(map(abs, shape.size)) == 0:
            raise BadInput(f"mesh `{shape.mesh}` has size {shape.size}", "give its scale along x, y and z")
        mesh, scale = _file(shape.mesh), np.array(shape.size, np.float64)
        normals = mesh.normals / scale
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        faces = mesh.faces if np.prod(scale) > 0 else mesh.faces[:, ::-1]
        return mesh._replace(
            vertices=mesh.vertices * scale, faces=faces, colours=mesh.colours * np.array(shape.colour), normals=normals
        )
    expected = {"box": 3, "sphere": 1, "cylinder": 2}[shape.kind]
    if len(shape.size) != expected or not all(np.isfinite(shape.size)) or min(shape.size) <= 0:
        raise BadInput(f"a {shape.kind} has size {shape.size}", f"give {expected} positive lengths in metres")
    if shape.kind == "box":
        vertices, faces, normals = _box(np.array(shape.size, np.float64))
    elif shape.kind == "sphere":
        vertices, faces, normals = _sphere(shape.size[0])
    else:
        vertices, faces, normals = _cylinder(*shape.size)
    return Mesh(vertices, faces, np.tile(np.array(shape.colour, np.float64), (len(faces), 1)), normals)


@lru_cache(maxsize=256)
def _file(name: str) -> Mesh:
    import trimesh

    if name.startswith(PREFIX):
        return kept(name)
    path = locate(name, FORMATS)
    try:
        return gathered(trimesh.load_scene(path, process=False).dump())
    except Exception as error:  # a hostile file can fail anywhere inside the reader
        raise BadInput(f"mesh `{name}` cannot be read: {error}", "give a well-formed mesh file") from error


def gathered(pieces: Iterable[Any]) -> Mesh:
    """The meshes of a file as one, read-only; what is no mesh is left out.

    Args:
        pieces: As `trimesh` has them.

    Raises:
        ValueError: They hold no triangles with finite vertices.
    """
    import trimesh

    vertices, faces, colours, normals, count = [], [], [], [], 0
    images: list[np.ndarray] = []
    uv: list[np.ndarray] = []
    textures: dict[bytes, np.ndarray] = {}
    for piece in pieces:
        if not isinstance(piece, trimesh.Trimesh):
            continue
        tints, picture = _material(piece)
        places = getattr(piece.visual, "uv", None)
        if picture is None or places is None:
            images.append(np.full(len(piece.faces), -1, np.int16))
            uv.append(np.zeros((len(piece.vertices), 2)))
        else:
            key = picture.tobytes()  # pieces often share one picture
            if key not in textures:
                textures[key] = texels(picture)
            images.append(np.full(len(piece.faces), list(textures).index(key), np.int16))
            uv.append(np.asarray(places, np.float64))
        vertices.append(np.asarray(piece.vertices, np.float64))
        faces.append(np.asarray(piece.faces, np.int32) + count)
        normals.append(np.asarray(piece.vertex_normals, np.float64))
        colours.append(np.broadcast_to(tints, (len(piece.faces), 3)))
        count += len(piece.vertices)
    if not sum(map(len, faces)) or not all(np.isfinite(v).all() for v in vertices):
        raise ValueError("it holds no triangles with finite vertices")
    mesh = Mesh(np.concatenate(vertices), np.concatenate(faces), np.concatenate(colours), np.concatenate(normals))
    if mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
        raise ValueError("a triangle has a corner that is not there")
    if textures:
        mesh = mesh._replace(images=np.concatenate(images), uv=np.concatenate(uv), textures=tuple(textures.values()))
    for array in (*mesh[:4], *mesh.textures):
        array.setflags(write=False)
    return mesh


def _material(piece: Any) -> tuple[np.ndarray, Any]:
    """Linear colours, [3] or [F, 3], and the picture that they multiply, or None."""
    material: Any = getattr(piece.visual, "material", None)
    if hasattr(material, "baseColorFactor"):  # glTF, whose factors are linear
        factor = material.baseColorFactor
        tint = np.ones(3) if factor is None else np.asarray(factor[:3], np.float64)
        # trimesh keeps it as bytes or as numbers up to 1, as the file had it
        byte = factor is not None and np.issubdtype(np.asarray(factor).dtype, np.integer)
        return tint / 255 if byte else tint, material.baseColorTexture
    if material is None and getattr(piece.visual, "kind", None) in ("vertex", "face"):
        codes = np.asarray(piece.visual.face_colors[:, :3], np.float64) / 255
        return linear(codes).astype(np.float64), None
    # a material's diffuse colour is linear already (the exporter's working space), unlike its textures
    diffuse = getattr(material, "diffuse", None)
    tint = np.ones(3) if diffuse is None else np.asarray(diffuse[:3], np.float64) / 255
    return tint, getattr(material, "image", None)


def _box(size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    vertices: list[np.ndarray] = []
    faces: list[list[list[int]]] = []
    normals: list[np.ndarray] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            normal = np.zeros(3)
            normal[axis] = sign
            u, v = np.zeros(3), np.zeros(3)
            u[(axis + 1) % 3], v[(axis + 2) % 3] = 1.0, sign
            corners = np.array([normal - u - v, normal + u - v, normal + u + v, normal - u + v])
            first = 4 * len(faces)
            faces.append([[first, first + 1, first + 2], [first, first + 2, first + 3]])
            vertices.append(corners * size / 2)
            normals.append(np.tile(normal, (4, 1)))
    return np.concatenate(vertices), np.concatenate(faces).astype(np.int32), np.concatenate(normals)


def _grid(rows: int, columns: int) -> np.ndarray:
    """Two triangles for each cell of a grid of vertices, whose last column is beside the first. [F, 3]"""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    beside = (column + 1) % columns
    a, b = row * columns + column, row * columns + beside
    c, d = a + columns, b + columns
    return np.stack([a, b, d, a, d, c], -1).reshape(-1, 3).astype(np.int32)


def _sphere(radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    latitude = np.linspace(-np.pi / 2, np.pi / 2, SEGMENTS // 2 + 1)[:, None]
    longitude = np.arange(SEGMENTS)[None] * (2 * np.pi / SEGMENTS)
    normals = np.stack([
        np.cos(latitude) * np.cos(longitude),
        np.cos(latitude) * np.sin(longitude),
        np.broadcast_to(np.sin(latitude), (len(latitude), SEGMENTS)),
    ], -1).reshape(-1, 3)  # fmt: skip
    faces = _grid(len(latitude), SEGMENTS)
    at_pole = np.zeros(len(faces), bool)  # one triangle of each cell there has no area
    at_pole[: 2 * SEGMENTS : 2] = True
    at_pole[-2 * SEGMENTS + 1 :: 2] = True
    return normals * radius, faces[~at_pole], normals


def _cylinder(radius: float, length: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    angle = np.arange(SEGMENTS) * (2 * np.pi / SEGMENTS)
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(SEGMENTS)], -1)
    up = np.array([0.0, 0.0, 1.0])
    low, high = ring * radius - up * length / 2, ring * radius + up * length / 2
    vertices, normals, faces = [low, high], [ring, ring], [_grid(2, SEGMENTS)]
    index = np.arange(SEGMENTS)
    beside = (index + 1) % SEGMENTS
    for cap, sign in ((low, -1.0), (high, 1.0)):
        first = sum(map(len, vertices))
        vertices += [cap, np.array([[0.0, 0.0, sign * length / 2]])]
        normals.append(np.tile(up * sign, (SEGMENTS + 1, 1)))
        turn = (index, beside) if sign > 0 else (beside, index)
        faces.append(np.stack([*turn, np.full(SEGMENTS, SEGMENTS)], -1) + first)
    return np.concatenate(vertices), np.concatenate(faces).astype(np.int32), np.concatenate(normals)
