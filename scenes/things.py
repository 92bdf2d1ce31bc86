"""Everyday things in drawn sizes and colours, built of primitives and of the meshes that come with `pybullet_data`.

Each stands on z = 0 of its own frame, about the z axis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import about, quaternion, rotation
from multisynth.scenes.resting import resting
from multisynth.scenes.schema import Body, Part, Shape, Vector

X, Z = np.eye(3)[0], np.eye(3)[2]
BLOBS = tuple(number for number in range(1000) if number != 168)
"""`random_urdfs` of `pybullet_data`; the vertices of 168 are no numbers."""
WOODS: tuple[Vector, ...] = (
    (0.42, 0.27, 0.14), (0.24, 0.13, 0.06), (0.55, 0.42, 0.27), (0.12, 0.07, 0.04), (0.62, 0.56, 0.48),
)  # fmt: skip
METAL: Vector = (0.42, 0.43, 0.45)
DARK: Vector = (0.03, 0.03, 0.035)
LEAF: Vector = (0.05, 0.20, 0.04)
CLAY: Vector = (0.45, 0.16, 0.07)


@dataclass(frozen=True)
class Thing:
    """Something that stands somewhere."""

    kind: str
    """What it is called, and its category."""
    shapes: tuple[Shape, ...]
    half: tuple[float, float]
    """Half of its extent along x and y, m."""
    height: float
    """m"""
    top: tuple[float, float] | None = None
    """Half of the extents of a flat top that other things can stand on, m."""

    @property
    def radius(self) -> float:
        """Of a circle about z that it stays within, m."""
        return float(np.hypot(*self.half))

    def body(self, name: str, instance: int, position: Sequence[float], yaw: float = 0.0) -> Body:
        """It as a body that stands still at a place, world, m, turned about z, rad."""
        x, y, z = map(float, position)
        w, i, j, k = quaternion(about(Z, yaw)).tolist()
        part = Part(name=name, shapes=self.shapes, moves=False, position=(x, y, z), quaternion=(w, i, j, k))
        return Body(name=name, category=self.kind, instance=instance, parts=(part,))


def colour(rng: np.random.Generator, dull: float = 0.0) -> Vector:
    """A paint: any hue, mostly saturated, as linear reflectance; `dull` from 0 to 1 takes it toward grey."""
    import colorsys

    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.45, 0.95) * (1 - dull), rng.uniform(0.35, 0.92))
    return float(r**2.2), float(g**2.2), float(b**2.2)


def wood(rng: np.random.Generator) -> Vector:
    """One of the woods, a little lighter or darker."""
    r, g, b = (np.array(WOODS[int(rng.integers(len(WOODS)))]) * rng.uniform(0.8, 1.2)).tolist()
    return r, g, b


def block(size: Sequence[float], centre: Sequence[float], paint: Vector) -> Shape:
    """A box: edges and centre, m."""
    (a, b, c), (x, y, z) = map(float, size), map(float, centre)
    return Shape(kind="box", size=(a, b, c), position=(x, y, z), colour=paint)


def drum(radius: float, length: float, low: float, paint: Vector, x: float = 0.0, y: float = 0.0) -> Shape:
    """An upright cylinder whose underside is at height `low`, m."""
    return Shape(kind="cylinder", size=(radius, length), position=(x, y, low + length / 2), colour=paint)


def ball(radius: float, centre: Sequence[float], paint: Vector) -> Shape:
    """A sphere, m."""
    x, y, z = map(float, centre)
    return Shape(kind="sphere", size=(radius,), position=(x, y, z), colour=paint)


def _box(rng: np.random.Generator) -> Thing:
    a, b, c = rng.uniform((0.05, 0.04, 0.04), (0.16, 0.12, 0.20)).tolist()
    paint = colour(rng)
    band = block((a + 0.001, b + 0.001, 0.25 * c), (0, 0, c / 2), colour(rng))
    return Thing("box", (block((a, b, c), (0, 0, c / 2), paint), band), ((a + 0.001) / 2, (b + 0.001) / 2), c)


def _can(rng: np.random.Generator) -> Thing:
    radius, height = rng.uniform((0.026, 0.08), (0.042, 0.13)).tolist()
    shapes = (
        drum(radius * 0.93, height, 0, METAL),
        drum(radius, height - 0.012, 0.006, colour(rng)),
        drum(radius * 1.003, 0.25 * height, 0.35 * height, colour(rng)),
    )
    return Thing("can", shapes, (radius * 1.003,) * 2, height)


def _bottle(rng: np.random.Generator) -> Thing:
    radius, body, neck = rng.uniform((0.028, 0.11, 0.04), (0.042, 0.18, 0.09)).tolist()
    glass = colour(rng)
    shapes = (
        drum(radius, body, 0, glass),
        ball(radius, (0, 0, body), glass),
        drum(radius * 0.36, neck + radius, body, glass),
        drum(radius * 0.42, 0.02, body + radius + neck, colour(rng, 0.5)),
        drum(radius * 1.006, 0.45 * body, 0.3 * body, (0.75, 0.73, 0.68)),
    )
    return Thing("bottle", shapes, (radius * 1.006,) * 2, body + radius + neck + 0.02)


def _book(rng: np.random.Generator) -> Thing:
    wide, deep, thick = rng.uniform((0.12, 0.17, 0.012), (0.19, 0.25, 0.04)).tolist()
    return Thing("book", _leaves(wide, deep, thick, 0.0, colour(rng, 0.2)), (wide / 2, deep / 2), thick)


def _leaves(wide: float, deep: float, thick: float, low: float, cover: Vector) -> tuple[Shape, ...]:
    """A book that lies flat: two covers, a spine, and pages between."""
    board = 0.002
    return (
        block((wide, deep, board), (0, 0, low + board / 2), cover),
        block((wide, deep, board), (0, 0, low + thick - board / 2), cover),
        block((board, deep, thick), ((board - wide) / 2, 0, low + thick / 2), cover),
        block((wide - 0.008, deep - 0.008, thick - 2 * board), (-0.002, 0, low + thick / 2), (0.72, 0.69, 0.6)),
    )


def _fruit(rng: np.random.Generator) -> Thing:
    kind, skins, sizes = [
        ("apple", ((0.45, 0.03, 0.02), (0.30, 0.45, 0.05)), (0.034, 0.042)),
        ("orange", ((0.80, 0.27, 0.02),), (0.034, 0.045)),
        ("lemon", ((0.80, 0.62, 0.05),), (0.026, 0.032)),
    ][int(rng.integers(3))]
    radius, skin = rng.uniform(*sizes), skins[int(rng.integers(len(skins)))]
    stalk = (drum(0.0025, 0.014, 2 * radius - 0.003, (0.13, 0.07, 0.03)),) if kind == "apple" else ()
    return Thing(kind, (ball(radius, (0, 0, radius), skin), *stalk), (radius, radius), 2 * radius + 0.011 * len(stalk))


def _plate(rng: np.random.Generator) -> Thing:
    radius, paint = rng.uniform(0.09, 0.13), (0.74, 0.73, 0.70) if rng.random() < 0.6 else colour(rng, 0.4)
    shapes = (drum(0.6 * radius, 0.008, 0, paint), drum(radius, 0.006, 0.008, paint))
    return Thing("plate", shapes, (radius, radius), 0.014)


def _cup(rng: np.random.Generator) -> Thing:
    scale, paint = rng.uniform(0.8, 1.1), colour(rng, 0.2)
    return _upright("mug", "pybullet_data:objects/mug.obj", scale, paint)


def _pot(rng: np.random.Generator) -> Thing:
    radius = rng.uniform(0.045, 0.07)
    height, leaves = radius * 1.6, []
    for _ in range(12):
        size = radius * rng.uniform(0.35, 0.6)
        way, out = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0, 0.9)
        green = np.array(LEAF) * rng.uniform(0.6, 1.7)
        centre = (out * np.cos(way), out * np.sin(way), height + rng.uniform(0.3, 1.6) * radius)
        leaves.append(ball(size, centre, (float(green[0]), float(green[1]), float(green[2]))))
    shapes = (
        drum(radius * 0.85, height, 0, CLAY),
        drum(radius, 0.22 * height, 0.78 * height, CLAY),
        drum(radius * 0.86, 0.002, height, (0.03, 0.02, 0.015)),
        drum(0.004, 0.8 * radius, height, LEAF),
        *leaves,
    )
    return Thing("plant", shapes, (1.5 * radius,) * 2, height + 2.2 * radius)


def _laptop(rng: np.random.Generator) -> Thing:
    wide, deep, paint = rng.uniform(0.29, 0.36), rng.uniform(0.20, 0.25), METAL if rng.random() < 0.6 else DARK
    lean = about(X, np.radians(-rng.uniform(12, 25)))
    w, i, j, k = quaternion(lean).tolist()

    def leaning(size: Vector, forward: float, paint: Vector) -> Shape:
        x, y, z = (np.array([0, deep / 2, 0.016]) + lean @ [0, forward, deep / 2]).tolist()
        return Shape(kind="box", size=size, position=(x, y, z), quaternion=(w, i, j, k), colour=paint)

    shapes = (
        block((wide, deep, 0.014), (0, 0, 0.007), paint),
        block((wide * 0.88, deep * 0.42, 0.002), (0, deep * 0.16, 0.0145), DARK),
        block((wide * 0.3, deep * 0.26, 0.002), (0, -deep * 0.3, 0.0138), DARK),
        leaning((wide, 0.006, deep), 0, paint),
        leaning((wide * 0.95, 0.002, deep * 0.9), -0.0035, (0.05, 0.09, 0.16)),
    )
    return Thing("laptop", shapes, (wide / 2, deep / 2 + 0.11), deep)


def _named(kind: str, mesh: str, low: float, high: float, upright: str, painted: bool) -> Callable[..., Thing]:
    def draw(rng: np.random.Generator) -> Thing:
        paint = colour(rng) if painted else (1.0, 1.0, 1.0)
        return _upright(kind, f"pybullet_data:{mesh}", rng.uniform(low, high), paint, upright)

    return draw


def _blob(rng: np.random.Generator) -> Thing:
    name = "pybullet_data:random_urdfs/{0:03d}/{0:03d}.obj".format(BLOBS[int(rng.integers(len(BLOBS)))])
    lies = resting(name)
    scale = rng.uniform(0.06, 0.12) / lies.longest
    x, y, z = (scale * lies.shift).tolist()
    w, i, j, k = quaternion(lies.rotation).tolist()
    shape = Shape(
        kind="mesh", size=(scale,) * 3, mesh=name, position=(x, y, z + scale * lies.below), quaternion=(w, i, j, k),
        colour=colour(rng),
    )  # fmt: skip
    a, b = (np.abs(lies.outline).max(0) * scale).tolist()
    return Thing("toy", (shape,), (a, b), scale * (lies.below + lies.above))


@lru_cache(maxsize=64)
def _extent(mesh: str, upright: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Its turn that makes it stand, and its lowest and highest corner after it, in the file's unit."""
    turn = about(X, np.pi / 2) if upright == "y" else np.eye(3)
    points = triangles(Shape(kind="mesh", size=(1.0, 1.0, 1.0), mesh=mesh)).vertices @ turn.T
    return turn, points.min(0), points.max(0)


