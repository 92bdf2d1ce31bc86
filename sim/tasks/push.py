"""Push an object over the table to a marked goal."""

from __future__ import annotations

import numpy as np
from multisynth.scenes import Shape

from ..experts.push import PushExpert
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Physics
from .tabletop import assemble, colours, running, thing
from .task import Task

TOLERANCE = 0.025
"""m; nearer than this to the goal, an object is there."""
DURATION = 10.0  # s
X, Y = (0.38, 0.66), (-0.26, 0.26)  # m; where objects and goals lie


def push(draw: Draw, view: View) -> Trial:
    """Draw a block or a cylinder, a goal, and everything about them."""
    kind = draw.choose("object", ["block", "cylinder"])
    (hue, colour), (_, mark), *_ = colours(draw)
    width, height = draw("size", "width"), draw("size", "height")
    if kind == "block":
        depth = draw("size", "depth")
        shape = Shape(kind="box", size=(width, depth, height), colour=colour)
        radius = float(np.hypot(width, depth)) / 2
    else:
        shape, radius = Shape(kind="cylinder", size=(width / 2, height), colour=colour), width / 2
    start = np.array([draw.uniform("object.x", 0.44, 0.58), draw.uniform("object.y", -0.18, 0.18)])
    goal = _goal(draw, start)
    name = f"{hue} {kind}"
    body = thing(name, kind, shape, (*start, height / 2), draw.uniform("object.yaw", -np.pi, np.pi))
    marking = Shape(kind="cylinder", size=(0.035, 0.001), colour=mark)
    friction, restitution = draw("friction"), draw("restitution")
    things = [
        (body, Physics(draw("mass"), friction, restitution, inertia=draw("inertia"))),
        (thing("goal", "goal", marking, (*goal, 0.0005), moves=False), Physics(solid=False)),
    ]
    seen = [(*start, height), (*goal, 0), (*(start - 0.1), 0), (*(start + 0.1), 0)]
    return Trial(
        world=assemble(draw, things, seen, view),
        instruction=f"Push the {name} to the goal.",
        focus=name,
        goal=lambda now: np.array([*goal, height / 2, 1.0, 0.0, 0.0, 0.0]),
        standing=(name,),
        expert=lambda period: PushExpert(name, goal, radius, height, period),
        achieved=lambda now: _error(now, name, goal) < TOLERANCE and not now.fallen(name),
        reward=lambda now: -_error(now, name, goal),
        witnesses=(name, "goal"),
        **running(draw, DURATION),
    )


def _error(now: Situation, name: str, goal: np.ndarray) -> float:
    return float(np.linalg.norm(now.pose(name)[:2] - goal))


def _goal(draw: Draw, start: np.ndarray) -> np.ndarray:
    """A place at the drawn distance that the arm can push to. [2]"""
    distance = draw("distance")
    first = draw.uniform("direction", -np.pi, np.pi)
    for turn in np.linspace(0, 2 * np.pi, 64, endpoint=False):
        goal = start + distance * np.array([np.cos(first + turn), np.sin(first + turn)])
        if X[0] <= goal[0] <= X[1] and Y[0] <= goal[1] <= Y[1]:
            break
    return goal


PUSH = Task("push", "Push an object over the table to a marked goal.", "panda", push, DURATION)
