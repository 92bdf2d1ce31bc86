"""What is kept happens again to the bit; what was tampered with is found, where it was and by how much."""

import json

import numpy as np
import pytest
from multisynth.scenes import Scene
from multisynth.sim.engines import ENGINES, default
from multisynth.sim.replay import Replay
from multisynth.sim.rollout import Rollout
from multisynth.sim.tasks import TASKS
from pydantic import ValidationError

from multisynth import Sample
from multisynth.kinds import EPISODE
from multisynth.testing import inputs_of, run_stage

IMPERFECT = {
    "latency": (0.02, 0.1),
    "action_noise": 0.01,
    "sensor_noise": 0.004,
    "encoder_noise": 0.004,
    "dropout": 0.2,
    "friction": {"uniform": (0.3, 0.9), "when": (0.3, 0.6)},
    "gravity": {"uniform": (9.0, 10.0), "when": (0.3, 0.6)},
    "bandwidth": {"uniform": (15.0, 30.0), "when": (0.3, 0.6)},
}


@pytest.fixture(scope="module", params=sorted(ENGINES))
def episodes(request):
    """One of each task, in worlds that change and through channels that distort."""
    tasks = tuple(TASKS)
    options = {"engine": request.param, "randomise": IMPERFECT, "duration": 2.0}
    return run_stage(Rollout(episodes=len(tasks), tasks=tasks, **options)).samples


@pytest.fixture(scope="module")
def push():
    (episode,) = run_stage(Rollout(episodes=1, tasks=("push",), duration=2.0)).samples
    return episode


def altered(episode, **columns):
    """The episode as if it came from elsewhere, some of its columns others."""
    return Sample(EPISODE, 0, **{name: columns.get(name, episode[name]) for name in EPISODE.columns})


def why_dropped(episode, stage=None):
    ((_, reason),) = run_stage(stage or Replay(), [episode]).drops
    return reason


def test_every_task_replays_to_the_bit_whatever_its_channel_does(episodes):
    assert [episode["task"] for episode in episodes] == list(TASKS)
    replayed = run_stage(Replay(), episodes)
    assert not replayed.drops and not replayed.failures
    for before, after in zip(episodes, replayed.samples, strict=True):
        steps = len(before["actions"])
        assert after.meta["replay"] == {"engine": before["engine"], "steps": steps, "bitwise": True}
        assert after["content_hash"] == before["content_hash"]


def test_what_other_stages_made_of_the_seed_column_makes_no_difference(push):
    once = run_stage(Replay(), inputs_of([altered(push)]), name="once").samples
    twice = run_stage(Replay(), once, name="twice").samples
    assert len({push["seed"], once[0]["seed"], twice[0]["seed"]}) == 3
    assert len(twice) == 1


def test_an_altered_pose_is_named_with_its_step_and_size(push):
    poses, names = push["poses"].copy(), [body.name for body, _ in Scene.model_validate_json(push["scene"]).moving]
    focus = next(name for name in names if name != "panda")
    poses[17, names.index(focus), 0] += 0.25
    assert why_dropped(altered(push, poses=poses)) == f"replay diverged: step 17, 2.5e-01 m of {focus}.x"


def test_the_last_bit_counts(push):
    states = push["states"].copy()
    states[23, 3] = np.nextafter(states[23, 3], np.float32(9))
    reason = why_dropped(altered(push, states=states))
    assert reason.startswith("replay diverged: step 23, ") and reason.endswith(" rad of joint4.position")


def test_an_altered_action_shows_right_after_it(push):
    actions = push["actions"].copy()
    actions[9, 0] += 1e-3
    reason = why_dropped(altered(push, actions=actions))
    assert reason.startswith("replay diverged: step 10, ") and " m of panda/" in reason


