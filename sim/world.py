"""What physics needs to know besides the scene: stated once, in SI, for every engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from multisynth.scenes import Scene
from multisynth.scenes.schema import Quaternion, Vector
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
        inertia: Over that of a solid of even density, which follows from mass and shapes.
    """

    mass: float = 0.0
    friction: float = 0.5
    restitution: float = 0.0
    velocity: Vector = (0.0, 0.0, 0.0)
    solid: bool = True
    inertia: float = 1.0


@dataclass(frozen=True)
class Servo:
    """A position controller at every driven joint: it asks for the velocity v* + ω (q* - q), as far as effort allows.

    Args:
        bandwidth: ω, 1/s.
        damping: Viscous friction at the joint beside it, N·m·s/rad or N·s/m.
    """

    bandwidth: float = 24.0
    damping: float = 0.0


@dataclass(frozen=True)
class Mechanism:
    """Links and joints: a robot, or a cabinet that robots open.

    Args:
        name: Its body's name in the scene, whose parts are named as its links.
        robot: Its description.
        start: Positions of its moving joints at the start, in the file's order, rad or m. [J]
        position, quaternion: Of its root link at the start.
        fixed: Whether the root stands still.
        friction: Coulomb coefficient of its links.
        patch: Of its contacts, m: the lever of their friction against being turned on the spot, which is two thirds
            of the radius of the patch that touches; 0 stands for hard points.
        servo: What drives its moving joints; nothing does where there is none.
        damping: Viscous, of joints that nothing drives, N·m·s/rad or N·s/m; their dry friction is in the description.
        geared: Names of pairs of joints that a gear keeps at equal positions.
        text: The URDF document, for a description that is in no file.
    """

    name: str
    robot: Robot
    start: tuple[float, ...]
    position: Vector = (0.0, 0.0, 0.0)
    quaternion: Quaternion = (1.0, 0.0, 0.0, 0.0)
    fixed: bool = True
    friction: float = 0.8
    patch: float = 0.0
    servo: Servo | None = None
    damping: float = 0.0
    geared: tuple[tuple[str, str], ...] = ()
    text: str = ""


@dataclass(frozen=True)
class World:
    """A scene and its physics.

    Args:
        scene: What can be seen, the robot first among what moves or after what stands still.
        physics: By name, of every body that is no mechanism; each of those is one part.
        mechanisms: Exactly one has a servo: the robot.
        gravity: m/s², downwards.
        fields: The bodies and mechanisms that `friction` and `table_friction` of `Randomisation` are about.
    """

    scene: Scene
    physics: Mapping[str, Physics]
    mechanisms: tuple[Mechanism, ...]
    gravity: float = 9.81
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def driven(self) -> Mechanism:
        """The robot."""
        (robot,) = (mechanism for mechanism in self.mechanisms if mechanism.servo is not None)
        return robot

    def has(self, name: str) -> bool:
        """Whether a field of `Randomisation` is something that can change in this world."""
        return name in ("gravity", *SERVO) or bool(self.fields.get(name))

    def changed(self, name: str, value: float) -> World:
        """The world with a field of `Randomisation` at another value, for engines that run it to take over.

        Bodies that had a friction each have the same afterwards.

        Raises:
            ValueError: Nothing in this world has the field.
        """
        if not self.has(name):
            raise ValueError(f"nothing in this world has `{name}`")
        if name == "gravity":
            return replace(self, gravity=value)
        if name in SERVO:
            assert self.driven.servo is not None
            robot = replace(self.driven, servo=replace(self.driven.servo, **{name: value}))
            return replace(self, mechanisms=tuple(robot if one is self.driven else one for one in self.mechanisms))
        about = self.fields[name]
        physics = {body: replace(own, friction=value) if body in about else own for body, own in self.physics.items()}
        mechanisms = tuple(replace(one, friction=value) if one.name in about else one for one in self.mechanisms)
        return replace(self, physics=physics, mechanisms=mechanisms)


SERVO = ("bandwidth", "damping")
"""Fields of the robot's `Servo`."""
