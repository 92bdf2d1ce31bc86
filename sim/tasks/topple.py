"""Bring a tower of blocks down with a ball, struck by the hand or thrown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from multisynth.scenes import Body, Shape

from ..experts.topple import StrikeExpert, WatchExpert
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Physics
from .shaping import apart, near
from .tabletop import assemble, colours, running, thing
from .task import Task

DURATION = 10.0  # s


def topple(draw: Draw, view: View) -> Trial:
    """Draw a tower, a ball, and how the ball gets there."""
    (hue, colour), *others = colours(draw)
    ball_name, radius = f"{hue} ball", draw("ball_radius")
    throw = draw.uniform("thrown", 0, 1) < draw("thrown", "thrown.probability")
    edge, count = draw("block_size"), 3 + int(draw.uniform("blocks", 0, 2.999))
    rise = edge * draw("block_aspect")
    if throw:
        tower = np.array([draw.share("object_x", "tower.x", 0.5, 0.64), draw.share("object_y", "tower.y", -0.15, 0.15)])
        start, hit = _throw(draw, tower, rise * count)
    else:
        start = np.array(
            [draw.share("object_x", "ball.x", 0.43, 0.48), draw.share("object_y", "ball.y", -0.12, 0.12), radius]
        )
        angle, distance = draw.uniform("ball.direction", -0.6, 0.6), draw.uniform("tower.distance", 0.2, 0.3)
        tower = start[:2] + distance * np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([start[1] - tower[1], tower[0] - start[0]]) / np.linalg.norm(tower - start[:2])
    target = tower + aside * (0.0 if throw else draw("aim"))
    friction, restitution = draw("friction"), draw("restitution")
    names = [f"{hue} block" for hue, _ in others[:count]]
    things = [(_block(draw, n, names[n], others[n][1], (edge, rise), tower), _physics(draw, n)) for n in range(count)]
    ball = thing(ball_name, "ball", Shape(kind="sphere", size=(radius,), colour=colour), start)
    things.append((ball, Physics(draw("ball_mass"), friction, restitution)))
    top = names[-1]
    corners = [(*(tower + shift), z) for shift in (-0.2, 0.2) for z in (0, rise * count + 0.05)]
    beyond = tower + 0.25 * (tower - start[:2]) / np.linalg.norm(tower - start[:2])  # where most of it comes to lie
    world = assemble(draw, things, [start, *corners, (*beyond, 0)], view)
    if throw:
        vx, vy, vz = ballistic(start, hit, draw("throw_speed"), world.gravity).tolist()
        thrown = replace(world.physics[ball_name], velocity=(vx, vy, vz))
        world = replace(world, physics={**world.physics, ball_name: thrown})
    speed = 0.0 if throw else draw("strike_speed")
    way = float(np.linalg.norm(tower - start[:2]))

    def reward(now: Situation) -> float:
        fallen = sum(map(now.fallen, names)) / len(names)
        at = now.pose(ball_name)
        come = 1 - min(float(np.linalg.norm(at[:2] - tower)) / way, 1.0)
        return 0.1 * near(apart(now.hand, at), 0.2) + 0.3 * come + 0.5 * fallen

    return Trial(
        world=world,
        instruction=(
            f"Keep still while the {ball_name} is thrown at the tower."
            if throw
            else f"Strike the {ball_name} so that it rolls into the tower and topples it."
        ),
        focus=ball_name,
        goal=lambda now: np.array([*tower, rise * count / 2, 1.0, 0.0, 0.0, 0.0]),
        standing=tuple(names),
        expert=lambda period: WatchExpert() if throw else StrikeExpert(ball_name, target, radius, speed, period),
        achieved=lambda now: now.fallen(top),
        reward=reward,
        witnesses=(ball_name, top),
        **running(draw, world, DURATION),
    )


def _block(
    draw: Draw, n: int, name: str, colour: tuple[float, float, float], size: tuple[float, float], tower: np.ndarray
) -> Body:
    edge, rise = size
    x, y = tower + (draw.spread(f"block{n}.offset", "offset", 2) if n else np.zeros(2))
    shape = Shape(kind="box", size=(edge, edge, rise), colour=colour)
    return thing(name, "block", shape, (x, y, rise * (n + 0.5)), draw.share("object_yaw", f"block{n}.yaw", -0.4, 0.4))


def _physics(draw: Draw, n: int) -> Physics:
    mass, friction = draw("block_mass", f"block{n}.mass"), draw("friction", f"block{n}.friction")
    return Physics(mass, friction, draw("restitution", f"block{n}.restitution"))


def _throw(draw: Draw, tower: np.ndarray, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the ball starts, and where on the tower's upper half it comes down, m. [3], [3]"""
    azimuth, distance = draw.uniform("throw.azimuth", -2.0, 2.0), draw.uniform("throw.distance", 0.5, 0.75)
    away = np.array([np.cos(azimuth), np.sin(azimuth)])
    start = np.array([*(tower + distance * away), draw.uniform("throw.height", 0.15, 0.4)])
    aside = draw("aim") * np.array([-away[1], away[0]])
    return start, np.array([*(tower + aside), draw.uniform("throw.level", 0.55, 0.95) * height])


def ballistic(start: np.ndarray, target: np.ndarray, speed: float, gravity: float) -> np.ndarray:
    """The velocity that takes a thrown ball through a point, on the flatter of the two parabolas there are.

    Too slow for any, it is thrown to get the farthest on level ground.

    Args:
        start: World, m. [3]
        target: World, m, not straight above or below. [3]
        speed: m/s.
        gravity: m/s².

    Returns:
        m/s. [3]
    """
    level, rise = float(np.linalg.norm((target - start)[:2])), float(target[2] - start[2])
    fall = gravity * level**2 + 2 * rise * speed**2
    root = speed**4 - gravity * fall
    slope = fall / (level * (speed**2 + np.sqrt(root))) if root >= 0 else 1.0
    across = speed / np.sqrt(1 + slope**2)
    heading = (target - start)[:2] / level
    return np.array([*(heading * across), slope * across])


TOPPLE = Task("topple", "Bring a tower of blocks down with a ball.", "panda", topple, DURATION)
