"""Rigid bodies of scenes as BOP's object models: geometry about its own middle, in millimetres."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import transform
from multisynth.scenes.schema import Body, Part, Shape

from multisynth.srgb import encoded

MILLIMETRES = 1000.0


@dataclass(frozen=True, eq=False)
class Model:
    """The geometry of a body whose parts do not move against each other."""

    name: str
    category: str
    shapes: tuple[tuple[Shape, np.ndarray], ...]  # each with its place in the first part: [4, 4], m
    middle: np.ndarray  # [3] m, of its bounds, in the first part's frame
    vertices: np.ndarray  # [V, 3] mm, about the middle
    faces: np.ndarray  # [F, 3]
    colours: np.ndarray  # [F, 3] uint8, sRGB

    @classmethod
    def of(cls, body: Body) -> Model | None:
        """The model of a body; None where its parts move against each other, or it has no shape."""
        if len(body.parts) > 1 and any(part.moves for part in body.parts):
            return None
        placed = []
        first = np.linalg.inv(resting(body.parts[0]))
        for part in body.parts:
            base = first @ resting(part)
            for shape in part.shapes:
                placed.append((shape, base @ transform(np.array(shape.position), np.array(shape.quaternion))))
        if not placed:
            return None
        vertices, faces, colours, count = [], [], [], 0
        for shape, place in placed:
            mesh = triangles(shape)
            vertices.append(mesh.vertices @ place[:3, :3].T + place[:3, 3])
            faces.append(mesh.faces + count)
            colours.append(mesh.colours)
            count += len(mesh.vertices)
        points = np.concatenate(vertices)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        return cls(
            body.name, body.category, tuple(placed), middle, (points - middle) * MILLIMETRES, np.concatenate(faces),
            encoded(np.concatenate(colours).astype(np.float32)),
        )  # fmt: skip

    @property
    def key(self) -> str:
        """The same for equal geometry and colours, wherever they are."""
        said = [[shape.model_dump(mode="json"), np.round(place, 9).tolist()] for shape, place in self.shapes]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def info(self) -> dict[str, Any]:
        """Its entry in `models_info.json`, mm."""
        low, size = self.vertices.min(axis=0), np.ptp(self.vertices, axis=0)
        entry: dict[str, Any] = {"diameter": diameter(self.vertices)}
        entry |= {f"min_{axis}": float(value) for axis, value in zip("xyz", low, strict=True)}
        entry |= {f"size_{axis}": float(value) for axis, value in zip("xyz", size, strict=True)}
        return entry | symmetries(self)

    def ply(self) -> bytes:
        """Its triangles, a colour a vertex, binary PLY."""
        corners = self.vertices[self.faces].reshape(-1, 3)
        count = len(self.faces)
        vertices = np.empty(3 * count, [("place", "<f4", 3), ("colour", "u1", 3)])
        vertices["place"], vertices["colour"] = corners, np.repeat(self.colours, 3, axis=0)
        faces = np.empty(count, [("corners", "u1"), ("indices", "<i4", 3)])
        faces["corners"], faces["indices"] = 3, np.arange(3 * count).reshape(-1, 3)
        axes = "".join(f"property float {axis}\n" for axis in "xyz")
        channels = "".join(f"property uchar {channel}\n" for channel in ("red", "green", "blue"))
        head = f"ply\nformat binary_little_endian 1.0\nelement vertex {3 * count}\n{axes}{channels}"
        head += f"element face {count}\nproperty list uchar int vertex_indices\nend_header\n"
        return head.encode("ascii") + vertices.tobytes() + faces.tobytes()


def resting(part: Part) -> np.ndarray:
    """Where a part that holds still is in the world; a part that moves, in itself. [4, 4]"""
    return np.eye(4) if part.moves else transform(np.array(part.position), np.array(part.quaternion))


def diameter(points: np.ndarray) -> float:
    """The greatest distance between two of some points. [V, 3]"""
    from scipy.spatial import ConvexHull, QhullError
    from scipy.spatial.distance import pdist

    try:
        points = points[ConvexHull(points).vertices]
    except QhullError:  # flat
        points = np.unique(points, axis=0)
    step = -(-len(points) // 2048)
    return float(pdist(points[::step]).max())


def symmetries(model: Model) -> dict[str, Any]:
    """Turns that leave a lone ball, cylinder or box as it is; textured meshes have none that we know of."""
    if len(model.shapes) != 1 or model.shapes[0][0].kind == "mesh":
        return {}
    shape, place = model.shapes[0]
    axes = place[:3, :3].T
    if shape.kind == "sphere":
        return {"symmetries_continuous": [{"axis": axis.tolist(), "offset": [0, 0, 0]} for axis in axes]}
    halves = [_turn(2 * np.outer(axis, axis) - np.eye(3)) for axis in axes]
    if shape.kind == "cylinder":
        return {
            "symmetries_continuous": [{"axis": axes[2].tolist(), "offset": [0, 0, 0]}],
            "symmetries_discrete": halves[:1],
        }
    return {"symmetries_discrete": halves}


def _turn(rotation: np.ndarray) -> list[float]:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    return matrix.ravel().tolist()
