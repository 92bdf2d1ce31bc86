"""What the tasks on a table have in common: the table, the robot, colours, light and cameras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from multisynth.scenes import Body, Camera, Light, Part, Pattern, Scene, Shape
from multisynth.scenes.poses import about, quaternion, rotation
from multisynth.scenes.schema import Vector

from ..channel import FIELDS, Imperfections
from ..objects import Item
from ..randomise import WHILE_RUNNING, Draw
from ..robots import panda
from ..trial import Situation, View
from ..world import Mechanism, Physics, Servo, World

PALETTE: dict[str, Vector] = {
    "red": (0.60, 0.03, 0.03),
    "green": (0.04, 0.34, 0.06),
    "blue": (0.03, 0.10, 0.55),
    "yellow": (0.75, 0.55, 0.03),
    "orange": (0.78, 0.22, 0.02),
    "purple": (0.22, 0.04, 0.42),
    "cyan": (0.03, 0.45, 0.50),
    "pink": (0.78, 0.25, 0.42),
}
"""Linear reflectances of colours that people tell apart by name."""
TABLES: dict[str, Vector] = {
    "oak": (0.38, 0.26, 0.15),
    "grey": (0.30, 0.30, 0.31),
    "white": (0.62, 0.61, 0.58),
    "slate": (0.09, 0.10, 0.12),
}
PATTERNS: tuple[Literal["squares", "stripes", "tiles"], ...] = ("squares", "stripes", "tiles")
X, Y = (0.38, 0.66), (-0.26, 0.26)  # m; where objects and goals lie
FINGERS = "panda_finger_joint1", "panda_finger_joint2"
PADS = 0.005  # m; lever of the friction of the fingers' soft ends
FLOOR = -0.7  # m; the table's top is 0
ASIDE = 60.0  # degrees that cameras at the sides stand further round
MARGIN = 0.06  # of the image, that what happens keeps from its edges


def colours(draw: Draw) -> list[tuple[str, Vector]]:
    """The palette's names in drawn order, each with its jittered colour."""
    named = []
    for name in draw.order("colours", sorted(PALETTE)):
        jitter = draw.spread(f"{name}.jitter", "colour", 3)
        named.append((name, _clip(np.array(PALETTE[name]) + jitter)))
    return named


def thing(
    name: str, category: str, shape: Shape, position: Sequence[float] | np.ndarray, yaw: float = 0.0, moves: bool = True
) -> Body:
    """A body of one shape, turned about the vertical by `yaw` radians; `assemble` gives it its instance id."""
    x, y, z = map(float, position)
    w, i, j, k = quaternion(about(np.array([0.0, 0.0, 1.0]), yaw)).tolist()
    part = Part(name=name, shapes=(shape,), position=(x, y, z), quaternion=(w, i, j, k), moves=moves)
    return Body(name=name, category=category, instance=1, parts=(part,))


def assemble(
    draw: Draw,
    things: Sequence[tuple[Body, Physics | Mechanism]],
    seen: Sequence[Sequence[float] | np.ndarray],
    view: View,
    aside: bool = False,
) -> World:
    """The world of a table, the robot and some things.

    Args:
        draw: Draws light, cameras, table and the robot's start.
        things: Bodies with their physics, or with what moves their parts.
        seen: Points that every camera has in view, besides the robot's hand. [N, 3]
        view: The cameras.
        aside: Whether they look from the sides, at things whose front faces the robot.
    """
    look = TABLES[draw.choose("table", sorted(TABLES))]
    restitution = draw("restitution", "table_restitution")
    table = thing(
        "table", "table", Shape(kind="box", size=(1.5, 1.6, 0.05), colour=look), (0.4, 0, -0.025), moves=False
    )
    ground = Shape(kind="box", size=(60.0, 60.0, 0.1), colour=(0.22, 0.22, 0.22))
    floor = thing("floor", "floor", ground, (0, 0, FLOOR - 0.05), moves=False)
    table_physics = Physics(friction=draw("table_friction"), restitution=restitution)
    hand = panda.HOME + [draw("hand", f"hand.{axis}") for axis in "xyz"]
    start = panda.reach(panda.REST, hand)
    robot = panda.robot().body(panda.NAME, 1, tint=(0.82, 0.82, 0.82))
    physical: list[tuple[Body, Physics | Mechanism]] = [
        (floor, Physics(friction=0.6, restitution=0.2)),
        (table, table_physics),
        *things,
    ]
    bodies = [floor, table, robot, *(body for body, _ in things)]
    scene = Scene(
        bodies=tuple(body.model_copy(update={"instance": n}) for n, body in enumerate(bodies, 1)),
        light=light(draw),
        pattern=pattern(draw),
        cameras=cameras(draw, np.array([*seen, hand], np.float64), view, aside),
    )
    fingers = panda.OPENING / 4
    servo = Servo(draw("bandwidth"), draw("damping"))
    arm = Mechanism(
        panda.NAME, panda.robot(), (*start.tolist(), fingers, fingers), patch=PADS, servo=servo, geared=(FINGERS,)
    )
    physics = {body.name: kind for body, kind in physical if isinstance(kind, Physics)}
    others = (kind for _, kind in physical if isinstance(kind, Mechanism))
    rubbing = (body.name for body, kind in things if isinstance(kind, Mechanism) or kind.solid)
    fields = {"friction": tuple(rubbing), "table_friction": ("table",)}
    return World(scene, physics, (arm, *others), draw("gravity"), fields)


