import json

import gymnasium
import h5py
import minari
import numpy as np
import pytest

from multisynth.errors import BadInput
from multisynth.export.minari import Minari
from multisynth.kinds import FRAME
from multisynth.media import decode_video, encode_depth, encode_rgb

from . import conftest
from .conftest import picture

NAME = "multisynth/arm-push/pybullet-v0"


@pytest.fixture
def make_episode():
    """Of a robot that no package has an environment for."""
    return lambda ordinal, steps=20, **values: conftest.episode(ordinal, steps, **{"robot": "arm", **values})


class Reach(gymnasium.Env):
    """Stands in for an environment that some package has registered."""

    metadata = {"render_modes": [], "render_fps": 40}
    action_space = gymnasium.spaces.Box(-1, 1, (7,), np.float32)

    def __init__(self, **options):
        self.options, self.observation_space = options, gymnasium.spaces.Box(-5, 5, (options["size"],), np.float32)


@pytest.fixture
def register():
    def register(size):
        options = {"size": size, "engine": "other", "rate": 40}
        gymnasium.register("multisynth/TestArmReach-v0", f"{__name__}:Reach", max_episode_steps=400, kwargs=options)

    yield register
    gymnasium.registry.pop("multisynth/TestArmReach-v0")


@pytest.fixture(autouse=True)
def _root(folder, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(folder))


def lineage(folder):
    return [json.loads(line) for line in (folder / "lineage.jsonl").read_text().splitlines()]


def test_minari_loads_what_the_store_holds(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(i, steps=10 + i) for i in range(4)])
    assert Minari().write(run.table("rollouts"), folder, run) == 4
    data = minari.load_dataset(NAME)
    assert (data.id, data.total_episodes, data.total_steps) == (NAME, 4, 9 + 10 + 11 + 12)
    assert data.observation_space.shape == (8,)
    assert data.action_space.shape == (7,)
    assert len(data) == 4
    for episode, own in zip(data.iterate_episodes(), episodes, strict=True):
        assert len(episode) == len(own["times"]) - 1
        assert np.array_equal(episode.observations, own["states"])
        assert np.array_equal(episode.actions, own["actions"][:-1])
        assert np.array_equal(episode.rewards, own["rewards"][:-1])
        assert not episode.terminations.any()
        assert np.flatnonzero(episode.truncations).tolist() == [len(episode) - 1]
        assert np.array_equal(episode.infos["success"], own["successes"][:-1])
        assert episode.observations.dtype == episode.actions.dtype == np.float32
        assert all(data.observation_space.contains(o) for o in episode.observations)
    assert [row["episode"] for row in lineage(folder)] == [0, 1, 2, 3]
    assert {row["dataset"] for row in lineage(folder)} == {NAME}


def test_each_episode_says_what_it_is(run, folder, make_episode):
    event = {
        "id": "e0", "time": 0.5, "kind": "impact", "bodies": ["hand", "block"], "impulse": 0.25, "speed": 0.5,
        "position": [0.1, 0.2, 0.3],
    }  # fmt: skip
    scene = json.dumps({"bodies": "b" * 100_000})
    made = [make_episode(i, events=[event], scene=scene, parameters='{"friction": 0.5}') for i in range(3)]
    episodes = run.add("rollouts", made)
    Minari().write(run.table("rollouts"), folder, run)
    data = minari.load_dataset(NAME)
    for number, (found, own) in enumerate(zip(data.storage.get_episode_metadata(range(3)), episodes, strict=True)):
        assert found["id"] == number
        assert found["sample_id"] == own.id
        assert found["seed"] == own["seed"]
        assert found["total_steps"] == 19
        for name in ("engine", "robot", "task", "instruction", "success", "scene", "rate", "license", "parameters"):
            assert found[name] == own[name], name
        assert json.loads(found["events"]) == own["events"] == [event]
    assert list(data.filter_episodes(lambda e: e.infos["success"][-1]).episode_indices) == [0, 2]


def test_minari_lists_and_samples(run, folder, make_episode):
    run.add("rollouts", [make_episode(i) for i in range(5)] + [make_episode(9, task="topple", engine="mujoco 3.17.0")])
    Minari().write(run.table("rollouts"), folder, run)
    listed = minari.list_local_datasets()
    assert sorted(listed) == [NAME, "multisynth/arm-topple/mujoco-v0"]
    assert listed[NAME]["requirements"] == ["pybullet==3.2.7"]
    assert not listed[NAME]["jpeg_encoding"]
    assert minari.namespace.list_local_namespaces() == [
        "multisynth",
        "multisynth/arm-push",
        "multisynth/arm-topple",
    ]
    data = minari.load_dataset(NAME)
    data.set_seed(1)
    assert len(data.sample_episodes(3)) == 3
    parts = minari.split_dataset(data, [3, 2], seed=0)
    assert [part.total_steps for part in parts] == [57, 38]


