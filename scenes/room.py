"""A furnished room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from multisynth.scenes import setting, things
from multisynth.scenes.furniture import FREE, ON_WALL
from multisynth.scenes.schema import Body, Camera, Scene
from multisynth.scenes.tabletop import enclosure
from multisynth.scenes.things import Thing

TRIES = 60
WALK = 0.12
"""m that stay free between any two pieces."""


def room(rng: np.random.Generator, least: int = 5, most: int = 9) -> Scene:
    """A scene from one generator alone: floor, walls, `least` to `most` pieces of furniture, and things on them.

    Nothing touches but what stands on something. The room has no ceiling, so that the light falls in.

    Args:
        rng: Draws everything.
        least: Pieces that are set down, unless the room is too full.
        most: At most.
    """
    x, y = rng.uniform((1.9, 1.7), (3.2, 2.6)).tolist()
    height = rng.uniform(2.4, 2.9)
    wanted, names = int(rng.integers(least, most + 1)), sorted(ON_WALL)
    order = [names[n] for n in rng.permutation(len(names))]
    pieces: list[tuple[Thing, float, float, float]] = []
    _in_the_middle(FREE[sorted(FREE)[int(rng.integers(len(FREE)))]], pieces, (x, y), rng)
    for turn in range(wanted - 1):
        _along_a_wall(ON_WALL[order[turn % len(order)]](rng), pieces, (x, y), rng)
    bodies = enclosure(rng, x, y, height)
    for piece, u, v, yaw in pieces:
        bodies.append(piece.body(piece.kind, 1, (u, v, 0), yaw))
        bodies += _on_top(piece, u, v, yaw, rng)
    return Scene(
        bodies=setting.numbered(bodies),
        light=setting.light(rng, lowest=55),
        pattern=setting.pattern(rng, 0.05, 0.4, 0.09),
        cameras=_cameras(rng, pieces, x, y),
    )


def _along_a_wall(
    piece: Thing, pieces: list[tuple[Thing, float, float, float]], half: tuple[float, float], rng: np.random.Generator
) -> None:
    """Its back to a wall, its front into the room; left out where no place is free."""
    for _ in range(TRIES):
        side = int(rng.integers(4))
        yaw = side * np.pi / 2  # its front looks along its own -y, so its back is at +y
        across = half[1] if side % 2 == 0 else half[0]
        along = half[0] if side % 2 == 0 else half[1]
        reach = along - piece.half[0] - 0.03
        if reach <= 0:
            continue
        u, v = things.turned(rng.uniform(-reach, reach), across - piece.half[1] - 0.025, yaw)
        if _free(piece, u, v, yaw, pieces):
            pieces.append((piece, u, v, yaw))
            return


def _in_the_middle(
    draw: Callable[[np.random.Generator], list[tuple[Thing, float, float, float]]],
    pieces: list[tuple[Thing, float, float, float]],
    half: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    group = draw(rng)
    reach = max(np.hypot(u, v) + piece.radius for piece, u, v, _ in group)
    room = np.maximum(np.array(half) - reach - 0.75, 0)
    x, y = rng.uniform(-room, room).tolist()
    turn = int(rng.integers(4)) * np.pi / 2
    for piece, u, v, yaw in group:
        p, q = things.turned(u, v, turn)
        pieces.append((piece, x + p, y + q, yaw + turn))


def _footprint(piece: Thing, yaw: float) -> np.ndarray:
    """Half of its extents along the room's axes. [2]"""
    c, s = abs(np.cos(yaw)), abs(np.sin(yaw))
    a, b = piece.half
    return np.array([a * c + b * s, a * s + b * c])


def _free(piece: Thing, x: float, y: float, yaw: float, pieces: list[tuple[Thing, float, float, float]]) -> bool:
    own = _footprint(piece, yaw)
    return all((np.abs([x - u, y - v]) > own + _footprint(other, turn) + WALK).any() for other, u, v, turn in pieces)


def _on_top(piece: Thing, x: float, y: float, yaw: float, rng: np.random.Generator) -> list[Body]:
    """Things on its top, if it has one."""
    if piece.top is None:
        return []
    wanted = [things.draw(rng, largest=min(piece.top)) for _ in range(int(rng.integers(1, 6)))]
    wanted.sort(key=lambda thing: -thing.radius)
    bodies = []
    for thing, u, v, own in things.spread(wanted, piece.top, rng):
        p, q = things.turned(u, v, yaw)
        bodies.append(thing.body(thing.kind, 1, (x + p, y + q, piece.height), own))
    return bodies


def _cameras(
    rng: np.random.Generator, pieces: list[tuple[Thing, float, float, float]], x: float, y: float
) -> tuple[Camera, ...]:
    """In the corners, at the height of eyes, above the furniture there."""
    placed = []
    corners = [(a, b) for a in (-1, 1) for b in (-1, 1)]
    for number, corner in enumerate(rng.permutation(4)[:3]):
        a, b = corners[corner]
        u, v = a * (x - 0.35), b * (y - 0.35)
        under = [
            piece.height
            for piece, p, q, yaw in pieces
            if (np.abs([u - p, v - q]) < _footprint(piece, yaw) + 0.25).all()
        ]
        high = max([rng.uniform(1.45, 1.75), *(height + 0.45 for height in under)])
        target = (rng.uniform(-0.3, 0.3) * x, rng.uniform(-0.3, 0.3) * y, rng.uniform(0.45, 0.8))
        placed.append(
            Camera(
                name=f"camera{number}", width=640, height=480, position=setting.vector(np.array([u, v, high])),
                target=setting.vector(np.array(target)), fov=rng.uniform(55, 70),
            )
        )  # fmt: skip
    return tuple(placed)