def beside(draw: Draw, start: np.ndarray, distance: float) -> np.ndarray:
    """A place on the table at a distance, within the arm's reach, in a drawn direction or the next that has one. [2]"""
    first = draw.uniform("direction", -np.pi, np.pi)
    for turn in np.linspace(0, 2 * np.pi, 64, endpoint=False):
        place = start + distance * np.array([np.cos(first + turn), np.sin(first + turn)])
        if X[0] <= place[0] <= X[1] and Y[0] <= place[1] <= Y[1]:
            break
    return place


def released(now: Situation, name: str, item: Item) -> bool:
    """Whether the fingers stand wider open than an object between them is, or are not about it."""
    hand, place = now.hand, now.pose(name)
    if float(hand[2] - place[2]) > item.above + 0.01:
        return True
    across = rotation(place[3:]).T @ rotation(hand[3:])[:, 1]
    return float(now.joints[7:].sum()) > item.width(float(np.arctan2(across[1], across[0]))) + 0.002


def running(draw: Draw, world: World, duration: float) -> dict[str, Any]:
    """What a trial says of the time it runs: the imperfections of its channel, and when fields change.

    Args:
        draw: Draws them.
        world: Whose fields those are that are not the channel's.
        duration: Of an episode at most, s.
    """
    fields = [field for field in WHILE_RUNNING if field in FIELDS or world.has(field)]
    schedule = {field: changes for field in fields if (changes := draw.schedule(field, duration))}
    return {"channel": Imperfections(**{field: draw(field) for field in FIELDS}), "schedule": schedule}


def pattern(draw: Draw) -> Pattern:
    """The drawn pattern of table and floor."""
    kind = PATTERNS[min(int(draw("texture_kind")), len(PATTERNS) - 1)]
    return Pattern(kind=kind, size=draw("texture_size"), contrast=draw("texture"))


def light(draw: Draw) -> Light:
    """The drawn light."""
    x, y, z = _direction(draw("light_azimuth"), draw("light_elevation"))
    return Light(direction=(-x, -y, -z), intensity=draw("light_intensity"), ambient=draw("light_ambient"))


def cameras(draw: Draw, points: np.ndarray, view: View, aside: bool = False, ahead: float = 0.0) -> tuple[Camera, ...]:
    """Drawn cameras, each as near as drawn or as far as it must be to have all points in view.

    Args:
        draw: Draws them.
        points: World, m. [N, 3]
        view: How many they are, and of what size.
        aside: Whether they stand further round to the sides than drawn.
        ahead: The direction that azimuths count from, degrees from x.
    """
    middle = (points.min(0) + points.max(0)) / 2
    placed = []
    for number in range(view.count):
        name = f"camera{number}"
        azimuth = draw("camera_azimuth", f"{name}.azimuth")
        azimuth += np.copysign(ASIDE, azimuth) if aside else 0.0
        towards = np.array(_direction(azimuth + ahead, draw("camera_elevation", f"{name}.elevation")))
        distance, fov = draw("camera_distance", f"{name}.distance"), draw("camera_fov", f"{name}.fov")
        while True:
            camera = Camera(
                name=name, width=view.width, height=view.height, position=_vector(middle + towards * distance),
                target=_vector(middle), fov=fov,
            )  # fmt: skip
            if _sees(camera, points):
                break
            distance *= 1.05
        placed.append(camera)
    return tuple(placed)


def _sees(camera: Camera, points: np.ndarray) -> bool:
    """Whether all points lie well inside the image. [N, 3]"""
    local = points @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    if local[:, 2].min() < 0.1:
        return False
    pixels = (local @ camera.intrinsics.T)[:, :2] / local[:, 2:]
    share = pixels / (camera.width, camera.height)
    return bool((share > MARGIN).all() and (share < 1 - MARGIN).all())


def _direction(azimuth: float, elevation: float) -> Vector:
    """Unit vector of an azimuth from x and an elevation, degrees."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return _vector(np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)]))


def _clip(colour: np.ndarray) -> Vector:
    return _vector(np.clip(colour, 0.02, 0.85))


def _vector(array: np.ndarray) -> Vector:
    x, y, z = array.tolist()
    return x, y, z
