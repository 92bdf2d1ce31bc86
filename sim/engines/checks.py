"""What mechanics knows in closed form, asked of an engine: how far it is off, and how far it may be."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from multisynth.scenes import Body, Part, Scene, Shape
from multisynth.scenes.schema import Quaternion, Vector
from multisynth.scenes.urdf import Robot, parse

from ..world import Mechanism, Physics, Servo, World
from .engine import Engine

Make = Callable[[World], Engine]
GRAVITY = 9.81
_INERTIA = '<inertia ixx="0.02" iyy="0.02" izz="0.02" ixy="0" ixz="0" iyz="0"/>'
MOTOR = f"""<robot name="motor">
  <link name="stand"><inertial><mass value="1"/>{_INERTIA}</inertial></link>
  <joint name="axle" type="revolute">
    <parent link="stand"/><child link="wheel"/><axis xyz="0 0 1"/>
    <limit lower="-3" upper="3" effort="10" velocity="100"/>
  </joint>
  <link name="wheel"><inertial><mass value="0.5"/>{_INERTIA}</inertial></link>
</robot>"""
"""A wheel on an upright axle, 0.02 kg·m², and a motor of 10 N·m."""
PENDULUM = f"""<robot name="pendulum">
  <link name="stand"><inertial><mass value="1"/>{_INERTIA}</inertial></link>
  <joint name="hinge" type="continuous">
    <parent link="stand"/><child link="rod"/><axis xyz="0 1 0"/>
  </joint>
  <link name="rod"><inertial><origin xyz="0 0 -0.4"/><mass value="0.5"/>{_INERTIA}</inertial></link>