def _upright(kind: str, mesh: str, scale: float, paint: Vector, upright: str = "z") -> Thing:
    turn, low, high = _extent(mesh, upright)
    x, y, z = (-scale * np.array([*(low + high)[:2] / 2, low[2]])).tolist()
    w, i, j, k = quaternion(turn).tolist()
    shape = Shape(kind="mesh", size=(scale,) * 3, mesh=mesh, position=(x, y, z), quaternion=(w, i, j, k), colour=paint)
    a, b, c = (scale * (high - low)).tolist()
    return Thing(kind, (shape,), (a / 2, b / 2), c)


SMALL: dict[str, Callable[[np.random.Generator], Thing]] = {
    "apple, orange, lemon": _fruit,
    "book": _book,
    "bottle": _bottle,
    "box": _box,
    "can": _can,
    "duck": _named("duck", "duck.obj", 0.045, 0.075, "y", False),
    "football": _named("ball", "soccerball.obj", 0.10, 0.18, "z", False),
    "laptop": _laptop,
    "lego": _named("brick", "lego/lego.obj", 0.12, 0.2, "y", True),
    "mug": _cup,
    "plant": _pot,
    "plate": _plate,
    "teddy": _named("teddy", "teddy2_VHACD_CHs.obj", 0.14, 0.24, "y", True),
    "toy": _blob,
}
"""What may lie on a table, each drawn by its function."""


