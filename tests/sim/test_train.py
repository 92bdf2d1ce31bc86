"""Training is the same on every executor and however often it was stopped, and its policies act as they learned."""

import json
import math

import numpy as np
import pytest
from multisynth.sim.adr import Curriculum
from multisynth.sim.environments import TaskEnvironment
from multisynth.sim.learn.network import Network
from multisynth.sim.learn.observation import Memory, features, width
from multisynth.sim.randomise import Randomisation
from multisynth.sim.tasks import TASKS
from multisynth.sim.train import Train
from pydantic import ValidationError

from multisynth.executors.local import LocalExecutor
from multisynth.testing import run_stage
from tests import comparing
from tests.sim.tasks.test_tasks import drawn

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


@pytest.mark.parametrize(("learner", "several"), [*((name, "processes") for name in sorted(SMALL)), ("clone", "ray")])
def test_two_processes_and_a_stop_change_nothing(make, learner, several):
    if several == "ray":
        pytest.importorskip("ray")
        from multisynth.executors.ray import RayExecutor

        executor = RayExecutor(workers=2)
    else:
        executor = LocalExecutor(workers=2)
    unbroken, result = make(block(learner, 3), out="unbroken")
    assert result.ok and len(unbroken.table("policy")) == 3
    make(block(learner, 1), out="stopped")
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


@pytest.mark.parametrize("task", TASKS)
def test_bounds_are_of_what_the_task_draws(task):
    properties = set(TASKS[task].properties)
    for seed in range(4):
        draw, _ = drawn(task, seed, random_urdfs=0.5, thrown=(0.4, 0.6))
        asked = {field for field, _ in draw.noted}
        assert properties == {field for field in asked if Randomisation.bounds(field).nominal is not None}
    assert (
        {"drawer_mass", "drawer_friction"} <= properties if task == "open_drawer" else "drawer_mass" not in properties
    )
    assert ("mass" in properties) == (task in ("push", "pick_place", "stack", "peg_insert", "ramp"))


def test_every_property_that_the_task_draws_is_a_dimension_by_default():
    stage = Train(iterations=1, episodes=1, task="reach", learner="expert", adr={}, duration=0.2)
    (first,) = run_stage(stage).samples
    assert tuple(Curriculum.model_validate_json(first["curriculum"]).dimensions) == TASKS["reach"].properties


def test_it_goes_on_from_the_bounds_in_a_file(make, tmp_path):
    before = run_stage(Train(iterations=4, episodes=8, learner="expert", adr=ADR)).samples[-1]["curriculum"]
    state, file = Curriculum.model_validate_json(before), tmp_path / "state.json"
    file.write_text(before)
    assert any(dimension.low < dimension.high for dimension in state.dimensions.values())
    stage = {"use": "sim.train", "iterations": 1, "episodes": 1, "learner": "expert", "duration": 1.0}
    made, result = make({"policy": {**stage, "adr": {"start": str(file)}}})
    assert result.ok
    (sample,) = made.table("policy").samples()
    after = Curriculum.model_validate_json(sample["curriculum"])
    assert (after.episodes, after.rules, after.base) == (state.episodes + 1, state.rules, state.base)
    changed = [name for name in state.dimensions if after.dimensions[name] != state.dimensions[name]]
    assert set(after.dimensions) == set(state.dimensions) and len(changed) <= 1, "an episode tells of one bound"
    for more in ({"fields": ["mass"]}, {"rules": {"buffer": 3}}, {"step": 0.2}):
        with pytest.raises(ValidationError, match=f"of its own: leave out `{next(iter(more))}`"):
            Train(adr={"start": file, **more})
    with pytest.raises(ValidationError, match="leave out `randomise`"):
        Train(adr={"start": file}, randomise={"mass": 0.2})
    with pytest.raises(ValidationError, match="`reach` draws no friction, mass"):
        Train(task="reach", adr={"start": file})


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
        ({"task": "walk", "learner": "ppo"}, "10 Hz is too slow for `walk`: give a `rate` of 16 Hz or more"),
        ({"adr": {"fields": ["drawer_mass"]}}, "`push` draws no drawer_mass.*: take friction, table_friction"),
        ({"task": "topple", "adr": {"fields": ["mass", "latency"]}}, "`topple` draws no mass, "),
        ({"adr": {"start": "nowhere.json"}}, "nowhere.json does not exist"),
        ({"adr": {"start": __file__}}, "is no state of ADR"),
        ({"randomise": {"friction": (0.1, 9)}}, r"limits 0\.02 … 1\.5"),
    ],
)
def test_options_that_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Train(**options)


def test_entropy_is_minus_infinity_until_every_parameter_has_moved():
    (first,) = run_stage(Train(iterations=1, episodes=1, learner="expert", adr=ADR, duration=0.2)).samples
    assert first["entropy"] == -math.inf
