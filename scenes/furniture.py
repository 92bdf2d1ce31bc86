"""Furniture in drawn measures: each piece stands on z = 0, its front toward -y."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from multisynth.scenes.schema import Shape, Vector
from multisynth.scenes.tabletop import table
from multisynth.scenes.things import DARK, LEAF, METAL, Thing, ball, block, colour, drum, wood

Placed = tuple[Thing, float, float, float]
BOARD = 0.022


def chair(rng: np.random.Generator) -> Thing:
    """Four legs, a seat and a back."""
    wide, deep, seat, high = rng.uniform((0.40, 0.40, 0.43, 0.80), (0.46, 0.46, 0.47, 0.98)).tolist()
    paint, cushion = wood(rng), colour(rng, 0.3)
    leg = 0.035
    shapes = [
        block((leg, leg, seat - 0.03), (a * (wide - leg) / 2, -(deep - leg) / 2, (seat - 0.03) / 2), paint)
        for a in (-1, 1)
    ]
    shapes += [block((leg, leg, high), (a * (wide - leg) / 2, (deep - leg) / 2, high / 2), paint) for a in (-1, 1)]
    shapes.append(block((wide, deep, 0.03), (0, 0, seat - 0.015), paint))
    shapes.append(block((wide - 0.05, deep - 0.09, 0.03), (0, -0.02, seat + 0.015), cushion))
    for share in (0.62, 0.95):
        low = seat + (high - seat) * share
        shapes.append(block((wide - 2 * leg, 0.02, 0.09), (0, (deep - leg) / 2, low - 0.045), paint))
    return Thing("chair", tuple(shapes), (wide / 2, deep / 2), high)


def sofa(rng: np.random.Generator) -> Thing:
    """Arms, a back, and two or three cushions."""
    seats = int(rng.integers(2, 4))
    seat, deep, arm = rng.uniform((0.55, 0.80, 0.14), (0.68, 0.92, 0.22)).tolist()
    wide, fabric = seats * seat + 2 * arm, colour(rng, 0.4)
    lighter = tuple((0.85 * np.array(fabric) + 0.08).tolist())
    shapes = [
        block((wide, deep, 0.20), (0, 0, 0.18), fabric),
        block((wide - 2 * arm, 0.18, 0.45), (0, deep / 2 - 0.09, 0.28 + 0.225), fabric),
        *(block((arm, deep, 0.32), (side * (wide - arm) / 2, 0, 0.28 + 0.16), fabric) for side in (-1, 1)),
        *(drum(0.025, 0.08, 0, DARK, a * (wide / 2 - 0.08), b * (deep / 2 - 0.08)) for a in (-1, 1) for b in (-1, 1)),
    ]
    for number in range(seats):
        x = (number - (seats - 1) / 2) * seat
        shapes.append(block((seat - 0.015, deep - 0.22, 0.15), (x, -0.09, 0.355), lighter))
        shapes.append(block((seat - 0.03, 0.12, 0.36), (x, deep / 2 - 0.24, 0.43 + 0.18), lighter))
    return Thing("sofa", tuple(shapes), (wide / 2, deep / 2), 0.80)


def bed(rng: np.random.Generator) -> Thing:
    """A frame, a mattress, pillows and a blanket."""
    wide, long = float(rng.choice([0.9, 1.4, 1.6])), 2.05
    paint, blanket = wood(rng), colour(rng, 0.2)
    head = rng.uniform(0.75, 1.05)
    shapes = [
        block((wide, long, 0.22), (0, 0, 0.19), paint),
        block((wide, 0.05, head), (0, long / 2 + 0.025, head / 2), paint),
        block((wide - 0.04, long - 0.04, 0.18), (0, 0, 0.39), (0.70, 0.69, 0.66)),
        block((wide - 0.02, 0.68 * long, 0.035), (0, -0.155 * long, 0.495), blanket),
    ]
    feet = [(a * (wide / 2 - 0.05), b * (long / 2 - 0.05)) for a in (-1, 1) for b in (-1, 1)]
    shapes += [block((0.05, 0.05, 0.08), (x, y, 0.04), paint) for x, y in feet]
    pillows = 1 if wide < 1 else 2
    for number in range(pillows):
        x = (number - (pillows - 1) / 2) * wide / 2
        shapes.append(block((0.60, 0.38, 0.11), (x, long / 2 - 0.26, 0.535), (0.72, 0.72, 0.74)))
    return Thing("bed", tuple(shapes), (wide / 2, long / 2 + 0.05), head)


def bookshelf(rng: np.random.Generator) -> Thing:
    """Boards between two sides, and rows of books."""
    wide, deep, high = rng.uniform((0.6, 0.26, 1.2), (1.0, 0.34, 2.0)).tolist()
    paint, shelves = wood(rng), int(high / 0.36)
    gap = (high - BOARD) / shelves
    shapes = [block((BOARD, deep, high), (side * (wide - BOARD) / 2, 0, high / 2), paint) for side in (-1, 1)]
    shapes += [block((wide - 2 * BOARD, deep, BOARD), (0, 0, BOARD / 2 + n * gap), paint) for n in range(shelves + 1)]
    shapes.append(block((wide - 2 * BOARD, 0.008, high), (0, deep / 2 - 0.004, high / 2), paint))
    for n in range(shelves):
        shapes += _row(rng, wide - 2 * BOARD, deep, gap - BOARD, BOARD + n * gap)
    return Thing("bookshelf", tuple(shapes), (wide / 2, deep / 2), high)


def _row(rng: np.random.Generator, wide: float, deep: float, room: float, low: float) -> list[Shape]:
    """Books that stand side by side on a board, to some way along it."""
    shapes: list[Shape] = []
    at, end = -wide / 2 + 0.004, wide * (rng.uniform(0.3, 1.0) - 0.5)
    while True:
        thick, tall, long = rng.uniform((0.018, 0.6 * room, 0.6 * deep), (0.05, 0.93 * room, 0.85 * deep)).tolist()
        if at + thick > end:
            return shapes
        forward = -deep / 2 + long / 2 + 0.02
        shapes.append(block((thick - 0.002, long, tall), (at + thick / 2, forward, low + tall / 2), colour(rng, 0.25)))
        at += thick


def cupboard(rng: np.random.Generator) -> Thing:
    """Two doors with handles."""
    wide, deep, high = rng.uniform((0.8, 0.42, 0.75), (1.3, 0.6, 2.0)).tolist()
    paint, doors = wood(rng), colour(rng, 0.55) if rng.random() < 0.5 else wood(rng)
    front = -deep / 2
    shapes = [
        block((wide, deep - 0.02, high - 0.06), (0, 0.01, 0.06 + (high - 0.06) / 2), paint),
        block((wide - 0.06, deep - 0.10, 0.06), (0, 0.03, 0.03), DARK),
    ]
    for side in (-1, 1):
        middle = (side * wide / 4, front + 0.01, 0.075 + (high - 0.09) / 2)
        shapes.append(block((wide / 2 - 0.006, 0.02, high - 0.09), middle, doors))
        shapes.append(block((0.014, 0.025, 0.14), (side * 0.05, front - 0.0125, min(0.62 * high, 1.05)), METAL))
    return Thing("cupboard", tuple(shapes), (wide / 2, deep / 2 + 0.025), high, (wide / 2 - 0.03, deep / 2 - 0.03))


def desk(rng: np.random.Generator) -> Thing:
    """A table with a stack of drawers on one side."""
    wide, deep, high = rng.uniform((1.1, 0.55, 0.71), (1.6, 0.75, 0.76)).tolist()
    paint, face, side = wood(rng), colour(rng, 0.5), float(rng.choice([-1.0, 1.0]))
    stack = 0.40
    x = side * (wide - stack) / 2
    shapes = [
        block((wide, deep, 0.028), (0, 0, high - 0.014), paint),
        block((0.028, deep - 0.02, high - 0.028), (-side * (wide - 0.028) / 2, 0, (high - 0.028) / 2), paint),
        block((stack, deep - 0.05, high - 0.028), (x, 0.01, (high - 0.028) / 2), paint),
    ]
    for number in range(3):
        low = 0.05 + number * (high - 0.10) / 3
        tall = (high - 0.10) / 3 - 0.012
        shapes.append(block((stack - 0.02, 0.016, tall), (x, -deep / 2 + 0.027, low + tall / 2), face))
        shapes.append(block((0.11, 0.02, 0.012), (x, -deep / 2 + 0.011, low + 0.7 * tall), METAL))
    return Thing("desk", tuple(shapes), (wide / 2, deep / 2), high, (wide / 2 - 0.03, deep / 2 - 0.03))


def television(rng: np.random.Generator) -> Thing:
    """A flat screen on a low board."""
    wide, deep, high = rng.uniform((1.2, 0.36, 0.40), (1.7, 0.45, 0.55)).tolist()
    screen, paint = rng.uniform(0.85, 1.1), wood(rng)
    tall = screen * 9 / 16
    glow: Vector = (0.02, 0.025, 0.04)
    shapes = [
        block((wide, deep, high - 0.05), (0, 0, 0.05 + (high - 0.05) / 2), paint),
        block((wide - 0.1, deep - 0.1, 0.05), (0, 0.02, 0.025), DARK),
        block((0.3, 0.2, 0.015), (0, 0.02, high + 0.0075), DARK),
        block((0.05, 0.03, 0.07), (0, 0.04, high + 0.05), DARK),
        block((screen, 0.035, tall), (0, 0.03, high + 0.085 + tall / 2), DARK),
        block((screen - 0.03, 0.004, tall - 0.03), (0, 0.0115, high + 0.085 + tall / 2), glow),
    ]
    doors = colour(rng, 0.7)
    for side in (-1, 1):
        middle = (side * wide / 4, -deep / 2 - 0.005, high / 2 + 0.025)
        shapes.append(block((wide / 2 - 0.02, 0.01, high - 0.10), middle, doors))
    return Thing("television", tuple(shapes), (wide / 2, deep / 2 + 0.01), high + 0.085 + tall)


def lamp(rng: np.random.Generator) -> Thing:
    """A foot, a pole and a shade."""
    high, shade = rng.uniform(1.35, 1.7), rng.uniform(0.16, 0.22)
    paint = (0.75, 0.68, 0.52) if rng.random() < 0.6 else colour(rng, 0.3)
    shapes = (
        drum(0.14, 0.025, 0, METAL),
        drum(0.012, high - 0.2, 0.025, METAL),
        drum(shade, 0.26, high - 0.26, paint),
    )
    return Thing("lamp", shapes, (shade, shade), high)


def tree(rng: np.random.Generator) -> Thing:
    """A large plant in a pot."""
    pot, high = rng.uniform(0.14, 0.2), rng.uniform(0.8, 1.5)
    paint = colour(rng, 0.5)
    leaves = []
    for _ in range(26):
        up = rng.uniform(0.42, 1.0)
        out, way = rng.uniform(0.1, 1.25) * pot * (1.6 - up), rng.uniform(0, 2 * np.pi)
        r, g, b = (np.array(LEAF) * rng.uniform(0.6, 1.9)).tolist()
        leaves.append(ball(rng.uniform(0.045, 0.09), (out * np.cos(way), out * np.sin(way), up * high), (r, g, b)))
    trunk: Vector = (0.16, 0.10, 0.05)
    shapes = (
        drum(pot, 0.30, 0, paint),
        drum(pot * 0.9, 0.002, 0.3, (0.03, 0.02, 0.015)),
        drum(0.018, 0.9 * high - 0.3, 0.3, trunk),
        *leaves,
    )
    wide = max(pot, max(float(np.hypot(*leaf.position[:2])) + leaf.size[0] for leaf in leaves))
    return Thing("tree", shapes, (wide, wide), high + 0.09)


def dining(rng: np.random.Generator) -> list[Placed]:
    """A table with chairs about it."""
    middle = table(rng)
    group: list[Placed] = [(middle, 0.0, 0.0, 0.0)]
    seat = chair(rng)  # a set
    for side in (-1, 1):
        x = rng.uniform(-0.12, 0.12) * middle.half[0]
        group.append((seat, x, side * (middle.half[1] + seat.half[1] + 0.04), 0.0 if side > 0 else np.pi))
        if rng.random() < 0.6:
            along = side * (middle.half[0] + seat.half[1] + 0.04)
            group.append((seat, along, 0.0, -side * np.pi / 2))
    return group


def lounge(rng: np.random.Generator) -> list[Placed]:
    """A low table."""
    wide, deep, high = rng.uniform((0.7, 0.5, 0.36), (1.1, 0.7, 0.45)).tolist()
    paint = wood(rng)
    shapes = (
        block((wide, deep, 0.03), (0, 0, high - 0.015), paint),
        block((wide - 0.12, deep - 0.12, 0.018), (0, 0, 0.15), paint),
        *(
            block((0.045, 0.045, high - 0.03), (a * (wide / 2 - 0.04), b * (deep / 2 - 0.04), (high - 0.03) / 2), paint)
            for a in (-1, 1)
            for b in (-1, 1)
        ),
    )
    low = Thing("coffee table", shapes, (wide / 2, deep / 2), high, (wide / 2 - 0.03, deep / 2 - 0.03))
    return [(low, 0.0, 0.0, 0.0)]


ON_WALL: dict[str, Callable[[np.random.Generator], Thing]] = {
    "bed": bed, "bookshelf": bookshelf, "chair": chair, "cupboard": cupboard, "desk": desk, "lamp": lamp,
    "sofa": sofa, "television": television, "tree": tree,
}  # fmt: skip
FREE: dict[str, Callable[[np.random.Generator], list[Placed]]] = {"dining": dining, "lounge": lounge}
