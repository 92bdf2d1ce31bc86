"""One episode of practice: planned by its trainer, done by any process, the same wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from multisynth import seeds

from ..environments.controls import HandDelta
from ..environments.environment import TaskEnvironment
from ..randomise import Randomisation
from ..trial import Teacher
from .batch import Practice
from .network import Network
from .observation import Memory

STAY = 0.5  # s that a task must stand achieved for the episode to end


@dataclass(frozen=True)
class Plan:
    """All that decides an episode.

    Args:
        task, engine, rate, control: As `TaskEnvironment` has them.
        terms: What its parameters are drawn from.
        seed: Of all its draws.
        duration: s, at most.
        network: Of the policy that acts; None for the expert.
        history: Observations that the policy sees at once.
        explores: Whether its actions have noise.
        expert: Share of steps at which the expert acts instead, for as long as it is asked: see `labels`.
        labels: Whether the expert is asked at each step what it would do, knowing the truth (Chen et al. 2019).
    """

    task: str
    engine: str
    rate: float
    control: str
    terms: Randomisation
    seed: int
    duration: float
    network: bytes | None = None
    history: int = 1
    explores: bool = False
    expert: float = 0.0
    labels: bool = False


def practise(plan: Plan) -> Practice:
    """Do an episode; it ends early once the task has stood achieved for a while."""
    environment = _environment(plan.task, plan.engine, plan.rate, plan.control)
    environment.randomise = plan.terms
    state, _ = environment.reset(seed=plan.seed)
    try:
        return _expert(environment, plan) if plan.network is None else _policy(environment, plan, state)
    finally:
        environment.close()


def _expert(environment: TaskEnvironment, plan: Plan) -> Practice:
    """The expert sees what sensors tell; nothing is learned from it, so that rewards and successes suffice."""
    simulation = environment.simulation
    expert = simulation.trial.expert(1 / plan.rate)
    rewards: list[float] = []
    achieved: list[bool] = []
    while not _over(achieved, plan):
        simulation.step(expert.act(simulation.seen))
        rewards.append(simulation.reward)
        achieved.append(simulation.achieved)
    nothing = np.zeros((len(rewards), 0), np.float32)
    observations = np.zeros((len(rewards) + 1, 0), np.float32)
    return Practice(observations, nothing, nothing, np.array(rewards, np.float32), np.array(achieved))


def _policy(environment: TaskEnvironment, plan: Plan, state: np.ndarray) -> Practice:
    simulation, space = environment.simulation, environment.action_space
    assert plan.network is not None and space.shape is not None
    network = _network(plan.network)
    memory = Memory(plan.history, space.shape[0], environment.robot.hand)
    rng, turns = seeds.rng(plan.seed, "exploration"), seeds.rng(plan.seed, "whose turn")
    teacher = _teacher(environment, 1 / plan.rate) if plan.labels else None
    observations, actions, labels = [], [], []
    rewards: list[float] = []
    achieved: list[bool] = []
    seen = memory.see(state)
    while not _over(achieved, plan):
        action = network.act(seen)
        if plan.explores:
            action = action + network.noise * rng.standard_normal(len(action))
        label = np.full(len(action), np.nan)
        if teacher is not None:
            _take_up(teacher, environment)
            label = environment.control.inverse(teacher.act(simulation.now))
            if turns.random() < plan.expert:
                action = label
        observations.append(seen)
        actions.append(action)
        labels.append(label)
        state, reward, _, _, info = environment.step(action)
        memory.did(np.clip(action, -1, 1))
        rewards.append(reward)
        achieved.append(info["success"])
        seen = memory.see(state)
    return Practice(
        np.array([*observations, seen], np.float32), np.array(actions, np.float32), np.array(labels, np.float32),
        np.array(rewards, np.float32), np.array(achieved),
    )  # fmt: skip


def _over(achieved: list[bool], plan: Plan) -> bool:
    stay = round(STAY * plan.rate)
    return len(achieved) >= round(plan.duration * plan.rate) or (len(achieved) >= stay and all(achieved[-stay:]))


def _take_up(teacher: Teacher, environment: TaskEnvironment) -> None:
    """Let a teacher who does not act go on from where the arm was sent, not from where it would have sent it."""
    control, fingers = environment.control, environment.simulation.now.joints[-2:]
    assert isinstance(control, HandDelta)
    teacher.take_up(control.sent, float(fingers.sum()))


def _teacher(environment: TaskEnvironment, period: float) -> Teacher:
    expert = environment.simulation.trial.expert(period)
    if not isinstance(expert, Teacher):
        raise TypeError(f"{type(expert).__name__} cannot teach: it has no `take_up`")
    return expert


@lru_cache(maxsize=8)
def _environment(task: str, engine: str, rate: float, control: str) -> TaskEnvironment:
    return TaskEnvironment(task, engine=engine, rate=rate, control=control)


@lru_cache(maxsize=4)
def _network(data: bytes) -> Network:
    return Network.from_bytes(data)
