"""Let a square peg into a square hole."""

from __future__ import annotations

import math

import numpy as np
from multisynth.scenes import Body, Part, Shape
from multisynth.scenes.poses import rotation
from multisynth.scenes.schema import Vector

from ..experts.peg_insert import PegExpert
from ..objects import block
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Physics
from .shaping import apart, near
from .tabletop import assemble, beside, colours, running, thing
from .task import Task

DEPTH = 0.8
"""Of the board, that the peg's end is to be below its upper face."""
BOARD = 0.13
"""m; edge."""
DURATION = 20.0  # s


def peg_insert(draw: Draw, view: View) -> Trial:
    """Draw a peg, a board, a hole in it that leaves the peg hardly any room, and where they are."""
    (hue, colour), (other, below), *_ = colours(draw)
    edge, length = draw("peg_edge"), draw("peg_length")
    hole, thickness = edge + draw("clearance"), draw("board_thickness")
    peg, name, board = block(edge, edge, length, colour), f"{hue} peg", f"{other} board"
    start = np.array(
        [draw.share("object_x", "object.x", 0.42, 0.6), draw.share("object_y", "object.y", -0.2, 0.2), length / 2]
    )
    middle = beside(draw, start[:2], draw("carry"))
    turn = draw.share("object_yaw", "board.yaw", -np.pi, np.pi)
    goal = np.array([*middle, length / 2, math.cos(turn / 2), 0.0, 0.0, math.sin(turn / 2)])
    friction, restitution = draw("friction"), draw("restitution")
    yaw = draw.share("object_yaw", "object.yaw", -np.pi, np.pi)
    things = [
        (
            thing(name, "peg", peg.shape, start, yaw),
            Physics(draw("mass"), friction, restitution, inertia=draw("inertia")),
        ),
        (_board(board, hole, thickness, below, goal), Physics(friction=friction, restitution=restitution)),
    ]

    def end(now: Situation) -> np.ndarray:
        """The middle of the peg's lower face, in the hole's frame: 0 at its lower end. [3]"""
        pose = now.pose(name)
        x, y, z = (pose[:3] - rotation(pose[3:])[:, 2] * peg.below).tolist()
        x, y = x - goal[0], y - goal[1]
        return np.array([x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn), z])

    def achieved(now: Situation) -> bool:
        x, y, z = end(now).tolist()
        return z < (1 - DEPTH) * thickness and max(abs(x), abs(y)) < hole / 2

    def reward(now: Situation) -> float:
        place, low = now.pose(name), end(now)
        over = near(math.hypot(low[0], low[1]), 0.1)
        inside = near(float(np.linalg.norm(low)), 0.05)
        lifted = 1.0 if over > 0.8 else min(max((float(place[2]) - peg.below) / (thickness + 0.01), 0.0), 1.0)
        return 0.2 * near(apart(now.hand, place), 0.1) + 0.2 * lifted + 0.3 * over + 0.2 * inside

    world = assemble(draw, things, [(*start[:2], length), (*middle, 0), (*middle, thickness + length)], view)
    return Trial(
        world=world,
        instruction=f"Insert the {name} into the hole of the {board}.",
        focus=name,
        goal=lambda now: goal,
        expert=lambda period: PegExpert(name, peg, board, thickness, period),
        achieved=achieved,
        reward=reward,
        witnesses=(name, board),
        seen=(board,),
        **running(draw, world, DURATION),
    )


def _board(name: str, hole: float, thickness: float, colour: Vector, goal: np.ndarray) -> Body:
    """Four bars about a square hole, whose sides lie along x and y."""
    bar, middle = (BOARD - hole) / 2, (BOARD + hole) / 4
    bars = [
        ((BOARD, bar, thickness), (0.0, middle, 0.0)),
        ((BOARD, bar, thickness), (0.0, -middle, 0.0)),
        ((bar, hole, thickness), (middle, 0.0, 0.0)),
        ((bar, hole, thickness), (-middle, 0.0, 0.0)),
    ]
    shapes = tuple(Shape(kind="box", size=size, position=place, colour=colour) for size, place in bars)
    x, y, _, w, i, j, k = goal.tolist()
    part = Part(name=name, shapes=shapes, moves=False, position=(x, y, thickness / 2), quaternion=(w, i, j, k))
    return Body(name=name, category="board", instance=1, parts=(part,))


PEG_INSERT = Task("peg_insert", "Let a square peg into a square hole.", "panda", peg_insert, DURATION)
