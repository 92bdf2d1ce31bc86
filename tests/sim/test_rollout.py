import re

import numpy as np
import pytest
from multisynth.scenes import Scene
from multisynth.sim.parameters import read
from multisynth.sim.robots import panda
from multisynth.sim.rollout import Rollout
from multisynth.sim.tasks import TASKS
from pydantic import ValidationError

from multisynth.errors import BadInput
from multisynth.testing import run_stage

EPISODES = 8


@pytest.fixture(scope="module")
def stage():
    return Rollout(episodes=EPISODES, cameras=2)


@pytest.fixture(scope="module")
def episodes(stage):
    ran = run_stage(stage)
    assert len(ran.samples) == EPISODES and ran.drops == [] and ran.failures == []
    return list(ran.samples)


def test_an_episode_is_the_same_whatever_runs_with_it(stage, episodes):
    stage.bind("stage", 7)
    for ordinal in (1, 2, 3):
        (alone,) = stage.generate([ordinal])
        for name in episodes[0].kind.columns:
            there = episodes[ordinal][name]
            if isinstance(there, np.ndarray):
                assert there.tobytes() == alone[name].astype(there.dtype).tobytes(), name
            else:
                assert there == alone[name], name


def test_tasks_are_taken_in_turn_and_seeds_change_them(stage, episodes):
    assert [episode["task"] for episode in episodes] == ["push", "topple"] * (EPISODES // 2)
    assert len({episode["parameters"] for episode in episodes}) == EPISODES
    stage.bind("stage", 8)
    assert next(iter(stage.generate([0])))["parameters"] != episodes[0]["parameters"]


def test_the_push_expert_succeeds(episodes):
    more = run_stage(Rollout(episodes=6, tasks=["push"]), seed=11).samples
    assert all(episode["success"] for episode in more)
    for episode in [*more, *(e for e in episodes if e["task"] == "push")]:
        scene = Scene.model_validate_json(episode["scene"])
        goal = np.array(scene.body("goal").parts[0].position[:2])
        name = re.fullmatch(r"Push the (.+) to the goal\.", episode["instruction"])[1]
        index = [body.name for body, _ in scene.moving].index(name)
        assert np.linalg.norm(episode["poses"][-1, index, :2] - goal) < 0.025
        assert np.linalg.norm(episode["poses"][0, index, :2] - goal) > 0.06
        assert episode["rewards"][-1] == 1 and episode["successes"][-1] and episode["rewards"][0] < 0.6


def test_success_of_topple_is_that_the_top_has_come_down(episodes):
    for episode in episodes:
        if episode["task"] != "topple":
            continue
        scene = Scene.model_validate_json(episode["scene"])
        heights = {body.name: part.position[2] for body, part in scene.moving if body.category == "block"}
        top = max(heights, key=heights.get)
        index = [body.name for body, _ in scene.moving].index(top)
        size = scene.body(top).parts[0].shapes[0].size[2]
        assert episode["success"] == (episode["poses"][-1, index, 2] < heights[top] - size / 2)
    assert any(e["success"] for e in episodes if e["task"] == "topple")


def test_columns_fit_together(episodes):
    names = {tuple(episode["state_names"]) for episode in episodes}
    assert len(names) == 1, "every task has the same states, so that one data set holds them all"
    for episode in episodes:
        steps = len(episode["times"])
        scene = Scene.model_validate_json(episode["scene"])
        np.testing.assert_allclose(episode["times"], np.arange(steps) / episode["rate"])
        assert episode["actions"].shape == (steps, len(episode["action_names"]))
        assert episode["states"].shape == (steps, len(episode["state_names"]))
        assert episode["poses"].shape == (steps, len(scene.moving), 7) and episode["rewards"].shape == (steps,)
        np.testing.assert_allclose(np.linalg.norm(episode["poses"][..., 3:], axis=-1), 1, atol=1e-5)
        assert len({body.name for body in scene.bodies}) == len(scene.bodies)
        assert sorted(body.instance for body in scene.bodies) == list(range(1, len(scene.bodies) + 1))


def test_frame_k_shows_time_k(episodes):
    """The hand in `states`, from the joints, is where `poses` has it, in every frame."""
    for episode in episodes:
        scene, states = Scene.model_validate_json(episode["scene"]), episode["states"]
        index = [part.name for _, part in scene.moving].index("panda_hand")
        for pose, state in zip(episode["poses"], states, strict=True):
            tip, _ = panda.arm().forward(state[:7].astype(np.float64))
            np.testing.assert_allclose(tip[:3, 3], state[15:18], atol=1e-5)
            np.testing.assert_allclose(tip[:3, 3] - 0.105 * tip[:3, 2], pose[index, :3], atol=1e-5)
        focus = next(n for n in episode["instruction"].split("the ")[1:])
        name = " ".join(focus.split()[:2]).rstrip(".")
        body = [body.name for body, _ in scene.moving].index(name)
        column = episode["state_names"].index("object.x (m)")
        np.testing.assert_array_equal(states[:, column : column + 7], episode["poses"][:, body])


def test_the_first_frame_is_the_scene_as_described(episodes):
    for episode in episodes:
        scene = Scene.model_validate_json(episode["scene"])
        for (body, part), pose in zip(scene.moving, episode["poses"][0], strict=True):
            if body.category != "robot":
                np.testing.assert_allclose(pose[:3], part.position, atol=1e-6)
                np.testing.assert_allclose(abs(pose[3:] @ part.quaternion), 1, atol=1e-6)


def test_actions_move_the_joints_no_faster_than_they_can(episodes):
    for episode in episodes:
        targets = episode["actions"][:, :7]
        speed = np.abs(np.diff(targets, axis=0)) * episode["rate"]
        assert (speed <= panda.arm().velocity * 1.0001).all()
        reached = episode["states"][1:, :7]
        assert np.quantile(np.abs(reached - targets[:-1]), 0.99) < 0.03


def test_events_are_in_order_and_about_bodies_of_the_scene(episodes):
    kinds = set()
    for episode in episodes:
        names = {body.name for body in Scene.model_validate_json(episode["scene"]).bodies}
        times = [event["time"] for event in episode["events"]]
        assert times == sorted(times) and (not times or times[0] >= 0)
        assert not times or times[-1] <= len(episode["times"]) / episode["rate"] + 1e-9
        assert [event["id"] for event in episode["events"]] == [f"e{n}" for n in range(len(times))]
        for event in episode["events"]:
            kinds.add(event["kind"])
            assert set(event["bodies"]) <= names and np.isfinite([event["impulse"], event["speed"]]).all()
        for event in episode["events"]:
            if event["kind"] == "success" and episode["task"] == "push":
                scene = Scene.model_validate_json(episode["scene"])
                goal = scene.body("goal").parts[0].position[:2]
                assert np.linalg.norm(np.subtract(event["position"][:2], goal)) < 0.025
        successes = [event for event in episode["events"] if event["kind"] == "success"]
        assert len(successes) == episode["success"]
    assert kinds == {"contact", "impact", "fall", "success"}


def test_parameters_are_those_of_the_scene(episodes):
    for episode in episodes:
        (_, parameters), scene = read(episode["parameters"]), Scene.model_validate_json(episode["scene"])
        if episode["task"] == "push":
            shape = scene.body(re.search(r"the (\w+ \w+)", episode["instruction"])[1]).parts[0].shapes[0]
            assert (shape.size[-1], shape.size[0]) == (
                parameters["height"], parameters["width"] / (1 if shape.kind == "box" else 2),
            )  # fmt: skip
        else:
            (ball,) = (body for body in scene.bodies if body.category == "ball")
            assert ball.parts[0].shapes[0].size == (parameters["ball_radius"],)
        assert scene.light.intensity == parameters["light_intensity"]
        for camera in scene.cameras:
            away = np.linalg.norm(np.subtract(camera.position, camera.target))
            assert camera.fov == parameters[f"{camera.name}.fov"]
            assert away >= parameters[f"{camera.name}.distance"] - 1e-9


def test_every_camera_sees_what_matters_at_the_start(episodes):
    for episode in episodes:
        scene = Scene.model_validate_json(episode["scene"])
        assert len(scene.cameras) == 2
        for camera in scene.cameras:
            for body in scene.bodies:
                if body.category in ("block", "cylinder", "ball", "goal"):
                    local = camera.world_to_camera @ [*body.parts[0].position, 1]
                    u, v, w = camera.intrinsics @ local[:3]
                    assert w > 0 and 0 < u / w < camera.width and 0 < v / w < camera.height, body.name


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"tasks": ["puhs"]}, "did you mean `push`"),
        ({"tasks": []}, "at least 1"),
        ({"rate": 7}, "does not divide"),
        ({"tasks": ["walk"], "rate": 10}, "too slow for `walk`"),
        ({"cameras": 3}, "less than or equal to 2"),
        ({"randomise": {"friction": (0.1, 9)}}, "limits 0.02 … 1.5"),
        ({"engine": "mujcoo"}, "did you mean `mujoco`"),
    ],
)
def test_options_that_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Rollout(**options)


@pytest.mark.parametrize("rate", [10, 40])
def test_other_rates(rate):
    for task in (task for task in TASKS if TASKS[task].slowest <= rate):
        (episode,) = run_stage(Rollout(episodes=1, tasks=[task], rate=rate, duration=0.5)).samples
        assert len(episode["times"]) == 0.5 * rate
        assert episode["rate"] == rate


def test_the_robot_is_a_parent_of_every_episode(stage, episodes):
    (robot,) = stage.artifacts()
    assert (robot.name, robot.license) == ("franka_panda", "Apache-2.0")
    assert all(robot.id in episode["parents"] for episode in episodes)


def test_meshes_are_parents_where_they_may_be_drawn():
    _, meshes = Rollout(randomise={"random_urdfs": 0.1}).artifacts()
    assert (meshes.name, meshes.license) == ("random_urdfs", "Zlib")


def test_a_machine_without_pybullet_is_told_so(stage, monkeypatch):
    monkeypatch.setattr("multisynth.sim.engines.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"not installed"):
        stage.artifacts()
