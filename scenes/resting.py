"""How a mesh lies when it is put down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.schema import Shape


@dataclass(frozen=True)
class Resting:
    """How a mesh lies on a table, in its file's unit of length."""

    rotation: np.ndarray  # [3, 3], from the file's frame to the object's
    shift: np.ndarray  # [3], of the file's origin in the object's frame
    outline: np.ndarray  # [N, 2]
    below: float
    above: float
    width: float  # of its narrowest way, along x
    longest: float


@lru_cache(maxsize=1024)
def resting(mesh: str) -> Resting:
    """On the face that it must be tilted furthest to leave, its narrowest way along x.

    Args:
        mesh: Its name, as a shape has it.

    Raises:
        BadInput: It cannot be had.
    """
    from scipy.spatial import ConvexHull

    points = triangles(Shape(kind="mesh", size=(1.0, 1.0, 1.0), mesh=mesh)).vertices
    hull = ConvexHull(points)
    centre = _centre(points, hull)
    points = points - centre
    down = _steadiest(points, ConvexHull(points))
    points = points[hull.vertices]
    side = np.cross(down, np.eye(3)[np.abs(down).argmin()])
    side /= np.linalg.norm(side)
    upright = np.stack([side, np.cross(-down, side), -down])
    seen = (points @ upright.T)[:, :2]
    seen = seen[ConvexHull(seen).vertices]  # counter-clockwise
    edges = np.roll(seen, -1, 0) - seen
    normals = np.stack([edges[:, 1], -edges[:, 0]], -1) / np.linalg.norm(edges, axis=1, keepdims=True)
    widths = np.ptp(seen @ normals.T, axis=0)  # the narrowest way is square to an edge (Houle and Toussaint 1988)
    x, y = normals[widths.argmin()]
    turn = np.array([[x, y, 0], [-y, x, 0], [0, 0, 1.0]])
    rotation = turn @ upright
    stood = points @ rotation.T
    low, high = stood[:, 2].min(), stood[:, 2].max()
    return Resting(
        rotation, -rotation @ centre, seen @ turn[:2, :2].T, -float(low), float(high),
        float(widths.min()), float(np.ptp(stood, axis=0).max()),
    )  # fmt: skip


def _centre(points: np.ndarray, hull: Any) -> np.ndarray:
    """Of mass of an even hull. [N, 3] → [3]"""
    middle = points[hull.vertices].mean(0)
    a, b, c = np.moveaxis(points[hull.simplices] - middle, 1, 0)
    volumes = np.abs(np.einsum("ij,ij->i", a, np.cross(b, c)))  # of a tetrahedron over each face, times 6
    centre: np.ndarray = middle + (volumes[:, None] * (a + b + c)).sum(0) / (4 * volumes.sum())
    return centre


def _steadiest(points: np.ndarray, hull: Any) -> np.ndarray:
    """Which way is down when it lies on the face that it must be tilted furthest to leave. [N, 3] → [3]

    Args:
        points: From the centre of mass.
        hull: Theirs.
    """
    from scipy.spatial import ConvexHull

    a, b, c = np.moveaxis(points[hull.simplices], 1, 0)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    faces, face = np.unique(hull.equations.round(3), axis=0, return_inverse=True)
    large = np.bincount(face.ravel(), areas) > 0.01 * areas.sum()
    corners, flat = points[hull.vertices], 1e-3 * float(np.ptp(points))
    best, down = -np.inf, np.array([0.0, 0.0, -1.0])
    for *normal, offset in faces[large]:
        rim = corners[corners @ normal + offset > -3 * flat]
        side = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
        plane = np.stack([side, np.cross(normal, side)], 1)
        margin = -ConvexHull(rim @ plane).equations[:, 2].max()  # from below the centre to the nearest side
        if margin / -offset > best:
            best, down = margin / -offset, np.array(normal)
    return down / np.linalg.norm(down)
