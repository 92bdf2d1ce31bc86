"""Small worlds for tests of engines: the arm stands behind, out of the way."""

import numpy as np
from multisynth.scenes import Body, Part, Scene, Shape
from multisynth.scenes.urdf import parse
from multisynth.sim.robots import panda
from multisynth.sim.tasks.tabletop import thing
from multisynth.sim.world import Mechanism, Physics, Servo, World

GROUND = (thing("ground", "floor", Shape(kind="box", size=(20, 20, 1)), (0, 0, -0.5), moves=False), Physics(friction=1))


def ball(name, position, radius=0.05, mass=0.2, **physics):
    return thing(name, "ball", Shape(kind="sphere", size=(radius,)), position), Physics(mass=mass, **physics)


def block(name, position, size=(0.1, 0.1, 0.1), mass=0.3, yaw=0.0, **physics):
    return thing(name, "block", Shape(kind="box", size=size), position, yaw), Physics(mass=mass, **physics)


def made_of(name, shapes, position, quaternion=(1.0, 0.0, 0.0, 0.0), **physics):
    """A body of several shapes."""
    part = Part(name=name, shapes=tuple(shapes), position=position, quaternion=quaternion)
    return Body(name=name, category="thing", instance=1, parts=(part,)), Physics(**physics)


def mechanism(text, name, start, position=(0.0, 0.0, 0.0), quaternion=(1.0, 0.0, 0.0, 0.0), **options):
    """A mechanism that nothing drives, and what is seen of it: every link with a visual, the root too if it is free."""
    robot = parse(text, f"{name}.urdf")
    body = robot.body(name, 1, position=position)
    if not options.get("fixed", True):
        body = body.model_copy(update={"parts": tuple(p.model_copy(update={"moves": True}) for p in body.parts)})
    return body, Mechanism(name, robot, start, position, quaternion, text=text, **options)


def world(*things, gravity=9.81, servo=None):
    """The arm, then bodies with their physics and mechanisms."""
    arm = Mechanism(panda.NAME, panda.robot(), (*panda.REST.tolist(), 0.02, 0.02), servo=servo or Servo())
    bodies = [panda.robot().body(panda.NAME, 1), *(body for body, _ in things)]
    scene = Scene(bodies=tuple(body.model_copy(update={"instance": n}) for n, body in enumerate(bodies, 1)))
    physics = {body.name: told for body, told in things if isinstance(told, Physics)}
    mechanisms = (arm, *(told for _, told in things if isinstance(told, Mechanism)))
    fields = {"friction": tuple(name for name, told in physics.items() if told.mass > 0)}
    return World(scene, physics, mechanisms, gravity, fields)


def where(scene: Scene, poses: np.ndarray, name: str) -> np.ndarray:
    return poses[[body.name for body, _ in scene.moving].index(name)]
