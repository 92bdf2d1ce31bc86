"""From terms and a seed to an episode: a trial drawn, begun, run by a controller, and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from multisynth import seeds

from . import engines
from .episode import record
from .parameters import Parameters
from .randomise import Draw, Randomisation
from .robots import ROBOTS
from .simulation import Simulation, begin
from .tasks.task import Task
from .trial import Expert, View


@dataclass(frozen=True)
class Setting:
    """How episodes of a task are played.

    Args:
        task: What is done.
        terms: What parameters are drawn from.
        engine: Name of the physics engine.
        rate: Control steps a second, Hz.
        view: The cameras.
        duration: s, at most; None for the task's own.
        watch: Whether there is an event log.
    """

    task: Task
    terms: Randomisation
    engine: str
    rate: float
    view: View
    duration: float | None = None
    watch: bool = True


def play(setting: Setting, seed: int, controller: Callable[[Simulation], Expert]) -> dict[str, Any]:
    """An episode's columns.

    Args:
        setting: How it is played.
        seed: Of all its draws.
        controller: Made for the simulation, at its start.

    Returns:
        All columns of `multisynth.kinds.EPISODE`; not all finite where the physics diverged.
    """
    task = setting.task
    draw = Draw(setting.terms, partial(seeds.rng, seed))
    trial = task.draw(draw, setting.view)
    make, robot = engines.engine(setting.engine), ROBOTS[task.robot]
    simulation = begin(draw, trial, make, robot, setting.rate, setting.watch)
    try:
        columns = record(simulation, controller(simulation), setting.duration or task.duration)
    finally:
        simulation.close()
    return {"task": task.name, "parameters": Parameters(seed, draw.drawn).json(), **columns}


def by_expert(simulation: Simulation) -> Expert:
    """The task's scripted expert."""
    return simulation.trial.expert(1 / simulation.rate)


def diverged(columns: dict[str, Any]) -> str | None:
    """Why an episode is worth nothing: its physics left the finite numbers; None where it did not."""
    if all(np.isfinite(columns[name]).all() for name in ("states", "poses", "actions")):
        return None
    return f"the physics diverged: {len(columns['times'])} steps"
