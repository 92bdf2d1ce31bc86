import json
import subprocess
import sys
import warnings
from importlib.util import find_spec

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from multisynth.sim.engines import ENGINES
from multisynth.sim.environments import OBSERVATIONS, TaskEnvironment
from multisynth.sim.randomise import Randomisation
from multisynth.sim.robots import ROBOTS
from multisynth.sim.rollout import Rollout
from multisynth.sim.tasks import TASKS

from multisynth.errors import BadInput
from multisynth.testing import run_stage

INSTALLED = [engine for engine in ENGINES if find_spec(engine)]
PUSH = TASKS["push"].environment
NOISY = {"sensor_noise": 0.004, "encoder_noise": 0.002, "action_noise": 0.003, "dropout": 0.2, "latency": 0.025}


def random_steps(environment, count, seed=0):
    """Observations, rewards and successes of random actions."""
    rng, kept = np.random.default_rng(seed), []
    for _ in range(count):
        shape = environment.action_space.shape
        observation, reward, _, _, info = environment.step(rng.uniform(-0.3, 0.3, shape).astype(np.float32))
        kept.append((observation.tobytes(), reward, info["success"]))
    return kept


@pytest.mark.parametrize("engine", INSTALLED)
@pytest.mark.parametrize("task", TASKS)
def test_gymnasium_finds_nothing_to_complain_about(task, engine):
    environment = gymnasium.make(TASKS[task].environment, engine=engine)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(environment.unwrapped)
    environment.close()