</robot>"""
"""0.5 kg at 0.4 m below a hinge, 0.02 kg·m² about their own centre."""
PIVOTED = 0.02 + 0.5 * 0.4**2  # kg·m², about the hinge
LEVER = 0.5 * GRAVITY * 0.4  # N·m, of the pendulum's weight when it is level


class Check(NamedTuple):
    """A quantity that mechanics predicts.

    Args:
        name: What is measured.
        unit: Of it.
        expected: By mechanics.
        tolerance: How far every engine may be off.
        measure: Builds a world in an engine, runs it, and reads the quantity.
    """

    name: str
    unit: str
    expected: float
    tolerance: float
    measure: Callable[[Make], float]


def body(name: str, shape: Shape, position: Vector, turn: Quaternion = (1, 0, 0, 0), moves: bool = True) -> Body:
    """A body of one shape."""
    part = Part(name=name, shapes=(shape,), position=position, quaternion=turn, moves=moves)
    return Body(name=name, category="thing", instance=1, parts=(part,))


def world(
    *things: tuple[Body, Physics], mechanisms: tuple[Mechanism, ...] = (), servo: Servo | None = None,
    gravity: float = GRAVITY,
) -> World:  # fmt: skip
    """Bodies and mechanisms that nobody sees; a motor stands far away, because a world has a robot."""
    motor = Mechanism("motor", _parsed(MOTOR), (0.0,), (0.0, 0.0, 50.0), servo=servo or Servo(), text=MOTOR)
    bodies = tuple(thing.model_copy(update={"instance": n}) for n, (thing, _) in enumerate(things, 1))
    return World(
        Scene(bodies=bodies), {thing.name: told for thing, told in things}, (motor, *mechanisms), gravity
    )  # fmt: skip


def sphere(position: Vector, velocity: Vector = (0.0, 0.0, 0.0), restitution: float = 0.0) -> tuple[Body, Physics]:
    """A ball of 5 cm and 200 g."""
    return body("ball", Shape(kind="sphere", size=(0.05,)), position), Physics(
        0.2, velocity=velocity, restitution=restitution
    )


def ground(friction: float = 1.0, restitution: float = 0.0, slope: float = 0.0) -> tuple[Body, Physics]:
    """A large slab whose upper face goes through the origin and falls towards x by so many degrees."""
    angle = math.radians(slope)
    turn = (math.cos(angle / 2), 0.0, math.sin(angle / 2), 0.0)
    middle = (-0.5 * math.sin(angle), 0.0, -0.5 * math.cos(angle))
    slab = Shape(kind="box", size=(40.0, 40.0, 1.0))
    return body("ground", slab, middle, turn, moves=False), Physics(friction=friction, restitution=restitution)


def slider(friction: float, slope: float, velocity: float = 0.0) -> tuple[Body, Physics]:
    """A flat block that lies on the slope and moves down it."""
    angle = math.radians(slope)
    turn = (math.cos(angle / 2), 0.0, math.sin(angle / 2), 0.0)
    along, up = np.array([math.cos(angle), 0.0, -math.sin(angle)]), np.array([math.sin(angle), 0.0, math.cos(angle)])
    x, y, z = (0.02 * up).tolist()
    u, v, w = (velocity * along).tolist()
    flat = Shape(kind="box", size=(0.2, 0.2, 0.04))
    return body("slider", flat, (x, y, z), turn), Physics(0.5, friction, velocity=(u, v, w))


@cache
def _parsed(text: str) -> Robot:
    return parse(text, "checks.urdf")


def _run(make: Make, of: World, seconds: float, see: Callable[[Engine], float]) -> float:
    engine = make(of)
    try:
        engine.advance(round(seconds / engine.timestep))
        return see(engine)
    finally:
        engine.close()


def _traced(make: Make, of: World, seconds: float, see: Callable[[Engine], float]) -> tuple[np.ndarray, np.ndarray]:
    """Times, s, and what was seen then, from the start, step by step. [N + 1], [N + 1]"""
    engine = make(of)
    try:
        seen = [see(engine)]
        for _ in range(round(seconds / engine.timestep)):
            engine.advance(1)
            seen.append(see(engine))
        return np.arange(len(seen)) * engine.timestep, np.array(seen)
    finally:
        engine.close()


def _flight(make: Make) -> float:
    return _run(make, world(sphere((0, 0, 3), (3.0, -1.0, 2.0))), 0.75, lambda e: float(e.pose("ball")[0]))


def _fall(make: Make) -> float:
    return _run(make, world(sphere((0, 0, 3))), 0.5, lambda e: 3 - float(e.pose("ball")[2]))


def _creep(make: Make) -> float:
    """Of a block on a slope that is a little too flat for it to slide, mm/s."""
    of = world(ground(0.5, slope=24.0), slider(0.5, 24.0))
    _, way = _traced(make, of, 2.0, lambda e: float(e.pose("slider")[0]))
    return 1000 * abs(way[-1] - way[len(way) // 2]) / math.cos(math.radians(24.0))


def _slide(make: Make) -> float:
    of = world(ground(0.5, slope=35.0), slider(0.5, 35.0))
    return _run(make, of, 1.0, lambda e: float(np.linalg.norm(e.velocity("slider")[:3])))


def _stop(make: Make) -> float:
    of = world(ground(0.8), slider(0.2, 0.0, 1.5))
    return _run(make, of, 2.0, lambda e: float(e.pose("slider")[0]))


def _bounce(restitution: float) -> Callable[[Make], float]:
    """Root of the height of the first bounce over that of the fall, its mean over several heights."""

    def measure(make: Make) -> float:
        ratios = []
        for fall in np.linspace(0.4, 0.7, 12):
            of = world(ground(1.0, restitution), sphere((0, 0, 0.05 + float(fall)), restitution=restitution))
            times, height = _traced(make, of, 1.2, lambda e: float(e.pose("ball")[2]) - 0.05)
            touched = int(np.argmin(height[times < 0.4]))
            ratios.append(math.sqrt(max(height[touched:].max(), 0.0) / float(fall)))
        return float(np.mean(ratios))

    return measure


def _pendulum(start: float) -> World:
    hanging = Mechanism("pendulum", _parsed(PENDULUM), (start,), text=PENDULUM)
    return world(mechanisms=(hanging,))


def _period(make: Make) -> float:
    times, angle = _traced(make, _pendulum(0.05), 8.0, lambda e: float(e.joints("pendulum")[0][0]))
    falling = np.flatnonzero((angle[:-1] > 0) & (angle[1:] <= 0))
    crossed = times[falling] + (times[1] - times[0]) * angle[falling] / (angle[falling] - angle[falling + 1])
    return float((crossed[-1] - crossed[0]) / (len(crossed) - 1))


def _energy(make: Make) -> float:
    """What it has lost or gained after ten seconds of wide swings, over what it had to begin with."""

    def energy(engine: Engine) -> float:
        (angle,), (speed,) = engine.joints("pendulum")
        return 0.5 * PIVOTED * speed**2 + LEVER * (1 - math.cos(angle))

    _, energies = _traced(make, _pendulum(1.5), 10.0, energy)
    return float(energies[-240:].mean() / energies[:240].mean())


def _response(make: Make) -> float:
    """How much of a step of 0.1 rad is left after 1/ω."""
    engine = make(world(servo=Servo(bandwidth=20.0)))
    try:
        engine.command(np.array([0.1]), np.zeros(1))
        engine.advance(round(1 / 20.0 / engine.timestep))
        return float(1 - engine.joints("motor")[0][0] / 0.1)
    finally:
        engine.close()


def _effort(make: Make) -> float:
    """Speed after a tenth of a second at the end of the motor's effort."""
    engine = make(world(servo=Servo(bandwidth=80.0)))
    try:
        engine.command(np.array([2.9]), np.zeros(1))
        engine.advance(round(0.025 / engine.timestep))
        return float(engine.joints("motor")[1][0])
    finally:
        engine.close()


