"""Stage `sim.evaluate`: episodes of trained policies, in any engine and under any randomisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar

from pydantic import Field

from multisynth import seeds
from multisynth.artifact import Artifact
from multisynth.errors import nearest
from multisynth.kinds import EPISODE, POLICY, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from . import engines
from .adr import Curriculum
from .choices import EngineName, artifacts
from .learn.network import Network
from .play import Setting, by_expert, diverged, play
from .randomise import FromCalibrated, Randomisation
from .simulation import Simulation
from .tasks import TASKS
from .trial import Expert, View


class Evaluate(Map):
    """Episodes of each policy on its task, without further training.

    Every policy meets the same episodes: their draws depend on the run's seed, the stage's name and the terms alone, so
    that differences between policies are differences of policies.
    """

    takes: ClassVar[tuple[Kind, ...]] = (POLICY,)
    makes: ClassVar[Kind] = EPISODE
    needs: ClassVar[Needs] = Needs(batch_size=1)

    episodes: int = Field(20, ge=1, description="Of each policy.")
    engine: EngineName = Field(default_factory=engines.default, description="Physics engine: pybullet or mujoco.")
    randomise: FromCalibrated = Field(
        Randomisation.calibrated(), description="Terms of the drawn parameters, or a YAML file of them."
    )
    curriculum: bool = Field(
        False, description="Whether to draw within the bounds of the policy's own curriculum instead."
    )
    duration: float | None = Field(
        None, gt=0, le=60, description="Of an episode at most, s; the task's own if not set."
    )
    watch: bool = Field(True, description="Whether to keep event logs, which takes several times as long.")
    cameras: int = Field(1, ge=1, le=2, description="How many cameras look at each scene.")
    width: int = Field(320, ge=16, le=4096, description="Of their images, px.")
    height: int = Field(240, ge=16, le=4096, description="Of their images, px.")

    def artifacts(self) -> Sequence[Artifact]:
        """The meshes of objects, where they are drawn; robots are among the policies' ancestors.

        Raises:
            BadInput: The engine is not installed.
        """
        return artifacts(self.engine, (), self.randomise)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """As `Map.process`."""
        for policy in samples:
            if policy["task"] not in TASKS:
                yield Drop(policy, f"no task is called `{policy['task']}`: {nearest(policy['task'], list(TASKS))}")
                continue
            if self.curriculum and policy["curriculum"] is None:
                yield Drop(policy, "it was trained without a curriculum")
                continue
            own = Curriculum.model_validate_json(policy["curriculum"]).terms() if self.curriculum else self.randomise
            view = View(self.cameras, self.width, self.height)
            setting = Setting(TASKS[policy["task"]], own, self.engine, policy["rate"], view, self.duration, self.watch)
            lost = 0
            for number in range(self.episodes):
                seed = seeds.seed(self._run_seed, self._name, f"episode {number}")
                columns = play(setting, seed, partial(_controller, policy))
                lost += diverged(columns) is not None
                if diverged(columns) is None:
                    yield policy.child(EPISODE, **columns)
            if lost:
                yield Drop(policy, f"episodes whose physics diverged: {lost} of {self.episodes}")


def _controller(policy: Sample, simulation: Simulation) -> Expert:
    if policy["learner"] == "expert":
        return by_expert(simulation)
    from .policy import PolicyController

    return PolicyController(Network.from_bytes(policy["weights"]), policy["control"], policy["history"], simulation)
