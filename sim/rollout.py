"""Rollouts of scripted experts in randomised worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from multisynth.artifact import Artifact
from multisynth.kinds import EPISODE, Kind
from multisynth.sample import Drop, Sample
from multisynth.stage import Needs, Source

from . import engines
from .choices import EngineName, Rate, TaskName, artifacts
from .play import Setting, by_expert, diverged, play
from .randomise import Randomisation, Randomise
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
    tasks: tuple[TaskName, ...] = Field(("push", "topple"), min_length=1, description="Names of tasks, taken in turn.")
    randomise: Randomise = Field(Randomisation(), description="Terms of the drawn parameters, or a YAML file of them.")
    engine: EngineName = Field(default_factory=engines.default, description="Physics engine: pybullet or mujoco.")
    rate: Rate = Field(20.0, description="Control steps a second, Hz; a divisor of 80.")
    duration: float | None = Field(
        None, gt=0, le=60, description="Seconds after which an episode ends at the latest; by default the task's own."
    )
    keep: Literal["all", "successes"] = Field("all", description="Whether episodes of failure are dropped.")
    cameras: int = Field(1, ge=1, le=2, description="How many cameras look at each scene.")
    width: int = Field(320, ge=16, le=4096, description="Of their images, px.")
    height: int = Field(240, ge=16, le=4096, description="Of their images, px.")

    @model_validator(mode="after")
    def _fast_enough(self) -> Rollout:
        for task in self.tasks:
            TASKS[task].paced(self.rate)
        return self

    def artifacts(self) -> Sequence[Artifact]:
        """The descriptions and meshes of robots and objects, which everything is made with.

        Raises:
            BadInput: The engine is not installed.
        """
        return artifacts(self.engine, self.tasks, self.randomise)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """As `Source.generate`."""
        view = View(self.cameras, self.width, self.height)
        for ordinal in ordinals:
            task = TASKS[self.tasks[ordinal % len(self.tasks)]]
            setting = Setting(task, self.randomise, self.engine, self.rate, view, self.duration)
            columns = play(setting, self.seed(ordinal), by_expert)
            if (problem := diverged(columns)) is not None:
                yield Drop(ordinal, problem)
            elif self.keep == "successes" and not columns["success"]:
                yield Drop(ordinal, f"the expert did not succeed: {task.name}")
            else:
                yield Sample(EPISODE, ordinal, **columns)
