"""Objects to handle: blocks and cylinders of drawn sizes, or one of the thousand that come with `pybullet_data`.

An object stands upright in its own frame: its centre of mass is the origin and z points up. What a hand needs to know
of it, from how wide it is to where it can be gripped, follows from its outline seen from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from multisynth.scenes import Shape
from multisynth.scenes.assets import locate
from multisynth.scenes.poses import quaternion
from multisynth.scenes.resting import resting
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
    lies = resting(_name(number))
    scale = min(width / lies.width, LONGEST / lies.longest)
    x, y, z = (scale * lies.shift).tolist()
    w, i, j, k = quaternion(lies.rotation).tolist()
    shape = Shape(
        kind="mesh", size=(scale,) * 3, mesh=_name(number), position=(x, y, z), quaternion=(w, i, j, k), colour=colour
    )
    return Item("blob", shape, lies.outline * scale, lies.below * scale, lies.above * scale)


def _name(number: int) -> str:
    return f"{FOLDER}/{number:03d}/{number:03d}.obj"
