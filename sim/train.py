"""Training in simulation: scripted experts, behaviour cloning or PPO, with fixed or automatic domain randomisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from multisynth.artifact import Artifact
from multisynth.kinds import POLICY, Kind
from multisynth.sample import Sample
from multisynth.stage import InputPath, Scatter, Series

from . import engines
from .adr import Curriculum, Pin, Rules, read
from .choices import EngineName, Rate, TaskName, artifacts
from .learn.batch import Lessons
from .learn.clone import Clone, clone
from .learn.network import Network
from .learn.observation import width
from .learn.ppo import Ppo, ppo
from .randomise import FromCalibrated, Randomisation
from .robots import ROBOTS
from .simulation import TASK_STATE_NAMES
from .tasks import TASKS
from .tasks.task import Task

if TYPE_CHECKING:
    from .learn.practise import Plan


class Adr(BaseModel):
    """What automatic domain randomisation is about."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    fields: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Parameters whose bounds move; by default all with a calibrated value that the task draws.",
    )
    step: float = Field(
        0.1, gt=0, le=1, description="Of a bound: share of the calibrated value, or of half the limits."
    )
    rules: Rules = Field(Rules(), description="When they do.")
    start: InputPath | None = Field(
        None,
        description="A file to go on from, instead of all of these: JSON as a policy's column `curriculum` has it.",
    )

    @field_validator("fields")
    @classmethod
    def _known(cls, fields: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if fields is not None:
            Curriculum.start(fields)
        return fields

    @field_validator("start")
    @classmethod
    def _readable(cls, path: Path | None) -> Path | None:
        if path is not None:
            read(path)
        return path

    @model_validator(mode="after")
    def _begins_once(self) -> Adr:
        own = [name for name in ("fields", "step", "rules") if getattr(self, name) != Adr.model_fields[name].default]
        if self.start is not None and own:
            raise ValueError(f"{self.start} has fields, steps and rules of its own: leave out `{own[0]}`")
        return self

    def curriculum(self, task: Task, base: Randomisation) -> Curriculum:
        """As training on a task begins, with terms for everything that is no parameter of it."""
        if self.start is not None:
            return read(self.start)
        return Curriculum.start(self.fields or task.properties, self.rules, base, self.step)


class Train(Series):
    """Practise episode after episode and learn from each iteration of them; its samples are the policy so far.

    With `adr`, episodes are drawn within bounds that grow where the policy (or the expert, which learns nothing)
    succeeds: Algorithm 1 of arXiv 1910.07113. A sample holds everything that the next is made from.

    An episode of practice counts as a success where the task stands achieved at its end. That comes when its time is
    up, or half a second after the task was achieved if it has stood so ever since: what is undone later does not count
    against it here, and does in `sim.evaluate`, whose episodes go on.
    """

    makes: ClassVar[Kind] = POLICY
    extent: ClassVar[str] = "iterations"

    iterations: int = Field(20, ge=0, description="How many there are.")
    episodes: int = Field(64, ge=1, description="In an iteration.")
    task: TaskName = Field("push", description="What is practised.")
    learner: Literal["expert", "clone", "ppo"] = Field("clone", description="Who acts, and how it learns.")
    randomise: FromCalibrated = Field(
        Randomisation.calibrated(), description="Terms of the drawn parameters, or a YAML file of them."
    )
    adr: Adr | None = Field(None, description="Automatic domain randomisation over `randomise`.")
    engine: EngineName = Field(default_factory=engines.default, description="Physics engine: pybullet or mujoco.")
    rate: Rate = Field(10.0, description="Control steps a second, Hz; a divisor of 80.")
    duration: float | None = Field(
        None, gt=0, le=60, description="Of an episode at most, s; the task's own if not set."
    )
    history: int = Field(1, ge=1, le=16, description="Observations that the policy sees at once.")
    width: int = Field(128, ge=8, le=2048, description="Of the policy's hidden layers.")
    taught: int = Field(3, ge=1, description="Iterations over which a cloning policy takes over from the expert.")
    clone: Clone = Field(Clone(), description="How a cloning policy learns.")
    ppo: Ppo = Field(Ppo(), description="How a policy improves by PPO.")

    @model_validator(mode="after")
    def _fast_enough(self) -> Train:
        TASKS[self.task].paced(self.rate)
        return self

    @model_validator(mode="after")
    def _can_be_taught(self) -> Train:
        if self.learner == "clone" and ROBOTS[TASKS[self.task].robot].arm is None:
            raise ValueError(f"the expert of `{self.task}` moves no hand to be cloned: take learner ppo or expert")
        return self

    @model_validator(mode="after")
    def _draws_what_it_widens(self) -> Train:
        if self.adr is None:
            return self
        if self.adr.start is not None and self.randomise != Randomisation.calibrated():
            raise ValueError(f"{self.adr.start} has terms of its own: leave out `randomise`")
        drawn = TASKS[self.task].properties
        idle = [name for name in self.adr.curriculum(TASKS[self.task], self.randomise).dimensions if name not in drawn]
        if idle:
            raise ValueError(
                f"`{self.task}` draws no {', '.join(idle)}, whose bounds would mean nothing: take {', '.join(drawn)}"
            )
        return self

    def artifacts(self) -> Sequence[Artifact]:
        """The descriptions and meshes of the robot, and of the objects that terms draw.

        Raises:
            BadInput: The engine is not installed.
        """
        terms = self.randomise if self.adr is None else self.adr.curriculum(TASKS[self.task], self.randomise).base
        return artifacts(self.engine, [self.task], terms)

    def follow(
        self, past: Sequence[Sample], ordinal: int, inputs: Callable[[], Iterator[Sample]], scatter: Scatter
    ) -> Sample:
        """As `Series.follow`."""
        from .learn.practise import practise

        previous = past[-1] if past else None
        network, moments = self._policy(previous)
        curriculum = self._curriculum(previous)
        pins, plans = self._plans(ordinal, curriculum, network)
        practised = scatter(practise, plans)
        for pin, episode in zip(pins, practised, strict=True):
            curriculum = None if curriculum is None else curriculum.after(pin, float(episode.success))
        measured: dict[str, float] = {}
        experience: bytes | None = None
        shuffle = self.rng(ordinal, "shuffle")
        if network is not None and self.learner == "clone":
            experience = Lessons.of(practised).to_bytes()
            lessons = Lessons.together([*(sample["experience"] for sample in past), experience])
            network, moments, measured = clone(network, moments, *lessons, self.clone, shuffle)
        elif network is not None:
            network, moments, measured = ppo(network, moments, practised, self.ppo, shuffle)
        entropy = None if curriculum is None else curriculum.entropy
        return Sample(
            POLICY, ordinal, task=self.task, robot=TASKS[self.task].robot, learner=self.learner, engine=self.engine,
            control=self._control, rate=self.rate, history=self.history, iteration=ordinal,
            episodes=len(practised) + (0 if previous is None else previous["episodes"]),
            steps=sum(len(e.rewards) for e in practised) + (0 if previous is None else previous["steps"]),
            success=float(np.mean([episode.success for episode in practised])),
            reward=float(np.mean(np.concatenate([episode.rewards for episode in practised]))),
            entropy=entropy, curriculum=None if curriculum is None else curriculum.model_dump_json(),
            weights=None if network is None else network.to_bytes(), moments=moments,
            experience=experience, meta=measured,
        )  # fmt: skip

    @property
    def _control(self) -> str:
        return "joint_position" if ROBOTS[TASKS[self.task].robot].arm is None else "ee_delta"

    def _policy(self, previous: Sample | None) -> tuple[Network | None, bytes | None]:
        """Weights and moments that an iteration starts from."""
        if self.learner == "expert":
            return None, None
        if previous is not None:
            return Network.from_bytes(previous["weights"]), previous["moments"]
        robot = ROBOTS[TASKS[self.task].robot]
        actions = len(robot.low) if robot.arm is None else 6 + len(robot.low) - len(robot.arm().lower)
        observation = width(len(robot.state_names) + len(TASK_STATE_NAMES), actions, self.history)
        return Network.fresh(observation, actions, self.width, self.rng(0, "weights")), None

    def _curriculum(self, previous: Sample | None) -> Curriculum | None:
        if self.adr is None:
            return None
        if previous is not None:
            return Curriculum.model_validate_json(previous["curriculum"])
        return self.adr.curriculum(TASKS[self.task], self.randomise)

    def _plans(
        self, ordinal: int, curriculum: Curriculum | None, network: Network | None
    ) -> tuple[list[Pin | None], list[Plan]]:
        """What is pinned in each episode of an iteration, and all that decides it."""
        from .learn.practise import Plan

        weights = None if network is None else network.to_bytes()
        expert = max(0.0, 1 - ordinal / self.taught) if self.learner == "clone" else 0.0
        pins, plans = [], []
        for n in range(self.episodes):
            pin = None if curriculum is None else curriculum.pin(self.rng(ordinal, f"pin {n}"))
            seed = int(self.rng(ordinal, f"episode {n}").integers(2**63))
            pins.append(pin)
            plans.append(
                Plan(
                    self.task, self.engine, self.rate, self._control,
                    self.randomise if curriculum is None else curriculum.terms(pin), seed,
                    self.duration or TASKS[self.task].duration, weights, self.history,
                    explores=self.learner == "ppo", expert=expert, labels=self.learner == "clone",
                )
            )  # fmt: skip
        return pins, plans
