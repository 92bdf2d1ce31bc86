"""Let a ball roll down a ramp, so that it knocks what stands below off its mark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from multisynth.scenes import Body, Shape
from multisynth.scenes.poses import about, quaternion
from multisynth.scenes.schema import Vector

from ..experts.ramp import RampExpert
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Physics
from .shaping import apart, near
from .tabletop import TABLES, assemble, colours, running, thing
from .task import Task

DURATION = 8.0  # s
WIDTH = 0.1  # m, of the ramp
CURB = 0.008  # m, that its edges rise above the slope; fingers that hold the ball go over them
SIDE = 0.012  # m, that the ball can roll off the middle before it meets them
BOARD = 0.016  # m, its thickness
BRINK = 0.03  # m, from the ramp's upper end down to where the ball is set
MARK = 0.045
"""m; what stands farther than this from the middle of the mark is off it."""


class Lane:
    """The way of the ball, from where it is set on the slope to the mark.

    Args:
        foot: Where the slope meets the table, m. [2]
        heading: The way down, unit length. [2]
        slope: rad.
        length: Of the ramp along the slope, m.
        run: From the foot to the mark, m.
        radius: Of the ball, m.
    """

    def __init__(
        self, foot: np.ndarray, heading: np.ndarray, slope: float, length: float, run: float, radius: float
    ) -> None:
        self.foot, self.heading, self.slope, self.length, self.radius = foot, heading, slope, length, radius
        self.mark = foot + run * heading
        along = length - BRINK
        back, up = along * np.cos(slope) + radius * -np.sin(slope), along * np.sin(slope) + radius * np.cos(slope)
        self.top = np.array([*(foot - back * heading), up])
        """Where the ball's centre is when it lies on the upper end. [3]"""
        self._whole = back + run

    def left(self, ball: np.ndarray) -> float | None:
        """The share of the way that a ball has before it, 0 to 1; None where it is not on it. [3] →"""
        along = float((ball[:2] - self.foot) @ self.heading)  # negative on the slope
        beside = float((ball[:2] - self.foot) @ (-self.heading[1], self.heading[0]))
        above = float(ball[2]) - self.radius - max(-along * np.tan(self.slope), 0.0)
        run = float(np.linalg.norm(self.mark - self.foot))
        if abs(beside) > WIDTH / 2 or abs(above) > self.radius or along < run - self._whole - self.radius:
            return None
        return float(np.clip((run - along) / self._whole, 0.0, 1.0))


def ramp(draw: Draw, view: View) -> Trial:
    """Draw a ramp, the ball, and what stands below."""
    (hue, colour), (other, another), (_, mark), *_ = colours(draw)
    radius, slope = draw("roller_radius"), np.radians(draw("slope"))
    side = draw.choose("side", ["left", "right"])
    way = (np.pi / 2 if side == "left" else -np.pi / 2) + draw.uniform("ramp.turn", -0.25, 0.25)
    heading = np.array([np.cos(way), np.sin(way)])
    middle = np.array([draw.share("object_x", "ramp.x", 0.5, 0.56), draw.uniform("ramp.y", -0.04, 0.04)])
    length, run = draw("ramp_length"), draw.uniform("run", 0.07, 0.11)
    lane = Lane(middle + 0.06 * heading, heading, slope, length, run, radius)
    place = np.array([middle[0] - draw.uniform("ball.near", 0.13, 0.16), draw.share("object_y", "ball.y", -0.1, 0.1)])
    kind = draw.choose("target", ["block", "cylinder", "ball"])
    ball, target = f"{hue} ball", f"{other} {kind}"
    body, height = _target(draw, target, kind, another, lane, way)
    friction, restitution = draw("friction"), draw("restitution")
    wood = TABLES[draw.choose("wood", sorted(TABLES))]
    still = Physics(friction=friction, restitution=restitution)
    things = [
        *((part, still) for part in _ramp(lane, way, wood)),
        (thing("mark", "goal", Shape(kind="cylinder", size=(MARK, 0.001), colour=mark), (*lane.mark, 0.0005),
               moves=False), Physics(solid=False)),
        (thing(ball, "ball", Shape(kind="sphere", size=(radius,), colour=colour), (*place, radius)),
         Physics(draw("mass"), friction, restitution, inertia=draw("inertia"))),
        (body, Physics(draw("target_mass"), friction, restitution)),
    ]  # fmt: skip
    edges = [(*(lane.mark + 0.1 * heading), 0.0), (*(lane.top[:2] - 0.05 * heading), lane.top[2] + 0.1), (*place, 0.0)]

    def moved(now: Situation) -> float:
        return float(np.linalg.norm(now.pose(target)[:2] - lane.mark))

    def reward(now: Situation) -> float:
        at = now.pose(ball)[:3]
        left = lane.left(at)
        if left is not None:
            return 0.5 + 0.3 * (1 - left) + 0.1 * min(moved(now) / MARK, 1.0)
        return 0.15 * near(apart(now.hand, at), 0.2) + 0.35 * near(apart(lane.top, at), 0.2)

    world = assemble(draw, things, edges, view)
    return Trial(
        world=world,
        instruction=f"Let the {ball} roll down the ramp, so that it knocks the {target} off its mark.",
        focus=ball,
        goal=lambda now: np.array([*lane.mark, height / 2, 1.0, 0.0, 0.0, 0.0]),
        seen=(target,),
        standing=(target,) if kind != "ball" else (),
        expert=lambda period: RampExpert(ball, target, lane.top, radius, way, period),
        achieved=lambda now: moved(now) > MARK,
        reward=reward,
        witnesses=(ball, target),
        **running(draw, world, DURATION),
    )


