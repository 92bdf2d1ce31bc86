"""Small worlds for tests of engines: the arm stands behind, out of the way."""

import numpy as np
from multisynth.scenes import Scene, Shape
from multisynth.sim import panda
from multisynth.sim.tasks.tabletop import thing
from multisynth.sim.world import Arm, Physics, World

GROUND = (thing("ground", "floor", Shape(kind="box", size=(20, 20, 1)), (0, 0, -0.5), moves=False), Physics(friction=1))


def ball(name, position, radius=0.05, mass=0.2, **physics):
    return thing(name, "ball", Shape(kind="sphere", size=(radius,)), position), Physics(mass=mass, **physics)


def block(name, position, size=(0.1, 0.1, 0.1), mass=0.3, yaw=0.0, **physics):
    return thing(name, "block", Shape(kind="box", size=size), position, yaw), Physics(mass=mass, **physics)


def world(*things, gravity=9.81):
    robot = panda.robot().body("panda", 1)
    everything = [(robot, Physics()), *things]
    scene = Scene(bodies=tuple(body.model_copy(update={"instance": n}) for n, (body, _) in enumerate(everything, 1)))
    arm = Arm("panda", panda.robot(), (*panda.REST.tolist(), 0.02, 0.02))
    return World(scene, {body.name: physics for body, physics in everything}, arm, gravity)


def where(scene: Scene, poses: np.ndarray, name: str) -> np.ndarray:
    return poses[[body.name for body, _ in scene.moving].index(name)]