def test_a_label_an_event_and_a_reward_that_do_not_come_out(push):
    assert why_dropped(altered(push, success=not push["success"])).startswith("success comes out otherwise: ")
    assert why_dropped(altered(push, events=push["events"][1:])).startswith("another event log: ")
    rewards = push["rewards"].copy()
    rewards[5] = 1.0
    reason = why_dropped(altered(push, rewards=rewards))
    assert reason.startswith("replay diverged: step 5, ") and reason.endswith(" of reward")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ("nonsense", "the parameters are no JSON: "),
        ("[" * 100_000, "the parameters are no JSON: "),
        ("[1, 2]", "the parameters are no JSON object: [1, 2]"),
        ({"seed": 7}, "the parameters hold no `seed` of 16 hexadecimal digits: 7"),
        ({"mass": -1.0}, "`mass` cannot have been drawn: -1.0"),
        ({"mass": float("nan")}, "`mass` cannot have been drawn: nan"),
        ({"mass": "heavy"}, "`mass` cannot have been drawn: heavy"),
        ({"width": 1e300}, "`width` cannot have been drawn: 1e+300"),
        ({"object": "dragon"}, "`object` cannot have been drawn: dragon"),
        ({"object": ["block"]}, "`object` cannot have been drawn: ['block']"),
        ({"colours": []}, "`colours` cannot have been drawn: []"),
        ({"friction.schedule": [[1.0]]}, "`friction.schedule` cannot have been drawn: [[1.0]]"),
        ({"friction.schedule": [[1.0, 77.0]]}, "`friction.schedule` cannot have been drawn: [[1.0, 77.0]]"),
        ({"mass": None}, "`mass` cannot have been drawn: None"),
        ({"object.x": 0.47}, "the parameters make another scene: its `"),
    ],
)
def test_parameters_are_not_trusted(push, changed, reason):
    text = json.dumps({**json.loads(push["parameters"]), **changed}) if isinstance(changed, dict) else changed
    assert why_dropped(altered(push, parameters=text)).startswith(f"it cannot be replayed: {reason}")


def test_a_draw_that_is_missing_is_named(push):
    parameters = json.loads(push["parameters"])
    del parameters["latency"]
    reason = why_dropped(altered(push, parameters=json.dumps(parameters)))
    assert reason == "it cannot be replayed: `latency` is not among the recorded draws"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"task": "puhs"}, "no task is called `puhs`: did you mean `push`?"),
        ({"robot": "atlas"}, "the robot of `push` is `panda`, not `atlas`"),
        ({"rate": 0.0}, "0 Hz is no control rate"),
        ({"rate": 7.0}, "7 Hz does not divide"),
        ({"rate": float("nan")}, "nan Hz is no control rate"),
        ({"engine": ""}, "no engine is called ``"),
        ({"engine": "pybulet 3"}, "no engine is called `pybulet`; did you mean `pybullet`?"),
        ({"scene": "{}"}, "the scene is none: "),
        ({"actions": np.zeros((5, 3), np.float32)}, "actions are [5, 3], not [T, 8]"),
        ({"actions": np.zeros((0, 0), np.float32)}, "actions are [0, 0], not [T, 8]"),
        ({"actions": np.full((5, 8), np.nan, np.float32)}, "actions are not finite"),
        ({"actions": np.zeros((5, 8), np.float32)}, "times are ["),
        ({"action_names": ["a"] * 8}, "the actions are not those of `panda`"),
        ({"state_names": ["a"] * 36}, "the states are not those of the task"),
    ],
)
def test_columns_are_not_trusted(push, columns, reason):
    assert why_dropped(altered(push, **columns)).startswith(f"it cannot be replayed: {reason}")


@pytest.mark.parametrize("other", sorted(set(ENGINES) - {default()}))
def test_another_engine_tells_how_far_things_stray(other):
    """Until anything is touched, two engines move the same arm alike."""
    (episode,) = run_stage(Rollout(episodes=1, tasks=("push",), duration=0.6)).samples
    (kept,) = run_stage(Replay(engine=other, tolerance=0.01), [altered(episode)]).samples
    told = kept.meta["replay"]
    assert told["engine"].startswith(f"{other} ") and "bitwise" not in told
    assert 0 < told["strayed"]["metres"] < 0.01 and told["strayed"]["step"] < len(episode["times"])
    assert why_dropped(altered(episode), Replay(engine=other, tolerance=1e-7)).startswith("replay strayed: step ")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"engine": "mojoco"}, "no engine is called `mojoco`"),
        ({"tolerance": 0.01}, "a tolerance is for another engine"),
        ({"engine": "pybullet", "tolerance": 0}, "greater than 0"),
    ],
)
def test_options_that_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Replay(**options)
