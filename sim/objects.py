"""Objects to handle: blocks and cylinders of drawn sizes, or one of the thousand that come with `pybullet_data`.

An object stands upright in its own frame: its centre of mass is the origin and z points up. What a hand needs to know
of it, from how wide it is to where it can be gripped, follows from its outline seen from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from multisynth.scenes import Shape
from multisynth.scenes.assets import locate
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import quaternion
from multisynth.scenes.schema import Vector

from multisynth.artifact import Artifact

from .randomise import Draw, Randomisation

MESHES = tuple(number for number in range(1000) if number != 168)
"""`random_urdfs` of `pybullet_data`: blobs, prisms and rings from the grasping experiments of Bousmalis et al. (2018);
the vertices of 168 are no numbers."""
FOLDER = "pybullet_data:random_urdfs"
LICENSE = "Zlib"
LONGEST = 0.13
"""m; what is longer gets in the arm's way."""
LOWEST = 0.018
"""m; fingers find no hold on what is lower."""
PALM, ENDS = 0.034, 0.012
"""m; how far above a gripped place the object may reach, and how far below it what it stands on must be."""
SEGMENTS = 24
"""Of a cylinder's outline."""


@dataclass(frozen=True)
class Grip:
    """A way to take hold of an object from above.

    Args:
        axis: Direction that the fingers close along, about the object's z from its x, rad.
        width: Of the object in that direction, m.
        middle: Where the tip of the hand goes, object's frame, m.
    """

    axis: float
    width: float
    middle: Vector


@dataclass(frozen=True)
class Item:
    """An object that stands upright.

    Args:
        kind: As captions call it: `block`, `cylinder`, `blob`.
        shape: In the object's frame.
        outline: Corners of its hull seen from above, object's frame, m. [N, 2]
        below, above: From the origin to its lowest and highest point, m.
    """

    kind: str
    shape: Shape
    outline: np.ndarray
    below: float
    above: float

    @property
    def height(self) -> float:
        """From its lowest to its highest point, m."""
        return self.below + self.above

    @cached_property
    def radius(self) -> float:
        """About its axis, m."""
        return float(np.linalg.norm(self.outline, axis=1).max())

    def width(self, axis: float) -> float:
        """Along a direction about z from x, rad: m."""
        return float(np.ptp(self.outline @ (np.cos(axis), np.sin(axis))))

    @cached_property
    def grips(self) -> tuple[Grip, ...]:
        """Square to its sides: the narrow ways whose two contacts face each other beside the centre of mass."""
        edges = np.roll(self.outline, -1, 0) - self.outline
        found = [self._grip(float(np.arctan2(y, x)) + np.pi / 2) for x, y in edges if np.hypot(x, y) > 1e-6]
        worst = 1.05 * min(cost for cost, _ in found)
        return tuple(grip for cost, grip in found if cost <= worst)

    def _grip(self, axis: float) -> tuple[float, Grip]:
        """A grip along some axis, and how far it is from a good one, m."""
        along, across = np.array([np.cos(axis), np.sin(axis)]), np.array([-np.sin(axis), np.cos(axis)])
        reach, side = self.outline @ along, self.outline @ across
        low, high = float(reach.min()), float(reach.max())
        touched = [side[np.abs(reach - end) < 0.001] for end in (low, high)]
        first, last = float(max(part.min() for part in touched)), float(min(part.max() for part in touched))
        apart = max(first - last, 0.0)  # sideways, by which closing fingers would turn it
        beside = (first + last) / 2 if apart else min(max(0.0, first), last)
        x, y = ((low + high) / 2 * along + beside * across).tolist()
        grip = Grip(axis, high - low, (x, y, max(0.0, self.above - PALM, ENDS - self.below)))
        return grip.width + 3 * apart + abs(beside), grip


def artifacts(terms: Randomisation) -> list[Artifact]:
    """The meshes, where any may be drawn."""
    ends = terms.random_urdfs.range(0.0)
    if ends is not None and ends[1] <= 0:
        return []
    folder = locate(_name(MESHES[0]), (".obj",)).parents[1]
    return [Artifact.of(folder, "asset", folder.name, LICENSE)]


def item(draw: Draw, colour: Vector) -> Item:
    """Draw an object to handle, of that colour."""
    if draw.uniform("object.source", 0, 1) < draw("random_urdfs"):
        first, width = int(draw.uniform("object.mesh", 0, len(MESHES) - 0.001)), draw("size", "width")
        every = (blob(number, width, colour) for number in (*MESHES[first:], *MESHES[:first]))
        return next(found for found in every if found.height >= LOWEST)
    kind = draw.choose("object", ["block", "cylinder"])
    width, height = draw("size", "width"), draw("size", "height")
    return block(width, draw("size", "depth"), height, colour) if kind == "block" else cylinder(width, height, colour)


def block(width: float, depth: float, height: float, colour: Vector) -> Item:
    """A box of these edges, m."""
    shape = Shape(kind="box", size=(width, depth, height), colour=colour)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, depth / 2)
    return Item("block", shape, corners, height / 2, height / 2)


def cylinder(width: float, height: float, colour: Vector) -> Item:
    """A standing cylinder of that diameter, m."""
    angles, radius = np.arange(SEGMENTS) * (2 * np.pi / SEGMENTS), width / 2
    rim = np.stack([np.cos(angles), np.sin(angles)], -1) * (radius / np.cos(np.pi / SEGMENTS))  # about the circle
    return Item("cylinder", Shape(kind="cylinder", size=(radius, height), colour=colour), rim, height / 2, height / 2)


def blob(number: int, width: float, colour: Vector) -> Item:
    """One of the thousand, on its steadiest side, its narrowest way along x.

    Args:
        number: One of `MESHES`.
        width: To which it is scaled in its narrowest way, m, unless that makes it longer than `LONGEST`.
        colour: Linear RGB.
    """
    resting = _resting(number)
    scale = min(width / resting.width, LONGEST / resting.longest)
    x, y, z = (scale * resting.shift).tolist()
    w, i, j, k = quaternion(resting.rotation).tolist()
    shape = Shape(
        kind="mesh", size=(scale,) * 3, mesh=_name(number), position=(x, y, z), quaternion=(w, i, j, k), colour=colour
    )
    return Item("blob", shape, resting.outline * scale, resting.below * scale, resting.above * scale)


@dataclass(frozen=True)
class _Resting:
    """How a mesh lies on a table, in its file's unit of length."""

    rotation: np.ndarray  # [3, 3], from the file's frame to the object's
    shift: np.ndarray  # [3], of the file's origin in the object's frame
    outline: np.ndarray  # [N, 2]
    below: float
    above: float
    width: float  # of its narrowest way, along x
    longest: float


def _name(number: int) -> str:
    return f"{FOLDER}/{number:03d}/{number:03d}.obj"


@lru_cache(maxsize=len(MESHES))
def _resting(number: int) -> _Resting:
    from scipy.spatial import ConvexHull

    points = triangles(Shape(kind="mesh", size=(1.0, 1.0, 1.0), mesh=_name(number))).vertices
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
    return _Resting(
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
