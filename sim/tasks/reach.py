"""Bring the hand to a point in the air."""

from __future__ import annotations

import numpy as np
from multisynth.scenes import Shape

from ..experts.reach import ReachExpert
from ..randomise import Draw
from ..robots import panda
from ..trial import Situation, Trial, View
from ..world import Physics
from .shaping import apart, near
from .tabletop import assemble, colours, running, thing
from .task import Task

TOLERANCE = 0.02
"""m; nearer than this to the point, the tip is there."""
DURATION = 4.0  # s


def reach(draw: Draw, view: View) -> Trial:
    """Draw a point within the arm's reach."""
    (hue, colour), *_ = colours(draw)
    x, y, z = REGION
    place = draw.share("object_x", "goal.x", *x), draw.share("object_y", "goal.y", *y), draw.uniform("goal.z", *z)
    goal = np.array(place)
    mark = thing("goal", "goal", Shape(kind="sphere", size=(0.015,), colour=colour), goal, moves=False)

    def achieved(now: Situation) -> bool:
        return apart(now.hand, goal) < TOLERANCE

    world = assemble(draw, [(mark, Physics(solid=False))], [goal, (*goal[:2], 0)], view)
    return Trial(
        world=world,
        instruction=f"Bring the hand to the {hue} point.",
        focus=f"{panda.NAME}/{panda.TIP}",
        goal=lambda now: np.array([*goal, 0.0, 1.0, 0.0, 0.0]),
        expert=lambda period: ReachExpert(goal, period),
        achieved=achieved,
        reward=lambda now: 0.9 * near(apart(now.hand, goal), 0.15),
        witnesses=(panda.NAME, "goal"),
        **running(draw, world, DURATION),
    )


REGION = (0.34, 0.62), (-0.3, 0.3), (0.06, 0.45)
"""m; where the point may be."""
REACH = Task("reach", "Bring the hand to a point in the air.", "panda", reach, DURATION)