@pytest.mark.parametrize(
    "options",
    [
        *({"observe": name, "width": 32, "height": 24} for name in OBSERVATIONS),
        {"observe": OBSERVATIONS, "width": 32, "height": 24, "cameras": 2, "points": 64},
        {"control": "ee_delta"},
        {"rate": 40, "terminate": True},
        {"randomise": NOISY},
    ],
    ids=str,
)
def test_nor_about_options(options):
    environment = gymnasium.make(PUSH, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(environment.unwrapped)
    environment.close()


def test_actions_in_radians_are_warned_about_for_their_scale_alone():
    environment = gymnasium.make(PUSH, normalise=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(environment.unwrapped)
    assert len(caught) == 1 and "symmetric and normalized" in str(caught[0].message)
    environment.close()


@pytest.mark.parametrize("task", TASKS)
def test_a_hand_is_led_where_there_is_one(task):
    if ROBOTS[TASKS[task].robot].arm is None:
        with pytest.raises(BadInput, match=r"(?s)has no arm.*joint_position"):
            TaskEnvironment(task, control="ee_delta")
        return
    environment = TaskEnvironment(task, control="ee_delta")
    environment.reset(seed=1)
    before = environment.simulation.now.hand
    for _ in range(10):
        environment.step(np.array([0, 0, 0.1, 0, 0, 0, 0]))
    np.testing.assert_allclose(environment.simulation.now.hand[:3] - before[:3], [0, 0, 0.05], atol=4e-3)
    environment.close()


def test_one_name_is_observed_alone_and_several_in_a_dictionary():
    rgb = TaskEnvironment("push", observe="rgb", width=48, height=32)
    assert rgb.observation_space == TaskEnvironment("push", observe=["rgb"], width=48, height=32).observation_space
    assert rgb.reset(seed=1)[0].shape == (32, 48, 3)
    both = TaskEnvironment("push", observe=["depth", "rgb"], width=48, height=32, cameras=2)
    seen, _ = both.reset(seed=1)
    assert set(seen) == {"depth.camera0", "depth.camera1", "rgb.camera0", "rgb.camera1"}
    np.testing.assert_array_equal(seen["rgb.camera0"], rgb.reset(seed=1)[0])
    assert not np.array_equal(seen["rgb.camera0"], seen["rgb.camera1"])
    rgb.close()
    both.close()


def test_what_is_rendered_is_what_is_observed():
    environment = TaskEnvironment("push", observe="rgb", width=48, height=32, render_mode="rgb_array")
    first, _ = environment.reset(seed=1)
    np.testing.assert_array_equal(environment.render(), first)
    for _ in range(10):
        later, *_ = environment.step(np.full(8, 0.5))
    np.testing.assert_array_equal(environment.render(), later)
    assert not np.array_equal(first, later)
    environment.close()


def test_the_point_cloud_lies_on_what_is_there():
    environment = TaskEnvironment(
        "push", observe=["state", "pointcloud", "segmentation"], points=4096, width=96, height=96
    )
    seen, _ = environment.reset(seed=2)
    scene, focus = environment.simulation.trial.world.scene, environment.simulation.trial.focus
    body = scene.body(focus)
    assert (seen["segmentation"] == body.instance).any()
    column = environment.state_names.index("object.x (m)")
    centre, radius = seen["state"][column : column + 3], max(body.parts[0].shapes[0].size)
    near = seen["pointcloud"][np.linalg.norm(seen["pointcloud"] - centre, axis=1) < 2 * radius]
    assert len(near) > 5 and near[:, 2].max() > 0.7 * 2 * centre[2], "its top, not just the table about it"
    environment.close()


@pytest.mark.parametrize("engine", INSTALLED)
def test_a_seed_decides_everything(engine):
    one, two = (TaskEnvironment("push", engine=engine, randomise=NOISY) for _ in range(2))
    two.reset(seed=8)
    random_steps(two, 5)
    starts = []
    for environment in (one, two):
        first, told = environment.reset(seed=3)
        again, retold = environment.reset()
        starts.append((first.tobytes(), told, again.tobytes(), retold, random_steps(environment, 30)))
    assert starts[0] == starts[1]
    assert starts[0][0] != starts[0][2] and starts[0][1] != starts[0][3], "no seed: another episode"
    assert one.reset(seed=4)[0].tobytes() != starts[0][0]
    one.close()
    two.close()


def test_episodes_differ_where_no_seed_was_ever_given():
    environments = [TaskEnvironment("push") for _ in range(2)]
    assert len({environment.reset()[0].tobytes() for environment in environments}) == 2
    for environment in environments:
        environment.close()


def test_an_episode_is_rebuilt_from_its_parameters():
    recorded = TaskEnvironment("push", randomise=NOISY)
    recorded.reset(seed=5)
    first, told = recorded.reset()
    steps = random_steps(recorded, 30)
    other = TaskEnvironment("push")
    for parameters in (told["parameters"], json.loads(told["parameters"])):
        again, retold = other.reset(seed=1, options={"parameters": parameters})
        assert again.tobytes() == first.tobytes() and retold == told
        assert random_steps(other, 30) == steps
    plain = TaskEnvironment("push")
    plain.reset(seed=1)
    assert plain.reset()[1] == other.reset()[1], "the episodes that follow do not depend on it"
    for environment in (recorded, other, plain):
        environment.close()


@pytest.mark.parametrize("task", ["push", "topple"])
def test_an_episode_is_that_of_the_rollouts(task):
    """Recorded, then run through the environment: states, rewards, successes and the expert's actions to the bit."""
    stage = Rollout(episodes=2, tasks=[task], duration=4, randomise={"sensor_noise": (0, 0.003), "latency": (0, 0.05)})
    for episode in run_stage(stage).samples:
        environment = TaskEnvironment(task, normalise=False)
        state, told = environment.reset(options={"parameters": episode["parameters"]})
        assert told["instruction"] == episode["instruction"]
        turns = [n for n, name in enumerate(environment.state_names) if "q" in name.rpartition(".")[2]]
        assert list(environment.state_names) == list(episode["state_names"])
        for k, action in enumerate(episode["actions"]):
            wanted = episode["states"][k]
            np.testing.assert_array_equal(np.delete(state, turns), np.delete(wanted, turns))
            np.testing.assert_array_equal(np.abs(state[turns]), np.abs(wanted[turns]))  # q and -q are the same turn
            np.testing.assert_array_equal(environment.expert_action(), action)
            state, reward, _, _, info = environment.step(action)
            assert np.float32(reward) == episode["rewards"][k] and info["success"] == episode["successes"][k]
        environment.close()


def test_normalised_actions_run_from_low_to_high():
    environment = TaskEnvironment("push")
    environment.reset(seed=0)
    robot, control = environment.robot, environment.control
    np.testing.assert_allclose(control.targets(np.full(8, -1.0), environment.simulation), robot.low, atol=1e-6)
    np.testing.assert_allclose(control.targets(np.full(8, 7.0), environment.simulation), robot.high, atol=1e-6)
    middle = (robot.low + robot.high) / 2
    np.testing.assert_allclose(control.targets(np.zeros(8), environment.simulation), middle, atol=1e-6)
    np.testing.assert_allclose(control.inverse(control.targets(np.linspace(-1, 1, 8), environment.simulation)),
                               np.linspace(-1, 1, 8), atol=1e-6)  # fmt: skip
    environment.close()


def test_the_time_limit_is_the_tasks():
    environment = gymnasium.make(PUSH, max_episode_steps=7)
    assert gymnasium.spec(PUSH).max_episode_steps == TASKS["push"].duration * 20
    environment.reset(seed=0)
    ends = [environment.step(np.zeros(8))[2:4] for _ in range(7)]
    assert ends == [(False, False)] * 6 + [(False, True)]
    environment.close()


def test_success_ends_an_episode_only_if_asked_to():
    for terminate in (False, True):
        environment = gymnasium.make(PUSH, terminate=terminate)
        environment.reset(seed=1)
        over, successes = False, []
        while not over:
            *_, terminated, truncated, info = environment.step(environment.unwrapped.expert_action())
            successes.append(info["success"])
            over = terminated or truncated
        assert any(successes)
        assert terminated == terminate
        assert (len(successes) == successes.index(True) + 1) == terminate
        environment.close()


def test_terms_are_calibrated_by_default_and_otherwise_as_in_recipes(tmp_path):
    terms = {"friction": 0.33, "mass": (0.2, 0.21)}
    file = tmp_path / "terms.yaml"
    file.write_text(json.dumps(terms))
    told = {}
    for name, randomise in {
        "default": None, "mapping": terms, "file": file, "terms": Randomisation.calibrated(**terms),
    }.items():  # fmt: skip
        environment = TaskEnvironment("push", randomise=randomise)
        told[name] = json.loads(environment.reset(seed=1)[1]["parameters"])
        environment.close()
    assert told["default"]["friction"] == Randomisation.bounds("friction").nominal
    assert told["mapping"]["table_friction"] == 0.6, "what a mapping leaves out is calibrated"
    assert told["mapping"] == told["file"] == told["terms"]
    assert told["mapping"]["friction"] == told["terms"]["friction"] == 0.33
    assert told["mapping"]["mass"] == told["terms"]["mass"] and 0.2 <= told["terms"]["mass"] <= 0.21


def test_terms_may_be_set_between_episodes():
    environments = gymnasium.make_vec(PUSH, num_envs=2)
    environments.set_attr("randomise", [{"friction": 0.2}, {"friction": 0.8}])
    _, told = environments.reset(seed=1)
    assert [json.loads(parameters)["friction"] for parameters in told["parameters"]] == [0.2, 0.8]
    environments.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"task": "puhs"}, "no task is called `puhs`.*push"),
        ({"task": "q"}, "known: .*push.*topple"),
        ({"engine": "bullet"}, "no engine is called `bullet`.*pybullet"),
        ({"observe": "rbg"}, "no observation is called `rbg`.*`rgb`"),
        ({"observe": ["state", "sound"]}, "`sound`.*known: depth, pointcloud, rgb, segmentation, state"),
        ({"observe": []}, "at least one of state"),
        ({"observe": ["rgb", "rgb"]}, "each once"),
        ({"control": "torque"}, "no control is called `torque`.*known: ee_delta, joint_position"),
        ({"control": "ee_delta", "normalise": False}, "is normalised"),
        ({"rate": 0}, "10, 16, 20, 40 or 80"),
        ({"rate": 24}, "10, 16, 20, 40 or 80"),
        ({"cameras": 0}, "one or more"),
        ({"points": 0}, "one or more"),
        ({"render_mode": "human"}, "rgb_array"),
    ],
    ids=str,
)
def test_options_that_are_refused(options, problem):
    with pytest.raises((BadInput, ValueError), match=f"(?s){problem}"):
        TaskEnvironment(**{"task": "push", **options})


