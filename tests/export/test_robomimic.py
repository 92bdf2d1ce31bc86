import json

import gymnasium
import h5py
import numpy as np
import pytest

from multisynth.errors import BadInput
from multisynth.export.robomimic import Robomimic
from multisynth.kinds import FRAME
from multisynth.media import decode_video, encode_depth, encode_rgb

from .conftest import episode, picture

FILE = "arm-push-pybullet.hdf5"


@pytest.fixture
def make_episode():
    """Of a robot that no package has an environment for."""
    return lambda ordinal, steps=20, **values: episode(ordinal, steps, **{"robot": "arm", **values})


def open_as_robomimic_does(path):
    return h5py.File(path, "r", swmr=True, libver="latest")


def names(array):
    return [name.decode() for name in array]


def test_the_layout_is_robomimics(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(i, steps=10 + i) for i in range(4)])
    assert Robomimic().write(run.table("rollouts"), folder, run) == 4
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "lineage.jsonl"]
    with open_as_robomimic_does(folder / FILE) as file:
        data = file["data"]
        assert data.attrs["total"] == sum(demo.attrs["num_samples"] for demo in data.values()) == 9 + 10 + 11 + 12
        arguments = json.loads(data.attrs["env_args"])
        assert arguments["env_name"] == "multisynth/ArmPush-v0"
        assert arguments["type"] == 2
        assert arguments["env_kwargs"] == {
            "engine": "pybullet", "rate": 20.0, "control": "joint_position", "normalise": False, "observe": "state",
        }  # fmt: skip
        assert data.attrs["action_names"].tolist() == episodes[0]["action_names"]
        assert sorted(data) == ["demo_0", "demo_1", "demo_2", "demo_3"]
        for number, own in enumerate(episodes):
            demo, length = data[f"demo_{number}"], len(own["times"]) - 1
            assert demo.attrs["num_samples"] == length
            assert np.array_equal(demo["actions"], own["actions"][:-1])
            assert np.array_equal(demo["rewards"], own["rewards"][:-1])
            assert np.array_equal(demo["successes"], own["successes"][:-1])
            assert np.array_equal(demo["states"], own["poses"][:-1].reshape(length, 14))
            assert np.array_equal(demo["obs/state"], own["states"][:-1])
            assert np.array_equal(demo["next_obs/state"], own["states"][1:])
            assert np.flatnonzero(demo["dones"]).tolist() == [length - 1]


def test_each_demonstration_says_what_it_is(run, folder, make_episode):
    event = {
        "id": "e0", "time": 0.5, "kind": "fall", "bodies": ["block"], "impulse": 0.0, "speed": 0.5,
        "position": [0.1, 0.2, 0.3],
    }  # fmt: skip
    scene = json.dumps({"bodies": "b" * 100_000})
    made = [make_episode(i, events=[event], scene=scene, parameters='{"friction": 0.5}') for i in range(3)]
    episodes = run.add("rollouts", made)
    Robomimic().write(run.table("rollouts"), folder, run)
    lines = [json.loads(line) for line in (folder / "lineage.jsonl").read_text().splitlines()]
    with open_as_robomimic_does(folder / FILE) as file:
        for line, own in zip(lines, episodes, strict=True):
            assert line == {"id": own.id, "license": own["license"], "file": FILE, "demo": line["demo"]}
            found = file["data"][line["demo"]].attrs
            assert (found["sample_id"], int(found["seed"])) == (own.id, own["seed"])
            for name in ("engine", "robot", "task", "instruction", "success", "scene", "rate", "license", "parameters"):
                assert found[name] == own[name], name
            assert json.loads(found["events"]) == own["events"] == [event]


def test_filter_keys_part_the_demonstrations(run, folder, make_episode):
    run.add("rollouts", [make_episode(i) for i in range(40)])
    Robomimic(valid=0.25).write(run.table("rollouts"), folder, run)
    with open_as_robomimic_does(folder / FILE) as file:
        masks = {key: set(names(file["mask"][key])) for key in file["mask"]}
        successful = {name for name, demo in file["data"].items() if demo.attrs["success"]}
        everything = set(file["data"])
    assert masks.keys() == {"train", "valid", "success", "success_train", "success_valid"}
    assert masks["train"] | masks["valid"] == everything
    assert not masks["train"] & masks["valid"]
    assert len(masks["valid"]) == 10
    assert masks["success"] == successful == masks["success_train"] | masks["success_valid"]
    assert len(masks["success_valid"]) == 5


def test_validation_does_not_depend_on_the_order(run, tmp_path, make_episode):
    rollouts = run.add("rollouts", [make_episode(i) for i in range(20)])
    chosen = []
    for name in ("rollouts", "backwards"):
        folder = tmp_path / name
        folder.mkdir()
        if name == "backwards":
            run.add(name, [rollouts[i] for i in range(19, -1, -1)])
        Robomimic().write(run.table(name), folder, run)
        with open_as_robomimic_does(folder / FILE) as file:
            ids = {demo: group.attrs["sample_id"] for demo, group in file["data"].items()}
            chosen.append((sorted(ids.values()), sorted(ids[demo] for demo in names(file["mask/valid"]))))
    for everything, valid in chosen:
        assert valid == everything[:2]


def test_few_demonstrations_are_split_where_they_can_be(run, folder, make_episode):
    run.add("one", [make_episode(0)])
    run.add("two", [make_episode(0), make_episode(1, success=False)])
    for source, valid, wanted in (("one", 0.5, 0), ("two", 0.01, 1), ("two", 0, 0)):
        target = folder / f"{source} {valid}"
        target.mkdir()
        Robomimic(valid=valid).write(run.table(source), target, run)
        with open_as_robomimic_does(target / FILE) as file:
            assert len(file["mask/valid"]) == wanted
            assert len(file["mask/train"]) == len(file["data"]) - wanted


