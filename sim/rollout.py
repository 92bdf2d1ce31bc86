"""Rollouts of scripted experts in randomised worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

import numpy as np
from multisynth.scenes.assets import locate
from pydantic import Field, field_validator

from multisynth.artifact import Artifact
from multisynth.errors import nearest
from multisynth.kinds import EPISODE, Kind
from multisynth.sample import Drop, Sample
from multisynth.stage import Needs, Source

from . import engines, objects
from .episode import record
from .parameters import Parameters
from .randomise import Draw, Randomisation, Randomise
from .robots import ROBOTS
from .simulation import begin, divides
from .tasks import TASKS
from .trial import View


class Rollout(Source):
    """Episodes of scripted experts, each built from nothing with parameters of its own.

    An action holds joint positions for the next control step and the fingers' opening; the motors follow a straight
    line there. States are observed before the action, rewards and successes after it; `poses[k]` and `states[k]`
    belong to `times[k]`.
    """

    makes: ClassVar[Kind] = EPISODE
    extent: ClassVar[str] = "episodes"
    needs: ClassVar[Needs] = Needs(batch_size=4)

    episodes: int = Field(24, ge=0, description="How many there are.")
    tasks: tuple[str, ...] = Field(("push", "topple"), min_length=1, description="Names of tasks, taken in turn.")
    randomise: Randomise = Field(Randomisation(), description="Terms of the drawn parameters, or a YAML file of them.")
    engine: str = Field(default_factory=engines.default, description="Physics engine: pybullet or mujoco.")
    rate: float = Field(20.0, gt=0, le=80, description="Control steps a second, Hz; a divisor of 80.")
    duration: float | None = Field(
        None, gt=0, le=60, description="Seconds after which an episode ends at the latest; by default the task's own."
    )
    keep: Literal["all", "successes"] = Field("all", description="Whether episodes of failure are dropped.")
    cameras: int = Field(1, ge=1, le=2, description="How many cameras look at each scene.")
    width: int = Field(320, ge=16, le=4096, description="Of their images, px.")
    height: int = Field(240, ge=16, le=4096, description="Of their images, px.")

    @field_validator("tasks")
    @classmethod
    def _known(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        for task in tasks:
            if task not in TASKS:
                raise ValueError(f"no task is called `{task}`: {nearest(task, list(TASKS))}")
        return tasks

    @field_validator("rate")
    @classmethod
    def _divides(cls, rate: float) -> float:
        return divides(rate)

    @field_validator("engine")
    @classmethod
    def _engine(cls, name: str) -> str:
        if name not in engines.ENGINES:
            raise ValueError(f"no engine is called `{name}`: {nearest(name, list(engines.ENGINES))}")
        return name

    def artifacts(self) -> Sequence[Artifact]:
        """The descriptions and meshes of robots and objects, which everything is made with.

        Raises:
            BadInput: The engine is not installed.
        """
        engines.engine(self.engine)
        robots = [ROBOTS[name] for name in sorted({TASKS[task].robot for task in self.tasks})]
        folders = [(locate(robot.urdf, (".urdf",)).parent, robot.license) for robot in robots]
        made_with = [Artifact.of(folder, "asset", folder.name, license) for folder, license in folders]
        return made_with + objects.artifacts(self.randomise)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """As `Source.generate`."""
        make = engines.engine(self.engine)
        for ordinal in ordinals:
            task = TASKS[self.tasks[ordinal % len(self.tasks)]]
            draw = Draw(self.randomise, lambda purpose, ordinal=ordinal: self.rng(ordinal, purpose))  # type: ignore[misc]
            trial = task.draw(draw, View(self.cameras, self.width, self.height))
            simulation = begin(draw, trial, make, ROBOTS[task.robot], self.rate, watch=True)
            try:
                columns = record(simulation, trial.expert(1 / self.rate), self.duration or task.duration)
            finally:
                simulation.close()
            if not all(np.isfinite(columns[name]).all() for name in ("states", "poses", "actions")):
                yield Drop(ordinal, f"the physics diverged: {len(columns['times'])} steps")
                continue
            if self.keep == "successes" and not columns["success"]:
                yield Drop(ordinal, f"the expert did not succeed: {task.name}")
                continue
            parameters = Parameters(self.seed(ordinal), draw.drawn).json()
            yield Sample(EPISODE, ordinal, task=task.name, parameters=parameters, **columns)
