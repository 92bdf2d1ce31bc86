"""Mass, centre and inertia of solids of even density."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from multisynth.scenes import Shape
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import quaternion, rotation


class Solid(NamedTuple):
    """What a solid of even density is to physics, for each kilogram of it."""

    centre: np.ndarray
    """Of mass, m. [3]"""
    turn: np.ndarray
    """From its principal axes to the frame that it is given in: w, x, y, z. [4]"""
    moments: np.ndarray
    """Of inertia about its principal axes, m². [3]"""


@lru_cache(maxsize=1024)
def hull(mesh: str, scale: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Convex hull of a mesh file times a scale, which is what physics makes of meshes: [V, 3], [F, 3] outward."""
    import trimesh

    vertices = triangles(Shape(kind="mesh", size=scale, mesh=mesh)).vertices
    convex = trimesh.convex.convex_hull(vertices)
    return np.array(convex.vertices, np.float64), np.array(convex.faces, np.int32)


@lru_cache(maxsize=1024)
def solid(shapes: tuple[Shape, ...]) -> Solid:
    """Of a part made of these shapes; where they overlap, it is as dense as both."""
    volumes, centres, inertias = zip(*map(_alone, shapes), strict=True)
    shares: np.ndarray = np.array(volumes) / sum(volumes)
    centre = shares @ np.array(centres)
    inertia: np.ndarray = sum(
        share * (own + _of_a_point(at - centre)) for share, own, at in zip(shares, inertias, centres, strict=True)
    )
    moments, axes = np.linalg.eigh(inertia)
    if np.allclose(inertia, np.diag(np.diag(inertia)), rtol=0, atol=1e-9 * moments.max()):
        return Solid(centre, np.array([1.0, 0.0, 0.0, 0.0]), np.diag(inertia).copy())
    axes[:, 2] *= np.sign(np.linalg.det(axes))
    return Solid(centre, quaternion(axes), moments)


def _alone(shape: Shape) -> tuple[float, np.ndarray, np.ndarray]:
    """Volume, m³, centre, m [3], and inertia a kilogram about it, m² [3, 3], of one shape in its part's frame."""
    turn, place = rotation(np.array(shape.quaternion)), np.array(shape.position)
    if shape.kind == "mesh":
        import trimesh

        vertices, faces = hull(shape.mesh, shape.size)
        convex = trimesh.Trimesh(vertices, faces, process=False)
        solid, centre, inertia = float(convex.volume), convex.center_mass, convex.moment_inertia / convex.volume
        return solid, turn @ centre + place, turn @ inertia @ turn.T
    volume, moments = _primitive(shape)
    return volume, place, turn @ np.diag(moments) @ turn.T


def _primitive(shape: Shape) -> tuple[float, list[float]]:
    if shape.kind == "box":
        x, y, z = shape.size
        return x * y * z, [(y * y + z * z) / 12, (x * x + z * z) / 12, (x * x + y * y) / 12]
    radius = shape.size[0]
    if shape.kind == "sphere":
        return float(4 / 3 * np.pi * radius**3), [0.4 * radius**2] * 3
    length = shape.size[1]
    across = (3 * radius**2 + length**2) / 12
    return float(np.pi * radius**2 * length), [across, across, radius**2 / 2]


def _of_a_point(offset: np.ndarray) -> np.ndarray:
    """Inertia of a kilogram at an offset, m². [3] → [3, 3]"""
    return float(offset @ offset) * np.eye(3) - np.outer(offset, offset)
