"""A robot with its joints somewhere: where its links are, and such places drawn within the limits."""

from __future__ import annotations

import math

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import about, quaternion, transform
from multisynth.scenes.schema import Body
from multisynth.scenes.urdf import Joint, Robot

TRIES = 100
"""Draws until nothing reaches below the ground."""
SUNK = 0.005
"""m that links may reach below the lowest point of the base."""
FAR = 1.0
"""m, to which a prismatic joint without limits is drawn."""


def placed(robot: Robot, values: dict[str, float]) -> dict[str, np.ndarray]:
    """Where links are in the root link's frame; joints that are not named stand at 0. Each [4, 4]

    Args:
        robot: Whose links.
        values: By joint, rad or m.
    """
    places = {robot.root: np.eye(4)}
    waiting = list(robot.joints)
    while waiting:
        ready = [joint for joint in waiting if joint.parent in places]
        for joint in ready:
            places[joint.child] = places[joint.parent] @ joint.origin @ _moved(joint, values.get(joint.name, 0.0))
        waiting = [joint for joint in waiting if joint.child not in places]
    return places


def _moved(joint: Joint, value: float) -> np.ndarray:
    matrix = np.eye(4)
    if joint.kind == "prismatic":
        matrix[:3, 3] = joint.axis * value
    elif joint.kind in ("revolute", "continuous"):
        matrix[:3, :3] = about(joint.axis, value)
    return matrix


def drawn(robot: Robot, rng: np.random.Generator) -> dict[str, float]:
    """Values of all joints, each as likely between its limits as any; nothing reaches far below the base.

    A joint without limits turns anywhere, or slides up to 1 m. After 100 draws the joints stand at 0, or at the limit
    nearest to it.
    """
    points = _corners(robot)
    rest = {joint.name: float(np.clip(0.0, *_limits(joint))) for joint in robot.moving}
    ground = _lowest(points, placed(robot, rest))
    for _ in range(TRIES):
        values = {joint.name: rng.uniform(*_limits(joint)) for joint in robot.moving}
        if _lowest(points, placed(robot, values)) >= ground - SUNK:
            return values
    return rest


def standing(robot: Robot, values: dict[str, float], name: str, category: str) -> Body:
    """The robot as a body that stands on z = 0 and holds still, its root about the origin."""
    body, places = robot.body(name, 1, category=category), placed(robot, values)
    raised = -_lowest(_corners(robot), places)
    parts = []
    for part in body.parts:
        x, y, z = (places[part.name][:3, 3] + [0, 0, raised]).tolist()
        w, i, j, k = quaternion(places[part.name][:3, :3]).tolist()
        parts.append(part.model_copy(update={"moves": False, "position": (x, y, z), "quaternion": (w, i, j, k)}))
    return body.model_copy(update={"parts": tuple(parts)})


def _limits(joint: Joint) -> tuple[float, float]:
    if joint.kind == "continuous" or not (math.isfinite(joint.lower) and math.isfinite(joint.upper)):
        return (-math.pi, math.pi) if joint.kind != "prismatic" else (0.0, FAR)
    return min(joint.lower, joint.upper), max(joint.lower, joint.upper)


def _corners(robot: Robot) -> dict[str, np.ndarray]:
    """Points of what is seen of each link, in its frame. Each [N, 3]"""
    points = {}
    for link, shapes in robot.links.items():
        clouds = []
        for shape in shapes:
            place = transform(np.array(shape.position), np.array(shape.quaternion))
            clouds.append(triangles(shape).vertices @ place[:3, :3].T + place[:3, 3])
        if clouds:
            points[link] = np.concatenate(clouds)
    return points


def _lowest(points: dict[str, np.ndarray], places: dict[str, np.ndarray]) -> float:
    heights = [float((points[link] @ places[link][2, :3] + places[link][2, 3]).min()) for link in points]
    return min(heights, default=0.0)