def test_the_environment_comes_back_with_the_options_of_the_recording(run, folder, make_episode, register):
    register(size=8)
    run.add("rollouts", [make_episode(0, robot="test_arm", task="reach", engine="mujoco 3.17.0", rate=20.0)])
    Minari().write(run.table("rollouts"), folder, run)
    data = minari.load_dataset("multisynth/test-arm-reach/mujoco-v0")
    environment = data.recover_environment(disable_env_checker=True)
    assert isinstance(environment.unwrapped, Reach)
    assert environment.unwrapped.options == {
        "size": 8, "engine": "mujoco", "rate": 20.0, "control": "joint_position", "normalise": False,
        "observe": "state",
    }  # fmt: skip
    assert environment.spec.max_episode_steps == 200
    assert data.observation_space == environment.observation_space == gymnasium.spaces.Box(-5, 5, (8,), np.float32)
    assert data.action_space == environment.action_space == Reach.action_space
    assert gymnasium.spec("multisynth/TestArmReach-v0").kwargs["engine"] == "other"


def test_an_environment_that_changed_since_is_left_out_and_named(run, folder, make_episode, register):
    register(size=9)
    run.add("rollouts", [make_episode(0, robot="test_arm", task="reach")])
    Minari().write(run.table("rollouts"), folder, run)
    data = minari.load_dataset("multisynth/test-arm-reach/pybullet-v0")
    assert "TestArmReach-v0 observes or acts otherwise" in data.storage.metadata["description"]
    assert data.env_spec is None


def test_an_environment_that_nobody_registered_is_left_out_and_named(run, folder, make_episode):
    run.add("rollouts", [make_episode(0, robot="nobody")])
    Minari().write(run.table("rollouts"), folder, run)
    data = minari.load_dataset("multisynth/nobody-push/pybullet-v0")
    assert "multisynth/NobodyPush-v0 was not registered" in data.storage.metadata["description"]
    with pytest.raises(ValueError, match="cannot be recovered"):
        data.recover_environment()


def frames_of(episode, cameras=("front",), depth=True):
    for number, camera in enumerate(cameras):
        for step, time in enumerate(episode["times"]):
            image = picture(100 * number + step)
            yield episode.child(
                FRAME, meta={"camera": camera}, width=64, height=48, intrinsics=np.eye(3), world_to_camera=np.eye(4),
                time=time, rgb=encode_rgb(image),
                depth=encode_depth(image[..., 0].astype(np.float32) / 7) if depth else None,
            )  # fmt: skip


def test_frames_are_observed_as_they_are(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(i, steps=5 + i) for i in range(2)])
    run.add("frames", [frame for episode in episodes for frame in frames_of(episode)])
    Minari(images="frames", depth=True).write(run.table("rollouts"), folder, run)
    data = minari.load_dataset(NAME)
    assert {name: space.shape for name, space in data.observation_space.spaces.items()} == {
        "state": (8,), "rgb": (48, 64, 3), "depth": (48, 64),
    }  # fmt: skip
    for episode, own in zip(data.iterate_episodes(), episodes, strict=True):
        wanted = np.stack([picture(step) for step in range(len(own["times"]))])
        assert np.array_equal(episode.observations["rgb"], wanted)
        assert np.array_equal(episode.observations["depth"], wanted[..., 0].astype(np.float32) / 7)
        assert np.array_equal(episode.observations["state"], own["states"])
        first = {name: values[0] for name, values in episode.observations.items()}
        assert data.observation_space.contains(first)
    with h5py.File(folder / NAME / "data/main_data.hdf5") as file:
        assert file["episode_0/observations/rgb"].compression == "gzip"


def test_clips_are_observed_as_they_decode_and_cameras_told_apart(run, folder, make_episode, make_clip):
    (episode,) = run.add("rollouts", [make_episode(0, steps=6)])
    clips = run.add("clips", [make_clip(episode, seed=s, meta={"camera": c}) for s, c in enumerate(["front", "wrist"])])
    Minari(images="clips").write(run.table("rollouts"), folder, run)
    data = minari.load_dataset(NAME)
    for clip, name in zip(clips, ["rgb.front", "rgb.wrist"], strict=True):
        assert np.array_equal(data[0].observations[name], np.stack(list(decode_video(clip["video"]))))


