"""Stage `sim.evaluate`: episodes of trained policies, in any engine and under any randomisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field, field_validator

from multisynth import seeds
from multisynth.errors import nearest
from multisynth.kinds import EPISODE, POLICY, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from . import engines
from .adr import Curriculum
from .episode import record
from .learn.network import Network
from .parameters import Parameters
from .randomise import Draw, Randomisation, Randomise
from .robots import ROBOTS
from .simulation import Simulation, begin
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
    engine: str = Field("mujoco", description="Physics engine: pybullet or mujoco.")
    randomise: Randomise = Field(
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

    @field_validator("engine")
    @classmethod
    def _engine(cls, name: str) -> str:
        if name not in engines.ENGINES:
            raise ValueError(f"no engine is called `{name}`: {nearest(name, list(engines.ENGINES))}")
        return name

    def open(self) -> None:
        """As `Stage.open`.

        Raises:
            BadInput: The engine is not installed.
        """
        engines.engine(self.engine)

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
            for number in range(self.episodes):
                yield self._episode(policy, own, number)

    def _episode(self, policy: Sample, terms: Randomisation, number: int) -> Sample:
        task = TASKS[policy["task"]]
        seed = seeds.seed(self._run_seed, self._name, f"episode {number}")
        draw = Draw(terms, lambda purpose: seeds.rng(seed, purpose))
        trial = task.draw(draw, View(self.cameras, self.width, self.height))
        simulation = begin(draw, trial, engines.engine(self.engine), ROBOTS[task.robot], policy["rate"], self.watch)
        try:
            columns = record(simulation, self._controller(policy, simulation), self.duration or task.duration)
        finally:
            simulation.close()
        if not all(np.isfinite(columns[name]).all() for name in ("states", "poses", "actions")):
            raise FloatingPointError(f"the physics diverged: {len(columns['times'])} steps")
        parameters = Parameters(seed, draw.drawn).json()
        return policy.child(EPISODE, task=task.name, parameters=parameters, **columns)

    def _controller(self, policy: Sample, simulation: Simulation) -> Expert:
        if policy["learner"] == "expert":
            return simulation.trial.expert(1 / simulation.rate)
        from .policy import PolicyController

        network = Network.from_bytes(policy["weights"])
        return PolicyController(network, policy["control"], policy["history"], simulation)
