"""An episode's trial once more, from the episode's own columns."""

from __future__ import annotations

import numpy as np
from multisynth.scenes import Scene
from pydantic import ValidationError

from multisynth import seeds
from multisynth.errors import nearest
from multisynth.sample import Sample

from . import engines, parameters
from .randomise import Draw, Randomisation
from .robots import ROBOTS
from .simulation import Simulation, begin, divides
from .tasks import TASKS
from .tasks.task import Task
from .trial import Situation, View

LARGEST = 4096  # px


def rebuild(episode: Sample, engine: str | None = None, watch: bool = False) -> Simulation:
    """The simulation of an episode at its start, from its task, robot, rate, parameters and cameras.

    Args:
        episode: From anywhere: nothing that it holds is taken on trust.
        engine: Name of the engine; by default the episode's own.
        watch: Whether to keep an event log.

    Raises:
        ValueError: It cannot be rebuilt, or not to the scene that it holds; the message says why.
        BadInput: The engine is not installed, or there is none of that name.
    """
    task, actions, rate = task_of(episode), episode["actions"], episode["rate"]
    robot = ROBOTS[task.robot]
    if episode["robot"] != robot.name:
        raise ValueError(f"the robot of `{task.name}` is `{robot.name}`, not `{episode['robot']}`")
    if not 0 < rate <= 80:
        raise ValueError(f"{rate:g} Hz is no control rate")
    divides(rate)
    if actions.ndim != 2 or actions.shape[1:] != (len(robot.action_names),) or not len(actions):
        raise ValueError(f"actions are {list(actions.shape)}, not [T, {len(robot.action_names)}]")
    if list(episode["action_names"]) != list(robot.action_names):
        raise ValueError(f"the actions are not those of `{robot.name}`")
    if not np.isfinite(actions).all():
        raise ValueError("actions are not finite")
    seed, drawn = parameters.read(episode["parameters"])
    scene = _scene(episode["scene"])
    draw = Draw(Randomisation(), lambda purpose: seeds.rng(seed, purpose), drawn)
    trial = task.draw(draw, _view(scene))
    if unknown := sorted(set(drawn) - set(draw.drawn)):
        raise ValueError(f"`{task.name}` draws no `{unknown[0]}`")
    if trial.world.scene != scene:
        raise ValueError(f"the parameters make another scene: {_difference(trial.world.scene, scene)}")
    make = engines.engine(engine or engine_of(episode))
    return begin(draw, trial, make, robot, rate, watch)


def view_of(episode: Sample) -> View:
    """The cameras that an episode's scene has.

    Raises:
        ValueError: It has no scene, or none that can be looked at.
    """
    return _view(_scene(episode["scene"]))


def task_of(episode: Sample) -> Task:
    """An episode's task.

    Raises:
        ValueError: There is none of that name.
    """
    name = episode["task"]
    if name not in TASKS:
        raise ValueError(f"no task is called `{name}`: {nearest(name, list(TASKS))}")
    return TASKS[name]


def engine_of(episode: Sample) -> str:
    """Name of an episode's engine, without the version."""
    return (episode["engine"].split() or [""])[0]


class Playback:
    """Plays recorded actions; a controller, as `Expert` has it.

    Args:
        actions: [T, A]
    """

    done = False

    def __init__(self, actions: np.ndarray) -> None:
        self._actions = iter(actions)

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        return next(self._actions)


def _scene(text: str) -> Scene:
    try:
        return Scene.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"the scene is none: {error.errors()[0]['msg']}") from None


def _view(scene: Scene) -> View:
    if not scene.cameras:
        return View(0)
    first = scene.cameras[0]
    if max(first.width, first.height) > LARGEST:
        raise ValueError(f"a camera of {first.width} × {first.height} px: at most {LARGEST}")
    return View(len(scene.cameras), first.width, first.height)


def _difference(drawn: Scene, recorded: Scene) -> str:
    """The first thing in which scenes differ, by name."""
    for a, b in zip(drawn.bodies, recorded.bodies, strict=False):
        if a != b:
            return f"its `{b.name}` differs"
    if len(drawn.bodies) != len(recorded.bodies):
        return f"{len(drawn.bodies)} bodies, not {len(recorded.bodies)}"
    return "its light differs" if drawn.light != recorded.light else "its cameras differ"
