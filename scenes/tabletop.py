"""A table in a room, with things on it."""

from __future__ import annotations

import numpy as np
from multisynth.scenes import setting, things
from multisynth.scenes.schema import Body, Scene
from multisynth.scenes.things import Thing, block, drum

LEG = 0.05
FAR = 2.6
"""m from the table's middle to the walls."""


def tabletop(rng: np.random.Generator, least: int = 5, most: int = 14) -> Scene:
    """A scene from one generator alone: table, floor, four walls, and `least` to `most` things, all standing free.

    Args:
        rng: Draws everything.
        least: Things that are set down, unless the table is too full.
        most: At most.
    """
    top = table(rng)
    assert top.top is not None
    chosen = [things.draw(rng, largest=0.25) for _ in range(int(rng.integers(least, most + 1)))]
    chosen.sort(key=lambda thing: -thing.radius)
    crowd = min(1.0, 0.35 + 0.05 * len(chosen))  # few things stand together rather than scattered
    placed = things.spread(chosen, (top.top[0] * crowd, top.top[1] * crowd), rng)
    bodies = [*enclosure(rng, FAR, FAR, 2.7), top.body("table", 1, (0, 0, 0))]
    bodies += [thing.body(thing.kind, 1, (x, y, top.height), yaw) for thing, x, y, yaw in placed]
    return Scene(
        bodies=setting.numbered(bodies),
        light=setting.light(rng, lowest=58),
        pattern=setting.pattern(rng, 0.06, 0.5, 0.22),
        cameras=setting.cameras(rng, (0, 0, top.height + 0.04), (0.85, 1.5), (18, 55)),
    )


def table(rng: np.random.Generator) -> Thing:
    """Four legs or one foot, and a top of 0.9 to 1.6 m."""
    wide, deep, high = rng.uniform((0.9, 0.65, 0.70), (1.6, 0.9, 0.78)).tolist()
    paint = things.wood(rng) if rng.random() < 0.7 else things.colour(rng, 0.6)
    thick = rng.uniform(0.022, 0.04)
    if rng.random() < 0.25:
        shapes = [drum(0.045, high - thick - 0.03, 0.03, things.METAL), drum(0.28, 0.03, 0, things.METAL)]
    else:
        legs = things.METAL if rng.random() < 0.3 else paint
        corners = [(x, y) for x in (-1, 1) for y in (-1, 1)]
        shapes = [
            block((LEG, LEG, high - thick), (x * (wide / 2 - 0.06), y * (deep / 2 - 0.06), (high - thick) / 2), legs)
            for x, y in corners
        ]
        shapes += [
            block((wide - 0.17, 0.018, 0.07), (0, y * (deep / 2 - 0.06), high - thick - 0.035), paint) for y in (-1, 1)
        ]
    shapes.append(block((wide, deep, thick), (0, 0, high - thick / 2), paint))
    free = (wide / 2 - 0.03, deep / 2 - 0.03)
    return Thing("table", tuple(shapes), (wide / 2, deep / 2), high, free)


def enclosure(rng: np.random.Generator, x: float, y: float, height: float) -> list[Body]:
    """A floor and four walls with skirting, which stand at ±x and ±y, m; the light falls in from above."""
    ground = things.wood(rng) if rng.random() < 0.6 else things.colour(rng, 0.75)
    pale = tuple((0.35 + 0.45 * np.array(things.colour(rng, 0.55))).tolist())
    skirting = (0.62, 0.60, 0.56)
    floor = Thing("floor", (block((2 * x + 0.2, 2 * y + 0.2, 0.1), (0, 0, -0.05), ground),), (x, y), 0)
    bodies = [floor.body("floor", 1, (0, 0, 0))]
    for wide, place, yaw in ((y, (x, 0), 0.0), (x, (0, y), np.pi / 2), (y, (-x, 0), np.pi), (x, (0, -y), -np.pi / 2)):
        shapes = (
            block((0.1, 2 * wide + 0.2, height), (0.05, 0, height / 2), pale),
            block((0.012, 2 * wide, 0.08), (-0.006, 0, 0.04), skirting),
        )
        bodies.append(Thing("wall", shapes, (0.05, wide), height).body("wall", 1, (*place, 0), yaw))
    return bodies
