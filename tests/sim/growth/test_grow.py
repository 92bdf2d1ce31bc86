"""What is grown succeeds, happens again to the bit, and says what it was grown of."""

import json
import re

import numpy as np
import pytest
from multisynth.scenes import Scene
from multisynth.sim.growth.demonstration import read
from multisynth.sim.growth.grow import Grow
from multisynth.sim.growth.subtasks import SUBTASKS
from multisynth.sim.replay import Replay
from multisynth.sim.robots import panda
from multisynth.sim.rollout import Rollout
from multisynth.sim.tasks import TASKS
from pydantic import ValidationError

from multisynth import Sample
from multisynth.kinds import EPISODE
from multisynth.testing import inputs_of, run_stage


@pytest.fixture(scope="module")
def stacks():
    ran = run_stage(Rollout(episodes=2, tasks=("stack",), keep="successes"))
    assert len(ran.samples) == 2
    return ran.samples


@pytest.fixture(scope="module")
def grown(stacks):
    return run_stage(Grow(copies=2), stacks)


def altered(episode, **columns):
    return Sample(EPISODE, 0, **{name: columns.get(name, episode[name]) for name in EPISODE.columns})


def places(episode):
    """Of the upper and the lower block over time, by the names in the instruction. [T, 2, 3]"""
    scene = Scene.model_validate_json(episode["scene"])
    names = re.fullmatch(r"Put the (.+) on the (.+)\.", episode["instruction"]).groups()
    moving = [body.name for body, _ in scene.moving]
    heights = [scene.body(name).parts[0].shapes[0].size[2] for name in names]
    return episode["poses"][:, [moving.index(name) for name in names], :3], heights


def test_each_demonstration_gets_its_share_of_successes(stacks, grown):
    assert not grown.failures and not grown.drops
    origins = [episode["origin"] for episode in grown.samples]
    assert origins == [demonstration.id for demonstration in stacks for _ in range(2)]
    for episode in grown.samples:
        paths, heights = places(episode)
        upper, lower = paths[-1]
        assert episode["success"] and episode["successes"][-1]
        assert upper[2] - lower[2] == pytest.approx(sum(heights) / 2, abs=0.006)
        assert np.linalg.norm(upper[:2] - lower[:2]) < heights[1] / 2


def test_every_world_is_a_new_one(stacks, grown):
    starts = np.array([places(episode)[0][0].ravel() for episode in [*stacks, *grown.samples]])
    apart = np.linalg.norm(starts[:, None] - starts[None], axis=-1) + np.eye(len(starts))
    assert apart.min() > 0.01
    seeds = {json.loads(episode["parameters"])["seed"] for episode in [*stacks, *grown.samples]}
    assert len(seeds) == len(starts)


def test_actions_ask_for_no_more_than_joints_and_fingers_can(grown):
    for episode in grown.samples:
        speeds = np.abs(np.diff(episode["actions"], axis=0)) * episode["rate"]
        assert (speeds[:, :7] <= panda.arm().velocity).all()
        assert speeds[:, 7].max() < 0.26


def test_what_is_grown_replays_to_the_bit(grown):
    replayed = run_stage(Replay(), grown.samples)
    assert len(replayed.samples) == len(grown.samples)
    assert all(episode.meta["replay"]["bitwise"] and "growth" in episode.meta for episode in replayed.samples)


def test_parents_are_the_demonstrations_whose_pieces_were_used(stacks, grown):
    known = {demonstration.id for demonstration in stacks}
    for episode in grown.samples:
        pieces = episode.meta["growth"]["pieces"]
        assert len(pieces) == 2 and set(pieces) <= known
        assert set(episode["parents"]) == {episode["origin"], *pieces}


def test_neither_batches_nor_other_draws_make_a_difference(stacks, grown):
    again = run_stage(Grow(copies=2), stacks, batch_size=1)
    assert again.samples["content_hash"] == grown.samples["content_hash"]
    assert again.samples["id"] == grown.samples["id"]