class Push(gymnasium.Env):
    """Stands in for an environment that some package has registered."""

    observation_space = gymnasium.spaces.Box(-5, 5, (8,), np.float32)
    action_space = gymnasium.spaces.Box(np.arange(-8, -1, dtype=np.float32), np.float32(9))

    def __init__(self, **options):
        pass


def test_normalised_actions_are_within_the_environments_bounds(run, folder, make_episode, monkeypatch):
    spec = gymnasium.envs.registration.EnvSpec("multisynth/ArmPush-v0", f"{__name__}:Push")
    monkeypatch.setitem(gymnasium.registry, spec.id, spec)
    episodes = run.add("rollouts", [make_episode(i) for i in range(3)])
    Robomimic(normalise=True).write(run.table("rollouts"), folder, run)
    with open_as_robomimic_does(folder / FILE) as file:
        low, high = file["data"].attrs["action_low"], file["data"].attrs["action_high"]
        scaled = np.concatenate([file[f"data/demo_{i}/actions"] for i in range(3)])
        assert json.loads(file["data"].attrs["env_args"])["env_kwargs"]["normalise"]
    assert np.array_equal(low, Push.action_space.low)
    assert np.array_equal(high, Push.action_space.high)
    raw = np.concatenate([e["actions"][:-1] for e in episodes])
    assert np.abs(scaled).max() <= 1
    np.testing.assert_allclose(low + (scaled + 1) / 2 * (high - low), raw, atol=1e-5)


def test_pictures_are_written_once_and_seen_before_and_after_each_action(run, folder, make_episode, tmp_path):
    (episode,) = run.add("rollouts", [make_episode(0, steps=7)])
    run.add("frames", [
        episode.child(
            FRAME, meta={"camera": "front"}, width=64, height=48, intrinsics=np.eye(3), world_to_camera=np.eye(4),
            time=time, rgb=encode_rgb(picture(step)), depth=encode_depth(np.full((48, 64), 0.1 * step, np.float32)),
        )
        for step, time in enumerate(episode["times"])
    ])  # fmt: skip
    Robomimic(images="frames", depth=True).write(run.table("rollouts"), folder, run)
    folder.rename(tmp_path / "moved")
    wanted = np.stack([picture(step) for step in range(7)])
    with open_as_robomimic_does(tmp_path / "moved" / FILE) as file:
        demo = file["data/demo_0"]
        assert demo["obs/front_image"].dtype == np.uint8
        assert np.array_equal(demo["obs/front_image"], wanted[:-1])
        assert np.array_equal(demo["next_obs/front_image"], wanted[1:])
        assert np.array_equal(demo["next_obs/front_image"][2:4], wanted[3:5])
        assert demo["obs/front_depth"].shape == (6, 48, 64, 1)
        assert demo["next_obs/front_depth"][:, 0, 0, 0] == pytest.approx(0.1 * np.arange(1, 7))
        assert demo["obs/front_image"].is_virtual
        assert demo["pictures/front_image"].id.get_storage_size() < wanted.nbytes


def test_clips_give_pictures_too(run, folder, make_episode, make_clip):
    (episode,) = run.add("rollouts", [make_episode(0, steps=5)])
    (clip,) = run.add("clips", [make_clip(episode)])
    Robomimic(images="clips").write(run.table("rollouts"), folder, run)
    with open_as_robomimic_does(folder / FILE) as file:
        assert np.array_equal(file["data/demo_0/obs/main_image"], list(decode_video(clip["video"]))[:-1])


def test_a_file_for_each_environment(run, folder, make_episode):
    made = [make_episode(0), make_episode(1, task="pick_place"), make_episode(2, engine="mujoco 3.17.0")]
    run.add("rollouts", [*made, make_episode(3)])
    assert Robomimic().write(run.table("rollouts"), folder, run) == 4
    files = {path.name: path for path in folder.glob("*.hdf5")}
    assert set(files) == {FILE, "arm-pick-place-pybullet.hdf5", "arm-push-mujoco.hdf5"}
    with open_as_robomimic_does(files[FILE]) as file:
        assert sorted(file["data"]) == ["demo_0", "demo_1"]
    with open_as_robomimic_does(files["arm-pick-place-pybullet.hdf5"]) as file:
        assert json.loads(file["data"].attrs["env_args"])["env_name"] == "multisynth/ArmPickPlace-v0"
    only = folder / "only"
    only.mkdir()
    assert Robomimic(tasks=["pick_place"]).write(run.table("rollouts"), only, run) == 1


def test_bad_input(run, folder, make_episode):
    run.add("rollouts", [make_episode(0)])
    run.add("short", [make_episode(0, steps=1)])
    for source, options, message in (
        ("rollouts", {"tasks": ["pusch"]}, "of task `pusch`"),
        ("rollouts", {"depth": True}, "there are none"),
        ("rollouts", {"images": "nowhere"}, "no stage `nowhere`"),
        ("short", {}, "nothing of `short` can be written: it has 1 steps"),
        ("rollouts", {"normalise": True}, "bounds of actions are unknown: multisynth/ArmPush-v0 was not registered"),
    ):
        target = folder / f"{source} {options}"
        target.mkdir()
        with pytest.raises(BadInput, match=message):
            Robomimic(**options).write(run.table(source), target, run)
