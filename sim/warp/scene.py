"""One world of pick and place, from which thousands are made: the task's own, in the MuJoCo engine's own model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import mujoco
import numpy as np

from multisynth.seeds import rng

from ..engines import mujoco_model
from ..randomise import Draw, Randomisation
from ..tasks.pick_place import PICK_PLACE
from ..trial import View
from ..world import World

TIMESTEP = 1 / 160
"""s; two for each command to the motors. At half of that, held objects stay as they are held; at twice, they slip."""
ITERATIONS, SEARCHES, TOLERANCE = 10, 12, 1e-3
"""Of the solver: iterations and steps of a line search at most, and the improvement that is not worth another one.

After a control step in which fingers close, hands and blocks are then within 0.1 mm of where a solver led to the end
has them.
"""
CONES = ("pyramidal", "elliptic")
"""Shapes of the friction cone; a GPU solves the first in two thirds of the time."""
GOAL = "goal"
"""The platform that the object is to be put on."""


@dataclass(frozen=True)
class Scene:
    """A world and its model at `TIMESTEP`.

    Args:
        world: A block on a table, a platform, the robot; everything calibrated.
        built: As the MuJoCo engine has it.
        focus: Name of the block's body.
    """

    world: World
    built: mujoco_model.Model
    focus: str

    @property
    def model(self) -> mujoco.MjModel:
        """MuJoCo's."""
        return self.built.model


def scene(cone: str) -> Scene:
    """The first world of the task that has a block in it and a platform that stands up.

    Args:
        cone: One of `CONES`. The MuJoCo engine's are elliptic.
    """
    for key in count():
        draw = Draw(Randomisation.calibrated(), lambda purpose, key=key: rng(key, purpose))  # type: ignore[misc]
        trial = PICK_PLACE.draw(draw, View())
        world = trial.world
        shape = world.scene.body(trial.focus).parts[0].shapes[0]
        if shape.kind == "box" and world.physics[GOAL].solid:
            built = mujoco_model.build(world)
            retime(built.model, TIMESTEP)
            option = built.model.opt
            option.iterations, option.ls_iterations, option.tolerance = ITERATIONS, SEARCHES, TOLERANCE
            if cone == "pyramidal":
                option.cone, option.impratio = mujoco.mjtCone.mjCONE_PYRAMIDAL, 1
            return Scene(world, built, trial.focus)
    raise AssertionError("unreachable")


def retime(model: mujoco.MjModel, timestep: float) -> None:
    """Give a model of `engines.mujoco_model` another time step, which its contacts and gears reckon with.

    So do its motors, but they stay as strong: a finger that is held up pushes in proportion to its gain.
    """
    longer = timestep / model.opt.timestep
    for reference in (model.pair_solref, model.pair_solreffriction, model.jnt_solref):
        direct = (reference < 0).all(1)  # stiffness and damping; positive ones are a time and a ratio
        reference[direct] /= _shares(longer)
    model.eq_solref[(model.eq_solref > 0).all(1), 0] *= longer
    model.opt.timestep = timestep


def bounces(timestep: float, steps: int = 1024) -> np.ndarray:
    """`solref` of coefficients of restitution from 0 to 1, in equal steps, at a time step. [steps + 1, 2]"""
    references = [mujoco_model.reference(restitution) for restitution in np.linspace(0, 1, steps + 1)]
    return np.array(references) / _shares(timestep / mujoco_model.TIMESTEP)


def _shares(longer: float) -> np.ndarray:
    """By what stiffness and damping shrink, so that a step takes away the same shares of depth and velocity. [2]"""
    return np.array([longer**2, longer])