def _tower(make: Make) -> float:
    """How far a block of a tower of five moves in two seconds at most, mm."""
    blocks = []
    for n in range(5):
        half = 0.05 * n
        turn = (math.cos(half), 0.0, 0.0, math.sin(half))
        cube = Shape(kind="box", size=(0.1, 0.1, 0.1))
        blocks.append((body(f"block {n}", cube, (0.0, 0.002 * n, 0.05 + 0.1 * n), turn), Physics(0.3)))
    engine = make(world(ground(), *blocks))
    try:
        before = engine.poses()[:, :3]
        engine.advance(round(2.0 / engine.timestep))
        return float(1000 * np.abs(engine.poses()[:, :3] - before).max())
    finally:
        engine.close()


def _decay() -> float:
    """What is left of a step after 1/ω where velocities follow at once: steps of 1/240 s are not quite smooth."""
    return (1 - 20.0 / 240) ** 12


CHECKS: tuple[Check, ...] = (
    Check("throw: way along the ground in 0.75 s", "m", 3.0 * 0.75, 1e-6, _flight),
    Check("fall: depth after 0.5 s", "m", GRAVITY / 2 * 0.25, 0.011, _fall),
    Check("24° slope, μ 0.5: speed of what must stick", "mm/s", 0.0, 1.0, _creep),
    Check(
        "35° slope, μ 0.5: speed after 1 s", "m/s",
        GRAVITY * (math.sin(math.radians(35)) - 0.5 * math.cos(math.radians(35))), 0.05, _slide,
    ),
    Check("μ 0.2 on μ 0.8, from 1.5 m/s: way to a stop", "m", 1.5**2 / (2 * 0.4 * GRAVITY), 0.01, _stop),
    *(
        Check(f"bounce, e {e:g}: √(height / fall)", "", e, 0.04, _bounce(e))
        for e in (0.0, 0.3, 0.5, 0.8)
    ),
    Check("pendulum: period", "s", 2 * math.pi * math.sqrt(PIVOTED / LEVER), 0.004, _period),
    Check("pendulum: energy kept over 10 s", "", 1.0, 0.02, _energy),
    Check("servo: share of a step left after 1/ω", "", _decay(), 0.02, _response),
    Check("servo: speed after 25 ms at full effort", "rad/s", 10 / 0.02 * 0.025, 0.3, _effort),
    Check("tower of five: greatest shift in 2 s", "mm", 0.0, 2.0, _tower),
)  # fmt: skip