def test_terms_that_are_refused():
    with pytest.raises(BadInput, match=r"friction 0\.1 … 9 leaves its physical limits 0\.02 … 1\.5"):
        TaskEnvironment("push", randomise={"friction": (0.1, 9)})
    with pytest.raises(BadInput, match="no term is called `fricton`: did you mean `friction`"):
        TaskEnvironment("push", randomise={"fricton": 0.5})
    with pytest.raises(BadInput, match="does not exist"):
        TaskEnvironment("push", randomise="nowhere.yaml")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_is_missing_is_said_with_what_installs_it(engine, monkeypatch):
    monkeypatch.setattr("multisynth.sim.engines.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=rf"(?s)`{engine}` is not installed.*(multisynth\[sim\]|Python 3\.11)"):
        TaskEnvironment("push", engine=engine)


def test_episodes_that_are_refused():
    environment = TaskEnvironment("push")
    with pytest.raises(gymnasium.error.ResetNeeded):
        environment.step(np.zeros(8))
    with pytest.raises(BadInput, match=r"(?s)`seed`.*known: parameters"):
        environment.reset(options={"seed": 3})
    with pytest.raises(ValueError, match="no JSON"):
        environment.reset(options={"parameters": "{"})
    topple = TaskEnvironment("topple")
    with pytest.raises(ValueError, match="recorded draws"):
        environment.reset(options={"parameters": topple.reset(seed=1)[1]["parameters"]})
    environment.reset(seed=1)
    for action in (np.zeros(7), np.full(8, np.nan)):
        with pytest.raises(BadInput, match="8 finite numbers"):
            environment.step(action)
    environment.close()
    environment.close()
    topple.close()


def test_a_name_is_enough_in_a_fresh_interpreter():
    """By module and id, and by a specification's JSON, as data sets keep it, with nothing of ours imported."""
    made = gymnasium.make(PUSH, rate=40, observe=["state"])
    spec = made.spec.to_json()
    program = f"""
import gymnasium
named = gymnasium.make("multisynth.sim.environments:{PUSH}")
"""
    other = f"""
import gymnasium
from gymnasium.envs.registration import EnvSpec
made = gymnasium.make(EnvSpec.from_json({spec!r}))
assert made.unwrapped.rate == 40, made.unwrapped.rate
"""
    for text in (program, other):
        subprocess.run([sys.executable, "-c", text], check=True, timeout=60)
    made.close()


@pytest.mark.parametrize("engine", INSTALLED)
def test_a_vector_of_environments_runs_as_each_alone(engine):
    singles = [TaskEnvironment("push", engine=engine) for _ in range(4)]
    vector = gymnasium.make_vec(PUSH, num_envs=4, vectorization_mode="sync", engine=engine, max_episode_steps=5)
    assert vector.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    together, told = vector.reset(seed=[3, 4, 5, 6])
    for n, environment in enumerate(singles):
        alone, tells = environment.reset(seed=3 + n)
        np.testing.assert_array_equal(together[n], alone)
        assert told["parameters"][n] == tells["parameters"]
    rng = np.random.default_rng(1)
    for k in range(12):
        actions = rng.uniform(-0.4, 0.4, (4, 8)).astype(np.float32)
        together, rewards, _, truncated, told = vector.step(actions)
        for n, environment in enumerate(singles):
            if k % 6 == 5:  # the step after five, which makes the next episode
                alone, tells = environment.reset()
                assert told["parameters"][n] == tells["parameters"]
            else:
                alone, reward, *_, info = environment.step(actions[n])
                assert rewards[n] == reward and told["success"][n] == info["success"]
            np.testing.assert_array_equal(together[n], alone)
        assert truncated.tolist() == [k % 6 == 4] * 4
    vector.close()
    for environment in singles:
        environment.close()


def test_processes_run_as_one():
    vectors = [
        gymnasium.make_vec(PUSH, num_envs=2, vectorization_mode=mode, vector_kwargs={"autoreset_mode": "SameStep"})
        for mode in ("sync", "async")
    ]
    for vector in vectors:
        assert vector.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    firsts = [vector.reset(seed=9)[0] for vector in vectors]
    np.testing.assert_array_equal(*firsts)
    actions = np.random.default_rng(2).uniform(-0.4, 0.4, (10, 2, 8)).astype(np.float32)
    for action in actions:
        (one, reward, *_), (other, rewarded, *_) = (vector.step(action) for vector in vectors)
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(reward, rewarded)
    for vector in vectors:
        vector.close()
