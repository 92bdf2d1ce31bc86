"""Pick an object up and put it on a place beside it."""

from __future__ import annotations

import math

import numpy as np
from multisynth.scenes import Shape

from ..experts.pick_place import PickPlaceExpert
from ..objects import item
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Physics
from .shaping import apart, near
from .tabletop import assemble, beside, colours, released, running, thing
from .task import Task

TOLERANCE = 0.025
"""m; nearer than this to the middle of its place, an object is there."""
LEVEL = 0.008
"""m; that it may be above or below where it lies there."""
STILL = 0.05
"""m/s; faster than this it does not lie."""
EDGE = 0.11
"""m; of the place."""
START_X, START_Y = (0.42, 0.6), (-0.2, 0.2)
"""m; where the object lies at first."""
DURATION = 10.0  # s


def pick_place(draw: Draw, view: View) -> Trial:
    """Draw an object, a place for it, as high as it may be, and everything about them."""
    (hue, colour), (_, mark), *_ = colours(draw)
    moved = item(draw, colour)
    name = f"{hue} {moved.kind}"
    start = np.array(
        [draw.share("object_x", "object.x", *START_X), draw.share("object_y", "object.y", *START_Y), moved.below]
    )
    level = max(draw("goal_height"), 0.001)
    goal = np.array([*beside(draw, start[:2], draw("carry")), level + moved.below])
    place = Shape(kind="box", size=(EDGE, EDGE, level), colour=mark)
    yaw = draw.share("object_yaw", "object.yaw", -np.pi, np.pi)
    friction, restitution = draw("friction"), draw("restitution")
    physics = Physics(draw("mass"), friction, restitution, inertia=draw("inertia"))
    support = Physics(friction=friction, restitution=restitution, solid=level > 0.001)
    things = [
        (thing(name, moved.kind, moved.shape, start, yaw), physics),
        (thing("goal", "goal", place, (*goal[:2], level / 2), moves=False), support),
    ]

    def achieved(now: Situation) -> bool:
        x, y, z = now.pose(name)[:3].tolist()
        return (
            math.hypot(x - goal[0], y - goal[1]) < TOLERANCE
            and abs(z - goal[2]) < LEVEL
            and released(now, name, moved)
            and float(np.abs(now.velocity(name)[:3]).max()) < STILL
        )

    def reward(now: Situation) -> float:
        place = now.pose(name)
        lifted = min(max((float(place[2]) - start[2]) / (goal[2] - start[2] + 0.03), 0.0), 1.0)
        return 0.3 * near(apart(now.hand, place), 0.1) + 0.2 * lifted + 0.4 * near(apart(place, goal), 0.15)

    top = goal[2] + moved.above
    world = assemble(draw, things, [(*start[:2], moved.height), (*goal[:2], 0), (*goal[:2], top)], view)
    return Trial(
        world=world,
        instruction=f"Pick up the {name} and put it on the goal.",
        focus=name,
        goal=lambda now: np.array([*goal, 1.0, 0.0, 0.0, 0.0]),
        expert=lambda period: PickPlaceExpert(name, moved, goal, period),
        achieved=achieved,
        reward=reward,
        witnesses=(name, "goal"),
        **running(draw, world, DURATION),
    )


PICK_PLACE = Task("pick_place", "Pick an object up and put it on its place.", "panda", pick_place, DURATION)
