"""Policies meet the same episodes, in either engine; what an expert's policy does is what a rollout does."""

import json

import numpy as np
import pytest
from multisynth.sim.evaluate import Evaluate
from multisynth.sim.replay import Replay
from multisynth.sim.train import Train

from multisynth.kinds import EPISODE
from multisynth.testing import run_stage

ADR = {"fields": ["friction", "mass"], "rules": {"buffer": 1, "widen": 0.1, "narrow": 0.0}}


@pytest.fixture(scope="module")
def policies():
    clone = run_stage(Train(iterations=1, episodes=2, duration=1.0, width=16, clone={"descents": 2}), seed=3).samples
    expert = run_stage(Train(iterations=3, episodes=6, learner="expert", adr=ADR), seed=3).samples
    return {"clone": clone, "expert": expert}


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_every_policy_meets_the_same_episodes(policies, engine):
    stage = Evaluate(episodes=3, engine=engine, duration=0.3)
    met = [run_stage(stage, policies[learner][-1:]).samples for learner in ("clone", "expert")]
    assert [episode["parameters"] for episode in met[0]] == [episode["parameters"] for episode in met[1]]
    assert len({episode["parameters"] for episode in met[0]}) == 3
    assert all(episode["engine"].startswith(engine) for episode in met[0])
    assert any((a["actions"][-1] != b["actions"][-1]).any() for a, b in zip(*met, strict=True))


def test_the_expert_succeeds_and_its_episodes_replay(policies):
    episodes = run_stage(Evaluate(episodes=3), policies["expert"][-1:]).samples
    assert all(episode["success"] and episode["events"] for episode in episodes)
    replayed = run_stage(Replay(), episodes)
    assert len(replayed.samples) == 3 and replayed.drops == []


def test_a_clone_s_episodes_replay_too(policies):
    episodes = run_stage(Evaluate(episodes=2, duration=1.0), policies["clone"]).samples
    assert len(run_stage(Replay(), episodes).samples) == 2
    assert all(np.isfinite(episode["states"]).all() and episode.kind is EPISODE for episode in episodes)


def test_episodes_within_the_bounds_of_a_curriculum(policies):
    last = policies["expert"][-1]
    bounds = json.loads(last["curriculum"])["dimensions"]
    assert any(d["low"] < d["high"] for d in bounds.values())
    stage = Evaluate(episodes=8, curriculum=True, duration=0.1, watch=False)
    for episode in run_stage(stage, policies["expert"][-1:]).samples:
        drawn = json.loads(episode["parameters"])
        assert all(d["low"] <= drawn[name] <= d["high"] for name, d in bounds.items())
        assert drawn["latency"] == 0 and episode["events"] is None
    assert run_stage(stage, policies["clone"]).drops[0][1] == "it was trained without a curriculum"
