"""Rollouts of scripted experts in randomised worlds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any, ClassVar, cast

import numpy as np
from multisynth.scenes.assets import locate
from multisynth.scenes.poses import continuous
from pydantic import Field, field_validator

from multisynth.artifact import Artifact
from multisynth.errors import BadInput, nearest
from multisynth.kinds import EPISODE, Kind
from multisynth.sample import Drop, Sample
from multisynth.stage import Needs, Source

from . import panda
from .engines.engine import Engine
from .engines.pybullet import TIMESTEP, PyBullet
from .events import EventLog, Standing
from .randomise import Draw, Randomisation, Randomise
from .tasks import TASKS
from .trial import Situation, Trial, View

HOLD = 0.5  # s that an episode goes on after its end, at rest
STILL = 0.002  # m a control step
ACTION_NAMES = [*(f"joint{n}.target (rad)" for n in range(1, 8)), "gripper.target (m)"]
STATE_NAMES = [
    *(f"joint{n}.position (rad)" for n in range(1, 8)),
    *(f"joint{n}.velocity (rad/s)" for n in range(1, 8)),
    "gripper.opening (m)",
    *(f"hand.{axis} (m)" for axis in "xyz"),
    *(f"hand.q{axis}" for axis in "wxyz"),
    *(f"object.{axis} (m)" for axis in "xyz"),
    *(f"object.q{axis}" for axis in "wxyz"),
    *(f"goal.{axis} (m)" for axis in "xyz"),
]


class Rollout(Source):
    """Episodes of a Panda on a table, each rebuilt from nothing in PyBullet with parameters of its own.

    An action holds joint positions for the next control step and the fingers' opening; the motors follow a straight
    line there. States are taken before the action, rewards after it; `poses[k]` and `states[k]` belong to `times[k]`.
    """

    makes: ClassVar[Kind] = EPISODE
    extent: ClassVar[str] = "episodes"
    needs: ClassVar[Needs] = Needs(batch_size=4)

    episodes: int = Field(24, ge=0, description="How many there are.")
    tasks: tuple[str, ...] = Field(("push", "topple"), min_length=1, description="Names of tasks, taken in turn.")
    randomise: Randomise = Field(Randomisation(), description="Ranges of the drawn parameters, or a YAML file of them.")
    rate: float = Field(10.0, gt=0, le=240, description="Control steps a second, Hz; a divisor of 240.")
    duration: float = Field(10.0, gt=0, le=60, description="Seconds after which an episode ends at the latest.")
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
        substeps = 1 / TIMESTEP / rate
        if abs(substeps - round(substeps)) > 1e-9:
            raise ValueError(f"{rate:g} Hz does not divide the physics' {1 / TIMESTEP:.0f} Hz: take 10, 12, 20, 24 …")
        return rate

    def artifacts(self) -> Sequence[Artifact]:
        """The robot's description and meshes, which everything is made with.

        Raises:
            BadInput: PyBullet is not installed.
        """
        if find_spec("pybullet") is None:
            raise BadInput(
                "sim.rollout runs in PyBullet, which is not installed", "use Python 3.11: it has no newer wheels"
            )
        return (Artifact.of(locate(panda.URDF, (".urdf",)).parent, "asset", "franka_panda", panda.LICENSE),)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """As `Source.generate`."""
        for ordinal in ordinals:
            task = self.tasks[ordinal % len(self.tasks)]
            draw = Draw(self.randomise, lambda purpose, ordinal=ordinal: self.rng(ordinal, purpose))  # type: ignore[misc]
            trial = TASKS[task](draw, View(self.cameras, self.width, self.height))
            columns = self._roll(trial)
            if not all(np.isfinite(columns[name]).all() for name in ("states", "poses", "actions")):
                yield Drop(ordinal, f"the physics diverged: {len(columns['times'])} steps")
                continue
            parameters = json.dumps(draw.drawn)
            yield Sample(EPISODE, ordinal, task=task, parameters=parameters, **columns)

    def _roll(self, trial: Trial) -> dict[str, Any]:
        engine: Engine = PyBullet(trial.world)
        try:
            return _run(trial, engine, self.rate, self.duration)
        finally:
            engine.close()


def _run(trial: Trial, engine: Engine, rate: float, duration: float) -> dict[str, Any]:
    scene, period = trial.world.scene, 1 / rate
    substeps = round(period / engine.timestep)
    place = {body.name: n for n, (body, _) in enumerate(scene.moving)}
    standing = {
        name: Standing(place[name], engine.pieces.index(name), _height(scene.body(name).parts[0].shapes[0].size))
        for name in trial.standing
    }
    log = EventLog(engine.pieces, engine.timestep, engine.poses(), standing)
    shown = [place[name] for name in standing]
    expert, now = trial.expert(period), _situation(engine, log, place, 0.0)
    before = np.append(now.joints[:7], now.joints[7:].sum())
    record: dict[str, list[Any]] = {name: [] for name in ("times", "poses", "states", "actions", "rewards")}
    achieved: Situation | None = None
    quiet = 0
    for k in range(max(1, round(duration * rate))):
        poses = engine.poses()
        # rounded as it is stored, so that what is stored can be replayed to the bit
        action = expert.act(now).astype(np.float32).astype(np.float64)
        record["times"].append(k / rate)
        record["poses"].append(poses)
        record["states"].append(_state(trial, engine, now))
        record["actions"].append(action)
        speed = _motors((action - before) / period)
        for n in range(1, substeps + 1):
            engine.command(_motors(before + (action - before) * (n / substeps)), speed)
            step = engine.step()
            log.observe(step)
            now = replace(now, time=step.time, pose=partial(_pose, step.poses, place))
            achieved = (achieved or now) if trial.achieved(now) else None
        now = _situation(engine, log, place, now.time)
        record["rewards"].append(trial.reward(now))
        before = action
        moved = float(np.abs(engine.poses()[shown, :3] - poses[shown, :3]).max())
        quiet = quiet + 1 if expert.done and moved < STILL else 0
        if quiet >= HOLD * rate:
            break
    if achieved is not None:
        log.note("success", achieved.time, trial.witnesses, achieved.pose(trial.focus)[:3].tolist())
    states, moved_to = np.array(record["states"]), np.array(record["poses"])
    for first in (STATE_NAMES.index("hand.qw"), STATE_NAMES.index("object.qw")):
        states[:, first : first + 4] = continuous(states[:, first : first + 4])
    moved_to[..., 3:] = continuous(moved_to[..., 3:])
    return {
        "instruction": trial.instruction,
        "success": achieved is not None,
        "scene": scene.model_dump_json(),
        "times": np.array(record["times"]),
        "poses": moved_to.astype(np.float32),
        "events": log.finish(),
        "engine": engine.name,
        "robot": panda.NAME,
        "rate": rate,
        "actions": np.array(record["actions"], np.float32),
        "action_names": ACTION_NAMES,
        "states": states.astype(np.float32),
        "state_names": STATE_NAMES,
        "rewards": np.array(record["rewards"], np.float32),
    }


def _situation(engine: Engine, log: EventLog, place: dict[str, int], time: float) -> Situation:
    joints, _ = engine.joints()
    return Situation(time, joints, panda.arm().pose(joints[:7]), partial(_pose, engine.poses(), place), log.fallen)


def _pose(poses: np.ndarray, place: dict[str, int], name: str) -> np.ndarray:
    return cast(np.ndarray, poses[place[name]])


def _state(trial: Trial, engine: Engine, now: Situation) -> np.ndarray:
    positions, velocities = engine.joints()
    return np.concatenate([
        positions[:7], velocities[:7], [positions[7:].sum()], now.hand, now.pose(trial.focus), trial.goal
    ])  # fmt: skip


def _motors(action: np.ndarray) -> np.ndarray:
    """Arm joints and opening as the nine joints: each finger goes half of the way. [8] → [9]"""
    return np.append(action[:7], [action[7] / 2, action[7] / 2])


def _height(size: tuple[float, ...]) -> float:
    """Of a box or a cylinder."""
    return size[-1]