def test_pictures_that_do_not_show_each_step_leave_the_episode_out(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i, steps=8) for i in range(4)])
    half = make_clip(episodes[1], every=2)
    clips = [make_clip(episodes[0], meta={"camera": "front"}), half, make_clip(episodes[2], meta={"camera": "front"})]
    run.add("clips", [clips[0], clips[2], half.with_meta(camera="front")])
    kept = run.add("kept", [episodes[3], episodes[2], episodes[1], episodes[0]])
    assert Minari(images="clips").write(run.table("kept"), folder, run) == 2
    assert [row["id"] for row in lineage(folder)] == [e.id for e in kept]
    assert [row.get("left_out") for row in lineage(folder)] == [
        "`clips` does not show it by camera front",
        None,
        "`clips` does not show each step of it by camera front: 4 pictures, 8 steps",
        None,
    ]
    data = minari.load_dataset(NAME)
    assert [m["sample_id"] for m in data.storage.get_episode_metadata([0, 1])] == [kept[1].id, kept[3].id]


def test_an_episode_needs_two_steps(run, folder, make_episode):
    run.add("rollouts", [make_episode(0, steps=1), make_episode(1, steps=2), make_episode(2, steps=0)])
    assert Minari().write(run.table("rollouts"), folder, run) == 1
    assert [row.get("left_out") for row in lineage(folder)] == [
        "it has 1 steps, and a transition takes two", None, "it has 0 steps, and a transition takes two",
    ]  # fmt: skip
    assert len(minari.load_dataset(NAME)[0]) == 1


def test_bad_input(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(0), make_episode(1)])
    run.add("twice", [make_clip(episodes[0]), make_clip(episodes[0])])
    run.add("clips", [make_clip(episode) for episode in episodes])
    run.add("frames", list(frames_of(episodes[0])) * 2)
    run.add("flat", list(frames_of(episodes[0], depth=False)))
    whole = make_clip(episodes[0])
    run.add("broken", [whole.replace(video=b"no video")])
    run.add("cut", [whole.replace(video=make_clip(episodes[0], every=2)["video"])])
    run.add("rates", [make_episode(0), make_episode(1, rate=10.0)])
    run.add("short", [make_episode(0, steps=1)])
    run.add("none", [], kind=episodes.kind)
    for source, options, message in (
        ("rollouts", {"tasks": ["pusch"]}, "of task `pusch`"),
        ("rollouts", {"images": "rollouts"}, "makes episodes"),
        ("rollouts", {"images": "twice"}, "two clips of one instant"),
        ("rollouts", {"images": "frames"}, "two frames of one instant"),
        ("rollouts", {"depth": True}, "there are none"),
        ("rollouts", {"images": "clips", "depth": True}, "has no depth"),
        ("rollouts", {"images": "flat", "depth": True}, "has no depth"),
        ("rollouts", {"images": "broken"}, r"pictures `rgb` of episode [0-9a-f]{32} cannot be written: cannot decode"),
        ("rollouts", {"images": "cut"}, r"cannot be written: there are 10, not 20"),
        ("rates", {}, r"differ in form: 8 states, 7 actions, 20 Hz and 8 states, 7 actions, 10 Hz"),
        ("short", {}, "nothing of `short` can be written: it has 1 steps"),
        ("none", {}, "`none` has no episodes"),
    ):
        target = folder / f"{source} {options}".replace("/", "")
        target.mkdir()
        with pytest.raises(BadInput, match=message):
            Minari(**options).write(run.table(source), target, run)
    with pytest.raises(ValueError, match="a namespace is"):
        Minari(namespace="../up")


def test_without_minari_it_says_so(run, folder, make_episode, monkeypatch):
    run.add("rollouts", [make_episode(0)])
    monkeypatch.setattr("multisynth.export.minari.find_spec", lambda name: None)
    with pytest.raises(BadInput, match="not installed"):
        Minari().write(run.table("rollouts"), folder, run)


def test_the_same_run_writes_the_same_arrays_and_metadata(run, tmp_path, make_episode):
    run.add("rollouts", [make_episode(i) for i in range(2)])
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        Minari().write(run.table("rollouts"), tmp_path / name, run)
    for file in ("data/main_data.hdf5", "data/metadata.json"):
        one, two = (tmp_path / name / NAME / file for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), file
