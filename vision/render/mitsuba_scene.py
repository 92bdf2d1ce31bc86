"""A scene as Mitsuba has it: the same triangles, colours, textures, pattern and light."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from multisynth.scenes.meshes import Mesh, triangles
from multisynth.scenes.render.pattern import TILE
from multisynth.scenes.render.rays import PATTERNED
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Light, Pattern

SKY = 64
"""Rows of the picture that the glow's gradient is given to Mitsuba as."""


def shapes(mi: Any, world: World, poses: np.ndarray) -> dict[str, Any]:
    """The shapes at some poses of the moving parts, [B, 7], as Mitsuba's objects by name."""
    made: dict[str, Any] = {}
    places = world.place(poses)
    plain = [shape for body in world.scene.bodies for part in body.parts for shape in part.shapes]
    for index, (shape, place) in enumerate(zip(plain, places, strict=True)):
        mesh = triangles(shape)
        extents = np.sort(np.ptp(world.bounds[index], axis=0))
        painted = world.rows[index] < 0 and extents[1] >= PATTERNED and world.scene.pattern.contrast > 0
        mesh = mesh._replace(
            vertices=mesh.vertices @ place[:3, :3].T + place[:3, 3], normals=mesh.normals @ place[:3, :3].T
        )
        pieces = _painted(mi, mesh, world.scene.pattern) if painted else _textured(mi, mesh)
        for number, piece in enumerate(pieces):
            made[f"shape_{index}_{number}"] = piece
    return made


def lights(mi: Any, light: Light, even: bool) -> dict[str, Any]:
    """The distant light, and the glow as a sky.

    A matt face in the open that is turned to n gets of a sky of radiance a (3/4 + 3/8 z) what `scenes.render.shade`
    gives it: a (3/4 + 1/4 n_z).

    Args:
        mi: Mitsuba.
        light: The scene's.
        even: Whether the sky is as bright everywhere, as above, instead.
    """
    made: dict[str, Any] = {}
    colour = [light.intensity * channel for channel in light.colour]
    if light.intensity > 0 and any(light.direction):
        made["sun"] = {
            "type": "directional", "direction": list(light.direction), "irradiance": {"type": "rgb", "value": colour},
        }  # fmt: skip
    if light.ambient > 0 and even:
        made["sky"] = {"type": "constant", "radiance": {"type": "rgb", "value": light.ambient}}
    elif light.ambient > 0:
        up = np.cos((np.arange(SKY) + 0.5) / SKY * np.pi)
        sky = np.tile((light.ambient * (0.75 + 0.375 * up))[:, None, None], (1, 4, 3)).astype(np.float32)
        made["sky"] = {
            "type": "envmap", "bitmap": mi.Bitmap(sky), "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
        }  # fmt: skip
    return made


def _textured(mi: Any, mesh: Mesh) -> Iterator[Any]:
    """A mesh in pieces, each with one texture or none."""
    images = np.full(len(mesh.faces), -1) if mesh.images is None else mesh.images
    for image in np.unique(images):
        faces = np.flatnonzero(images == image)
        if image < 0 or mesh.uv is None:
            yield _piece(mi, mesh, faces, {"type": "mesh_attribute", "name": "face_color"}, None)
            continue
        for colour in np.unique(mesh.colours[faces], axis=0):
            own = faces[(mesh.colours[faces] == colour).all(axis=1)]
            bitmap = (mesh.textures[image] * colour).astype(np.float32)
            yield _piece(mi, mesh, own, _picture(mi, bitmap, "bilinear"), mesh.uv[mesh.faces[own]])


def _painted(mi: Any, mesh: Mesh, pattern: Pattern) -> Iterator[Any]:
    """A mesh with the world's pattern, by the side that its triangles show and by colour."""
    a, b, c = mesh.vertices[mesh.faces.T]
    outward = np.cross(b - a, c - a)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-12)
    side = np.abs(outward).argmax(axis=1)
    keys = np.column_stack([side, mesh.colours])
    for key in np.unique(keys, axis=0):
        faces = np.flatnonzero((keys == key).all(axis=1))
        across = [axis for axis in range(3) if axis != int(key[0])]
        uv = mesh.vertices[mesh.faces[faces]][..., across] / pattern.size
        tile = _tile(pattern)
        bitmap = ((1 + pattern.contrast * tile)[..., None] * key[1:]).astype(np.float32)
        repeat = 1 if pattern.kind == "tiles" else 2
        yield _piece(mi, mesh, faces, _picture(mi, bitmap, "nearest"), uv / repeat)


def _tile(pattern: Pattern) -> np.ndarray:
    """1 where the pattern is light and -1 where it is dark; row 0 is the highest v. [h, w]"""
    if pattern.kind == "squares":
        return np.array([[-1.0, 1.0], [1.0, -1.0]])
    if pattern.kind == "stripes":
        return np.array([[1.0, -1.0]])
    rows = (np.arange(100) + 0.5) / 100 < TILE
    return np.where(rows[::-1, None] & rows, 1.0, -1.0)


def _picture(mi: Any, bitmap: np.ndarray, between: str) -> dict[str, Any]:
    """A picture that repeats. [h, w, 3]"""
    bitmap = np.ascontiguousarray(bitmap, np.float32)
    return {
        "type": "bitmap", "bitmap": mi.Bitmap(bitmap), "raw": True, "filter_type": between, "wrap_mode": "repeat",
    }  # fmt: skip


def _piece(mi: Any, mesh: Mesh, faces: np.ndarray, reflectance: dict[str, Any], uv: np.ndarray | None) -> Any:
    """Some triangles, [F] indices, each with corners of its own, which lie in a picture by uv, [F, 3, 2]."""
    properties = mi.Properties()
    matt = {"type": "diffuse", "reflectance": reflectance}
    properties["bsdf"] = mi.load_dict({"type": "twosided", "bsdf": matt})
    piece = mi.Mesh("piece", 3 * len(faces), len(faces), properties, True, uv is not None)
    if uv is None:
        piece.add_attribute("face_color", 3, mesh.colours[faces].ravel().tolist())
    corners = mesh.faces[faces].ravel()
    values = mi.traverse(piece)
    values["vertex_positions"] = mesh.vertices[corners].astype(np.float32).ravel()
    values["vertex_normals"] = mesh.normals[corners].astype(np.float32).ravel()
    values["faces"] = np.arange(3 * len(faces), dtype=np.uint32)
    if uv is not None:
        downward = uv.reshape(-1, 2) * [1, -1] + [0, 1]  # Mitsuba's pictures begin with their top row
        values["vertex_texcoords"] = downward.astype(np.float32).ravel()
    values.update()
    return piece
