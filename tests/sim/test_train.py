"""Training is the same on every executor and however often it was stopped, and its policies act as they learned."""

import json
import math

import numpy as np
import pytest
from multisynth.sim.adr import Curriculum
from multisynth.sim.environments import TaskEnvironment
from multisynth.sim.learn.network import Network
from multisynth.sim.learn.observation import Memory, features, width
from multisynth.sim.train import Train
from pydantic import ValidationError

from multisynth.executors.local import LocalExecutor
from multisynth.testing import run_stage
from tests import comparing

ADR = {"fields": ["friction", "latency", "mass"], "rules": {"buffer": 2, "widen": 0.5, "narrow": 0.1}}
SMALL = {
    "expert": {"learner": "expert", "adr": ADR},
    "clone": {"learner": "clone", "adr": ADR, "taught": 2, "clone": {"descents": 5}},
    "ppo": {"learner": "ppo", "ppo": {"epochs": 1}},
}


def block(learner, iterations):
    return {
        "policy": {
            "use": "sim.train", "task": "push", "iterations": iterations, "episodes": 3, "duration": 1.5, "width": 16,
            "history": 3,
            **SMALL[learner],
        }
    }  # fmt: skip


@pytest.mark.parametrize("learner", sorted(SMALL))
def test_two_processes_and_a_stop_change_nothing(make, learner):
    unbroken, result = make(block(learner, 3), out="unbroken")
    assert result.ok and len(unbroken.table("policy")) == 3
    make(block(learner, 1), out="stopped")
    executor = LocalExecutor(workers=2)
    try:
        stopped, _ = make(block(learner, 3), out="stopped", executor=executor)
    finally:
        executor.close()
    comparing.assert_same(stopped, unbroken)


def test_the_expert_widens_its_curriculum_and_counts_what_it_practised():
    ran = run_stage(Train(iterations=4, episodes=8, learner="expert", adr=ADR))
    bounds = [Curriculum.model_validate_json(sample["curriculum"]) for sample in ran.samples]
    assert [sample["episodes"] for sample in ran.samples] == [8, 16, 24, 32] == [c.episodes for c in bounds]
    spans = [sum(d.high - d.low for d in c.dimensions.values()) for c in bounds]
    assert spans == sorted(spans) and spans[-1] > 0
    assert all(sample["entropy"] == c.entropy for sample, c in zip(ran.samples, bounds, strict=True))
    assert all(json.loads(sample["curriculum"]) for sample in ran.samples)
    assert ran.samples[-1]["weights"] is None and ran.samples[-1]["success"] > 0.5


def test_a_policy_imitates_the_expert():
    ran = run_stage(Train(iterations=2, episodes=6, taught=9, clone={"descents": 150}, duration=4.0))
    errors = [sample.meta["error"] for sample in ran.samples]
    assert errors[-1] < 0.06, "mean absolute error of an action in [-1, 1]"
    last = ran.samples[-1]
    network = Network.from_bytes(last["weights"])
    assert network.act(np.zeros(width(36, 7, 1))).shape == (7,)
    assert last["control"] == "ee_delta" and last["steps"] > 12


def test_a_memory_holds_the_last_observations_and_actions():
    memory, rng = Memory(3, 2, 15), np.random.default_rng(0)
    states, actions = rng.standard_normal((5, 36)), rng.standard_normal((5, 2))
    for n in range(5):
        seen = memory.see(states[n])
        assert len(seen) == width(36, 2, 3)
        shown = [states[max(n - k, 0)] for k in (2, 1, 0)]
        done = [actions[n - k] if n >= k else np.zeros(2) for k in (2, 1)]
        np.testing.assert_array_equal(seen, np.concatenate([*(features(state, 15) for state in shown), *done]))
        memory.did(actions[n])


@pytest.mark.parametrize("task", ["push", "walk"])
def test_features_tell_the_focus_from_the_hand_and_the_goal_from_the_focus(task):
    environment = TaskEnvironment(task)
    state, _ = environment.reset(seed=1)
    now, trial = environment.simulation.now, environment.simulation.trial
    told = features(state, environment.robot.hand)[len(state) :]
    focus, goal = now.pose(trial.focus)[:3], trial.goal(now)[:3]
    np.testing.assert_allclose(told[:3], focus - now.hand[:3], atol=1e-6)
    np.testing.assert_allclose(told[3:6], goal - focus, atol=1e-6)
    assert told[6] == pytest.approx(np.hypot(*(goal - focus)[:2]))
    environment.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"task": "puhs"}, "did you mean `push`"),
        ({"engine": "bullet"}, "no engine is called `bullet`"),
        ({"adr": {"fields": ["frictoin"]}}, "did you mean `friction`"),
        ({"adr": {"fields": ["size"]}}, "no calibrated value"),
        ({"adr": {"rules": {"widen": 0.2}}}, "not below"),
        ({"rate": 7}, "does not divide"),
        ({"randomise": {"friction": (0.1, 9)}}, r"limits 0\.02 … 1\.5"),
    ],
)
def test_options_that_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Train(**options)


def test_entropy_is_minus_infinity_until_every_parameter_has_moved():
    (first,) = run_stage(Train(iterations=1, episodes=1, learner="expert", adr=ADR, duration=0.2)).samples
    assert first["entropy"] == -math.inf