def draw(rng: np.random.Generator, largest: float = np.inf) -> Thing:
    """One of the small things that fits into a circle of that radius, m."""
    names = sorted(SMALL)
    while True:
        thing = SMALL[names[int(rng.integers(len(names)))]](rng)
        if thing.radius <= largest:
            return thing


def spread(
    things: Sequence[Thing],
    half: tuple[float, float],
    rng: np.random.Generator,
    gap: float = 0.01,
    tries: int = 80,
) -> list[tuple[Thing, float, float, float]]:
    """Places on a rectangle about the origin where things stand without touching; those that find none are left out.

    Args:
        things: In the order in which they are set down; the large ones first leaves least out.
        half: Half of the rectangle's edges, m.
        rng: Draws places and turns.
        gap: Between the circles about any two, m.
        tries: Places that each may try.

    Returns:
        Things with x, y, m, and yaw, rad.
    """
    found: list[tuple[Thing, float, float, float]] = []
    for thing in things:
        room = np.array(half) - thing.radius
        if (room <= 0).any():
            continue
        for _ in range(tries):
            x, y = rng.uniform(-room, room).tolist()
            if all(np.hypot(x - u, y - v) > thing.radius + other.radius + gap for other, u, v, _ in found):
                found.append((thing, x, y, rng.uniform(0, 2 * np.pi)))
                break
    return found


def turned(x: float, y: float, yaw: float) -> tuple[float, float]:
    """A place after a turn about the origin."""
    u, v, _ = (rotation(quaternion(about(Z, yaw))) @ [x, y, 0]).tolist()
    return u, v