def test_own_pieces_alone(stacks):
    for episode in run_stage(Grow(copies=1, select="own"), stacks).samples:
        assert set(episode.meta["growth"]["pieces"]) == {episode["origin"]} == set(episode["parents"])


def test_noise_is_in_the_actions_that_are_kept(stacks):
    """Its size, from how much the commanded tip shakes about a smooth path."""

    def shake(noise):
        (episode,) = run_stage(Grow(copies=1, noise=noise, select="own"), stacks[:1]).samples
        tips = np.array([panda.arm().pose(action[:7].astype(np.float64))[:3] for action in episode["actions"]])
        return np.median(np.abs(np.diff(tips, 3, axis=0)))

    assert shake(0.002) > 3 * shake(0.0)


@pytest.mark.parametrize("task", sorted(set(SUBTASKS) & set(TASKS)))
def test_every_task_that_has_pieces_can_be_grown(task):
    demonstrations = run_stage(Rollout(episodes=3, tasks=(task,), keep="successes")).samples[:1]
    ran = run_stage(Grow(copies=1, attempts=8), demonstrations)
    assert not ran.failures and [episode["task"] for episode in ran.samples] == [task]
    failed = ran.samples[0].meta["growth"]["attempt"]
    assert ran.ledger["reason"].to_pylist() == [f"attempts failed: {failed} of {failed + 1}" if failed else None]
    assert len(run_stage(Replay(), ran.samples).samples) == 1


def test_a_piece_begins_where_its_frame_is_near_and_ends_where_it_is_done(stacks):
    """Against the episode's own columns: the block leaves the table between the end of one piece and the next."""
    for episode in stacks:
        take, put = read(episode).segments
        paths, _ = places(episode)
        (upper, lower), heights = paths[0], paths[:, 0, 2]
        lifted = int(np.flatnonzero(heights - heights[0] > 0.02)[0])
        tip = panda.arm().pose(episode["actions"][lifted - 1, :7].astype(np.float64))
        np.testing.assert_allclose((take.frame @ take.path[-1])[:3, 3], tip[:3], atol=1e-9)
        np.testing.assert_allclose(take.frame[:3, 3], upper, atol=1e-6)
        np.testing.assert_allclose(put.frame[:2, 3], lower[:2], atol=2e-3)
        assert np.linalg.norm(take.path[0][:3, 3]) < 0.12 and np.linalg.norm(put.path[0][:3, 3]) < 0.12
        assert take.opening[0] > take.opening[-1] < put.opening[-1], "taken, and let go"


def test_an_episode_that_nothing_can_be_grown_of_says_why(stacks):
    (topple,) = run_stage(Rollout(episodes=1, tasks=("topple",))).samples
    short = {name: stacks[0][name][:20] for name in ("times", "poses", "states", "actions", "rewards", "successes")}
    tampered = altered(stacks[0], parameters="{}")
    ran = run_stage(Grow(copies=1), inputs_of([altered(topple), altered(stacks[0], **short), tampered]))
    assert [reason for _, reason in ran.drops] == [
        "nothing can be grown of it: nothing is known of the pieces of `topple`, only of those of "
        + ", ".join(sorted(SUBTASKS)),
        "nothing can be grown of it: the demonstration does not achieve its task",
        "nothing can be grown of it: the parameters hold no `seed` of 16 hexadecimal digits: None",
    ]


def test_attempts_that_run_out_are_told(stacks):
    """Half a second is not enough."""
    ran = run_stage(Grow(copies=1, attempts=2, duration=0.5), stacks[:1])
    assert [reason for _, reason in ran.drops] == ["attempts failed: 2 of 2, made 0 of 1"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"select": "best"}, "'own', 'random' or 'nearest'"),
        ({"copies": 0}, "greater than or equal to 1"),
        ({"noise": 0.5}, "less than or equal to 0.02"),
        ({"engine": "mojoco"}, "no engine is called `mojoco`"),
    ],
)
def test_options_that_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Grow(**options)