def _ramp(lane: Lane, way: float, colour: Vector) -> list[Body]:
    """The sloping board, whose upper face meets the table in a line, its curbs, and what it rests on."""
    turn = about(np.array([0.0, 0.0, 1.0]), way) @ about(np.array([0.0, 1.0, 0.0]), lane.slope)
    foot = np.array([*lane.foot, 0.0])
    w, x, y, z = quaternion(turn).tolist()

    def plank(name: str, size: Vector, centre: Sequence[float]) -> Body:
        """A box in the frame of the slope, whose origin is at the foot, x down the slope and z away from it."""
        at = foot + turn @ np.array(centre)
        body = thing(name, "ramp", Shape(kind="box", size=size, colour=colour), at, moves=False)
        (part,) = body.parts
        return body.model_copy(update={"parts": (part.model_copy(update={"quaternion": (w, x, y, z)}),)})

    long = lane.length + BOARD  # the lower edge ends in the table
    inside = lane.radius + SIDE
    curb, beside = WIDTH / 2 - inside, (WIDTH / 2 + inside) / 2
    under = foot + turn @ np.array([-lane.length + 0.02, 0.0, -BOARD])
    tall = float(under[2]) + BOARD / 2  # it ends within the board
    post = Shape(kind="box", size=(0.02, WIDTH * 0.9, tall), colour=colour)
    return [
        plank("ramp", (long, WIDTH, BOARD), (long / 2 - lane.length, 0.0, -BOARD / 2)),
        plank("left curb", (lane.length, curb, CURB), (-lane.length / 2, beside, CURB / 2)),
        plank("right curb", (lane.length, curb, CURB), (-lane.length / 2, -beside, CURB / 2)),
        thing("support", "ramp", post, (*under[:2], tall / 2), way, moves=False),
    ]


def _target(draw: Draw, name: str, kind: str, colour: Vector, lane: Lane, way: float) -> tuple[Body, float]:
    """What stands on the mark, and its height, m."""
    edge, tall = draw.uniform("target.edge", 0.035, 0.045), draw.uniform("target.height", 0.04, 0.06)
    if kind == "block":
        shape = Shape(kind="box", size=(edge, edge, tall), colour=colour)
    elif kind == "cylinder":
        shape = Shape(kind="cylinder", size=(edge / 2, tall), colour=colour)
    else:
        shape, tall = Shape(kind="sphere", size=(edge / 2,), colour=colour), edge
    return thing(
        name, kind, shape, (*lane.mark, tall / 2), way + draw.share("object_yaw", "target.yaw", -0.4, 0.4)
    ), tall


RAMP = Task("ramp", "Let a ball roll down a ramp and knock something off its mark.", "panda", ramp, DURATION)
