"""Walk on four legs to a mark some three metres ahead."""

from __future__ import annotations

import numpy as np
from multisynth.scenes import Scene, Shape
from multisynth.scenes.poses import about, quaternion, rotation

from ..experts.walk import WalkExpert
from ..randomise import Draw
from ..robots import a1
from ..trial import Situation, Trial, View
from ..world import Mechanism, Physics, Servo, World
from .tabletop import cameras, colours, light, pattern, running, thing
from .task import Task

DURATION = 15.0  # s
THERE = 0.2
"""m; nearer than this to the middle of the mark, the trunk is there."""
FLOORS = {"concrete": (0.30, 0.30, 0.29), "parquet": (0.33, 0.22, 0.13), "lawn": (0.09, 0.17, 0.05)}
"""Linear reflectances."""


def walk(draw: Draw, view: View) -> Trial:
    """Draw how the robot stands, the ground, and where it is to go."""
    (hue, mark), *_ = colours(draw)
    yaw = draw.uniform("start.yaw", -np.pi, np.pi)
    distance, bearing = draw("walk_distance"), yaw + draw.uniform("goal.bearing", -0.3, 0.3)
    goal = distance * np.array([np.cos(bearing), np.sin(bearing)])
    high = a1.HEIGHT + a1.FOOT
    w, x, y, z = quaternion(about(np.array([0.0, 0.0, 1.0]), yaw)).tolist()
    robot = Mechanism(
        a1.NAME, a1.robot(), tuple(a1.legs(a1.stance()).tolist()), (0.0, 0.0, high), (w, x, y, z), fixed=False,
        friction=draw("friction"), servo=Servo(draw("bandwidth"), draw("damping")),
    )  # fmt: skip
    look = FLOORS[draw.choose("floor", sorted(FLOORS))]
    floor = thing("floor", "floor", Shape(kind="box", size=(60, 60, 0.1), colour=look), (0, 0, -0.05), moves=False)
    spot = Shape(kind="cylinder", size=(THERE, 0.002), colour=mark)
    bodies = [
        floor,
        a1.robot().body(a1.NAME, 1, floating=True),
        thing("mark", "goal", spot, (*goal, 0.001), moves=False),
    ]
    seen = np.array([(*(goal * share), up) for share in (-0.1, 1.1) for up in (0.0, 0.4)])
    scene = Scene(
        bodies=tuple(body.model_copy(update={"instance": n}) for n, body in enumerate(bodies, 1)),
        light=light(draw),
        pattern=pattern(draw),
        cameras=cameras(draw, seen, view, aside=True, ahead=float(np.degrees(bearing))),
    )
    physics = {
        "floor": Physics(friction=draw("table_friction"), restitution=draw("restitution")),
        "mark": Physics(solid=False),
    }

    def left(now: Situation) -> float:
        return float(np.linalg.norm(now.hand[:2] - goal))

    def achieved(now: Situation) -> bool:
        return left(now) < THERE and not now.fallen(a1.NAME)

    def reward(now: Situation) -> float:
        if now.fallen(a1.NAME):
            return 0.0
        upright = float(rotation(now.hand[3:])[2, 2])
        return 0.1 * max(upright, 0.0) + 0.8 * (1 - min(left(now) / distance, 1.0))

    fields = {"friction": (a1.NAME,), "table_friction": ("floor",)}
    world = World(scene, physics, (robot,), draw("gravity"), fields)
    return Trial(
        world=world,
        instruction=f"Walk to the {hue} mark, {distance:.1f} m ahead.",
        focus=a1.NAME,
        goal=lambda now: np.array([*goal, high, 1.0, 0.0, 0.0, 0.0]),
        standing=(a1.NAME,),
        expert=lambda period: WalkExpert(goal, period),
        achieved=achieved,
        reward=reward,
        witnesses=(a1.NAME, "mark"),
        **running(draw, world, DURATION),
    )


WALK = Task("walk", "Walk on four legs to a mark some three metres ahead.", "a1", walk, DURATION, slowest=16.0)
