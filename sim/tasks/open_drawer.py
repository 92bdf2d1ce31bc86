"""Pull a drawer open by its handle."""

from __future__ import annotations

import numpy as np
from multisynth.scenes.cabinet import BAR, DRAWER, Cabinet
from multisynth.scenes.poses import about, quaternion

from ..experts.open_drawer import OpenDrawerExpert
from ..randomise import Draw
from ..trial import Situation, Trial, View
from ..world import Mechanism
from .shaping import apart, near
from .tabletop import TABLES, assemble, colours, running
from .task import Task

NAME = "cabinet"
HANDLE = f"{NAME}/{DRAWER}"
DURATION = 10.0  # s


def open_drawer(draw: Draw, view: View) -> Trial:
    """Draw a cabinet that faces the robot, its drawer, and how far that is to be opened."""
    (hue, colour), *_ = colours(draw)
    wood = TABLES[draw.choose("wood", sorted(TABLES))]
    cabinet = _cabinet(draw, wood, colour)
    place = np.array([draw.share("object_x", "handle.x", 0.57, 0.63), draw.share("object_y", "handle.y", -0.14, 0.14)])
    turn = np.pi + draw.share("object_yaw", "cabinet.yaw", -0.35, 0.35)  # of its x axis, along which the drawer opens
    rotation = about(np.array([0.0, 0.0, 1.0]), turn)
    heading = rotation[:, 0]
    stand = np.array([*place, 0.0]) - rotation @ np.array([*cabinet.handle[:2], 0.0])
    x, y, z = stand.tolist()
    w, i, j, k = turned = quaternion(rotation).tolist()
    shut = stand + rotation @ cabinet.handle
    least = draw("open_share") * cabinet.travel
    goal = np.array([*(shut + least * heading), *turned])
    mechanism = Mechanism(
        NAME, cabinet.robot, (0.0,), (x, y, z), (w, i, j, k), friction=draw("friction"), damping=cabinet.damping,
        text=cabinet.text,
    )  # fmt: skip
    body = cabinet.body(NAME, mechanism.position, mechanism.quaternion)
    half = np.array([cabinet.depth, cabinet.width]) / 2
    corners = [
        stand + rotation @ np.array([*(half * (back, side)), up])
        for back in (-1, 1)
        for side in (-1, 1)
        for up in (0, cabinet.height)
    ]

    def achieved(now: Situation) -> bool:
        return _opened(now, shut, heading) >= least

    def reward(now: Situation) -> float:
        opened = min(max(_opened(now, shut, heading) / least, 0.0), 1.0)
        return 0.3 * near(apart(now.hand, now.pose(HANDLE)), 0.2) + 0.6 * opened

    world = assemble(draw, [(body, mechanism)], [*corners, shut + cabinet.travel * heading], view, aside=True)
    return Trial(
        world=world,
        instruction=f"Pull the handle of the {hue} drawer until it stands at least {100 * least:.0f} cm open.",
        focus=HANDLE,
        goal=lambda now: goal,
        expert=lambda period: OpenDrawerExpert(HANDLE, 2 * BAR, shut, heading, least, cabinet.travel, period),
        achieved=achieved,
        reward=reward,
        witnesses=("panda", NAME),
        **running(draw, world, DURATION),
    )


def _opened(now: Situation, shut: np.ndarray, heading: np.ndarray) -> float:
    """How far the drawer stands open, m."""
    return float((now.pose(HANDLE)[:3] - shut) @ heading)


def _cabinet(draw: Draw, wood: tuple[float, float, float], face: tuple[float, float, float]) -> Cabinet:
    height, travel = draw("cabinet_height"), draw("drawer_travel")
    return Cabinet(
        width=draw.uniform("cabinet.width", 0.18, 0.26),
        depth=travel + draw.uniform("cabinet.depth", 0.05, 0.09),
        height=height,
        front=draw.uniform("drawer.front", 0.075, 0.085),
        travel=travel,
        drop=draw.uniform("handle.drop", 0.014, 0.024),  # the hand reaches over the cabinet
        reach=draw.uniform("handle.reach", 0.05, 0.06),  # a finger goes between
        grip=draw.uniform("handle.grip", 0.08, 0.12),
        mass=draw("drawer_mass"),
        damping=draw("drawer_damping"),
        friction=draw("drawer_friction"),
        wood=wood,
        face=face,
    )


OPEN_DRAWER = Task("open_drawer", "Pull a drawer open by its handle.", "panda", open_drawer, DURATION)
