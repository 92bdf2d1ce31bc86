"""Push an object over the table to a marked goal."""

from __future__ import annotations

import math

import numpy as np
from multisynth.scenes import Shape

from ..experts.push import PushExpert
from ..objects import item
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Physics
from .shaping import apart, near
from .tabletop import assemble, beside, colours, running, thing
from .task import Task

TOLERANCE = 0.025
"""m; nearer than this to the goal, an object is there."""
DURATION = 10.0  # s


def push(draw: Draw, view: View) -> Trial:
    """Draw an object, a goal, and everything about them."""
    (hue, colour), (_, mark), *_ = colours(draw)
    pushed = item(draw, colour)
    name = f"{hue} {pushed.kind}"
    start = np.array(
        [draw.share("object_x", "object.x", 0.44, 0.58), draw.share("object_y", "object.y", -0.18, 0.18), pushed.below]
    )
    goal = np.array([*beside(draw, start[:2], draw("distance")), pushed.below])
    body = thing(name, pushed.kind, pushed.shape, start, draw.share("object_yaw", "object.yaw", -np.pi, np.pi))
    marking = Shape(kind="cylinder", size=(0.035, 0.001), colour=mark)
    friction, restitution = draw("friction"), draw("restitution")
    things = [
        (body, Physics(draw("mass"), friction, restitution, inertia=draw("inertia"))),
        (thing("goal", "goal", marking, (*goal[:2], 0.0005), moves=False), Physics(solid=False)),
    ]

    def achieved(now: Situation) -> bool:
        x, y, _ = now.pose(name)[:3].tolist()
        return math.hypot(x - goal[0], y - goal[1]) < TOLERANCE and not now.fallen(name)

    def reward(now: Situation) -> float:
        place = now.pose(name)
        return 0.3 * near(apart(now.hand, place), 0.1) + 0.6 * near(apart(place, goal), 0.15)

    seen = [(*start[:2], pushed.height), (*goal[:2], 0), (*(start[:2] - 0.1), 0), (*(start[:2] + 0.1), 0)]
    world = assemble(draw, things, seen, view)
    return Trial(
        world=world,
        instruction=f"Push the {name} to the goal.",
        focus=name,
        goal=lambda now: np.array([*goal, 1.0, 0.0, 0.0, 0.0]),
        standing=(name,),
        expert=lambda period: PushExpert(name, goal[:2], pushed.radius, pushed.height, period),
        achieved=achieved,
        reward=reward,
        witnesses=(name, "goal"),
        **running(draw, world, DURATION),
    )


PUSH = Task("push", "Push an object over the table to a marked goal.", "panda", push, DURATION)
