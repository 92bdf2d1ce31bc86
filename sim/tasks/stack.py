"""Put one block on another."""

from __future__ import annotations

import math

import numpy as np
from multisynth.scenes import Body

from ..experts.stack import StackExpert
from ..objects import Item, block
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Physics
from .shaping import apart, near
from .tabletop import assemble, beside, colours, released, running, thing
from .task import Task

LEVEL = 0.006
"""m; that the upper block may be above or below where it lies."""
STILL = 0.05
"""m/s; faster than this it does not lie."""
DURATION = 10.0  # s


def stack(draw: Draw, view: View) -> Trial:
    """Draw two blocks and where they stand."""
    (hue, colour), (other, below), *_ = colours(draw)
    upper, lower = _cube(draw("size", "size"), colour), _cube(draw("size", "base.size"), below)
    name, base = f"{hue} block", f"{other} block"
    start = np.array([draw.share("object_x", "object.x", 0.42, 0.6), draw.share("object_y", "object.y", -0.2, 0.2)])
    foot = beside(draw, start, draw("carry"))
    friction, restitution, inertia = draw("friction"), draw("restitution"), draw("inertia")

    def lying(name: str, item: Item, place: np.ndarray, drawn: str) -> tuple[Body, Physics]:
        yaw = draw.share("object_yaw", f"{drawn}.yaw", -np.pi, np.pi)
        body = thing(name, item.kind, item.shape, (*place, item.below), yaw)
        return body, Physics(draw("mass", f"{drawn}.mass"), friction, restitution, inertia=inertia)

    rise = lower.above + upper.below
    over = lower.radius / math.sqrt(2)

    def goal(now: Situation) -> np.ndarray:
        pose = now.pose(base).copy()
        pose[2] += rise
        return pose

    def achieved(now: Situation) -> bool:
        x, y, z = (now.pose(name)[:3] - now.pose(base)[:3]).tolist()
        return (
            abs(z - rise) < LEVEL
            and math.hypot(x, y) < over
            and released(now, name, upper)
            and float(np.abs(now.velocity(name)[:3]).max()) < STILL
        )

    def reward(now: Situation) -> float:
        place = now.pose(name)
        lifted = min(max((float(place[2]) - upper.below) / rise, 0.0), 1.0)
        return 0.3 * near(apart(now.hand, place), 0.1) + 0.2 * lifted + 0.4 * near(apart(place, goal(now)), 0.15)

    things = [lying(name, upper, start, "object"), lying(base, lower, foot, "base")]
    seen = [(*start, upper.height), (*foot, 0), (*foot, lower.height + upper.height)]
    world = assemble(draw, things, seen, view)
    return Trial(
        world=world,
        instruction=f"Put the {name} on the {base}.",
        focus=name,
        goal=goal,
        expert=lambda period: StackExpert(name, upper, base, rise, period),
        achieved=achieved,
        reward=reward,
        witnesses=(name, base),
        seen=(base,),
        **running(draw, world, DURATION),
    )


def _cube(edge: float, colour: tuple[float, float, float]) -> Item:
    return block(edge, edge, edge, colour)


STACK = Task("stack", "Put one block on another.", "panda", stack, DURATION)
