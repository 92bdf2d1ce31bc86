"""What is exported can be made to happen again, in the environments that the data sets name."""

import json
import subprocess
import sys

import gymnasium
import h5py
import minari
import numpy as np
import pytest
from multisynth.sim.rollout import Rollout
from multisynth.vision.film import Film

from multisynth.export.lerobot import LeRobot
from multisynth.export.minari import Minari
from multisynth.export.robomimic import Robomimic
from multisynth.testing import run_stage

pytest.importorskip("pybullet", reason="PyBullet has no wheel for this Python")


@pytest.fixture(scope="module")
def rolled():
    stage = Rollout(tasks=("push", "reach"), episodes=4, rate=10, duration=2, width=48, height=32)
    return list(run_stage(stage).samples)


@pytest.fixture
def rollouts(run, rolled):
    return run.add("rollouts", [sample.replace() for sample in rolled])


def up_to_sign(states, names):
    """States with each quaternion's first part that is not 0 positive: q and -q are one rotation."""
    states = states.copy()
    for first in (i for i, name in enumerate(names) if name.endswith(".qw")):
        part = states[..., first : first + 4]
        leading = np.take_along_axis(part, (part != 0).argmax(axis=-1)[..., None], -1)
        states[..., first : first + 4] *= np.where(leading < 0, -1, 1)
    return states


def test_minaris_environment_does_again_what_was_recorded(run, rollouts, folder, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(folder))
    Minari().write(run.table("rollouts"), folder, run)
    for name in ("push", "reach"):
        data = minari.load_dataset(f"multisynth/panda-{name}/pybullet-v0")
        environment = data.recover_environment()
        assert environment.spec.id == f"multisynth/Panda{name.capitalize()}-v0"
        assert data.observation_space == environment.observation_space
        assert data.action_space == environment.action_space
        names = data.storage.metadata["state_names"]
        for number, episode in enumerate(data.iterate_episodes()):
            (found,) = data.storage.get_episode_metadata([number])
            observation, info = environment.reset(seed=found["seed"], options=found["options"])
            assert info["instruction"] == found["instruction"]
            observations, rewards, successes = [observation], [], []
            for action in episode.actions:
                assert environment.action_space.contains(action)
                observation, reward, terminated, _, info = environment.step(action)
                assert not terminated
                observations.append(observation)
                rewards.append(reward)
                successes.append(info["success"])
            assert np.array_equal(up_to_sign(np.array(observations), names), up_to_sign(episode.observations, names))
            assert np.array_equal(np.float32(rewards), episode.rewards)
            assert np.array_equal(successes, episode.infos["success"])
        environment.close()


def test_robomimics_environment_takes_normalised_actions(run, rollouts, folder):
    Robomimic(tasks=["push"], normalise=True).write(run.table("rollouts"), folder, run)
    with h5py.File(folder / "panda-push-pybullet.hdf5") as file:
        arguments, demo = json.loads(file["data"].attrs["env_args"]), file["data/demo_0"]
        environment = gymnasium.make(arguments["env_name"], **arguments["env_kwargs"])
        environment.reset(options={"parameters": demo.attrs["parameters"]})
        for step, action in enumerate(demo["actions"]):
            observation, *_ = environment.step(action)
            np.testing.assert_allclose(observation[:7], demo["next_obs/state"][step, :7], atol=1e-3)
        environment.close()
    program = "import gymnasium, json, sys; gymnasium.make(sys.argv[1], **json.loads(sys.argv[2])).reset(seed=0)"
    options = json.dumps(arguments["env_kwargs"])
    subprocess.run([sys.executable, "-c", program, arguments["env_name"], options], check=True)


def test_pictures_of_the_data_set_are_those_of_its_environment(run, rollouts, folder, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(folder))
    run.add("clips", list(Film(depth=True).process(rollouts[:1])))
    Minari(images="clips", depth=True, tasks=["push"]).write(run.table("rollouts"), folder, run)
    data = minari.load_dataset("multisynth/panda-push/pybullet-v0")
    environment = data.recover_environment()
    assert data.observation_space == environment.observation_space
    (found,) = data.storage.get_episode_metadata([0])
    observation, _ = environment.reset(options=found["options"])
    recorded = {name: values[0] for name, values in data[0].observations.items()}
    assert environment.observation_space.contains(recorded)
    assert np.abs(observation["rgb"].astype(int) - recorded["rgb"]).mean() < 8  # H.264
    near = observation["depth"] < 60
    assert np.abs(observation["depth"] - recorded["depth"])[near].max() <= 0.0005 + 1e-5
    environment.close()


def test_lerobot_has_what_a_replay_takes(run, rollouts, folder):
    import pyarrow.parquet as pq

    LeRobot(tasks=["push"]).write(run.table("rollouts"), folder, run)
    rows = pq.read_table(folder / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    data = pq.read_table(folder / "data/chunk-000/file-000.parquet")
    name = "multisynth.sim.environments:multisynth/PandaPush-v0"
    environment = gymnasium.make(name, engine="pybullet", rate=rows[0]["rate"], normalise=False)
    for row in rows:
        environment.reset(options={"parameters": row["parameters"]})
        part = data.slice(row["dataset_from_index"], row["length"]).to_pydict()
        for action, reward, success in zip(part["action"], part["next.reward"], part["next.success"], strict=True):
            _, found, _, _, info = environment.step(np.float32(action))
            assert np.float32(found) == np.float32(reward)
            assert info["success"] == success
    environment.close()
