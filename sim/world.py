"""What physics needs to know besides the scene: stated once, in SI, for every engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from multisynth.scenes import Scene
from multisynth.scenes.schema import Vector
from multisynth.scenes.urdf import Robot


@dataclass(frozen=True)
class Physics:
    """How a body behaves.

    A contact of a and b has the friction coefficient √(a·b) and the coefficient of restitution √(a·b) of the two
    bodies' own, whatever rule the engine has built in.

    Args:
        mass: kg; 0 stands for a body that nothing moves.
        friction: Coulomb coefficient.
        restitution: Coefficient, 0 to 1.
        velocity: At the start, m/s, world.
        solid: Whether it touches anything; a mark on the table does not.
    """

    mass: float = 0.0
    friction: float = 0.5
    restitution: float = 0.0
    velocity: Vector = (0.0, 0.0, 0.0)
    solid: bool = True


@dataclass(frozen=True)
class Arm:
    """A robot in the world, on a base that stands still at the world's origin.

    Args:
        name: Its body's name in the scene.
        robot: Its description.
        start: Positions of its moving joints at the start, in the file's order, rad or m. [J]
        friction: Coulomb coefficient of its fingers and links.
    """

    name: str
    robot: Robot
    start: tuple[float, ...]
    friction: float = 0.8


@dataclass(frozen=True)
class World:
    """A scene and the physics of its bodies, by name; each but the arm is one part with one primitive at its centre."""

    scene: Scene
    physics: Mapping[str, Physics]
    arm: Arm
    gravity: float = 9.81
    """m/s², downwards."""
