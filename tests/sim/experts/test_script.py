import numpy as np
import pytest
from multisynth.sim.experts.motion import GRIP, SPEED, TURN, Hand
from multisynth.sim.experts.script import FEW, MEMORY, Script, Sight
from multisynth.sim.robots import panda
from multisynth.sim.trial import Situation

PERIOD = 0.05


def seen(joints, opening=0.04, pose=None, time=0.0):
    """What an arm at these joints sees."""
    everything = np.append(joints, (opening / 2, opening / 2))
    hand = panda.arm().pose(joints)
    return Situation(
        time, everything, np.zeros(9), hand, lambda name: pose, lambda name: np.zeros(6), lambda name: False
    )


def test_a_thing_is_where_it_was_seen_on_average():
    rng, sight, truth = np.random.default_rng(0), Sight(PERIOD), np.array([0.5, 0.1, 0.02, 1, 0, 0, 0])
    looks = [truth + np.append(0.01 * rng.standard_normal(3), np.zeros(4)) for _ in range(30)]
    for n, look in enumerate(looks, 1):
        sight.look(look)
        np.testing.assert_allclose(sight.pose[:3], np.mean(looks[:n], axis=0)[:3])
        spread = np.std(looks[:n], axis=0)[:3].max()
        assert sight.error == (np.inf if n < FEW else pytest.approx(spread / np.sqrt(n)))
    assert np.linalg.norm(sight.pose[:3] - truth[:3]) < 3 * sight.error
    sight.forget()
    sight.look(truth)
    np.testing.assert_array_equal(sight.pose, truth)


def test_a_thing_that_has_moved_is_followed_after_a_while():
    sight = Sight(PERIOD)
    for x in [0.0] * 100 + [1.0] * round(4 * MEMORY / PERIOD):
        sight.look(np.array([x, 0, 0, 1, 0, 0, 0]))
    assert sight.pose[0] > 0.95


@pytest.mark.parametrize("rate", [10, 20, 40])
def test_the_hand_goes_straight_and_no_faster_than_it_shall(rate):
    hand, joints, opening = Hand(1 / rate), panda.reach(panda.REST, panda.HOME), 0.04
    goal, yaw = np.array([0.55, 0.2, 0.1]), 0.6
    path, openings = [panda.arm().pose(joints)], [opening]
    for _ in range(3 * rate):
        action, there = hand.towards(seen(joints, opening), goal, yaw, 0.0)
        if there:
            break
        joints, opening = action[:7], action[7]
        path.append(panda.arm().pose(joints))
        openings.append(opening)
    assert there and np.linalg.norm(path[-1][:3] - goal) < 0.006
    places = np.array(path)[:, :3]
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() <= SPEED / rate * 1.01
    way = (goal - places[0]) / np.linalg.norm(goal - places[0])
    off = (places - places[0]) - np.outer((places - places[0]) @ way, way)
    assert np.linalg.norm(off, axis=1).max() < 0.004
    assert np.abs(np.diff(openings)).max() <= GRIP / rate + 1e-12 and openings[-1] == 0.0
    turns = 2 * np.arccos(np.clip(np.abs((np.array(path)[1:, 3:] * np.array(path)[:-1, 3:]).sum(1)), 0, 1))
    assert turns.max() <= TURN / rate * 1.05


class Nod(Script):
    """Down, up, and done."""

    def steps(self):
        yield from self.go(panda.HOME - (0, 0, 0.05), 0.0)
        yield from self.wait(0.2)
        yield from self.go(panda.HOME, 0.0)


def test_a_script_goes_on_where_it_was():
    script, joints, heights = Nod(PERIOD), panda.reach(panda.REST, panda.HOME), []
    for _ in range(60):
        joints = script.act(seen(joints))[:7]
        heights.append(panda.arm().pose(joints)[2])
        if script.done:
            break
    lowest = int(np.argmin(heights))
    assert script.done and 0 < lowest < len(heights) - 1
    assert min(heights) == pytest.approx(panda.HOME[2] - 0.05, abs=1e-3)
    assert sum(height < panda.HOME[2] - 0.049 for height in heights) >= 0.2 / PERIOD
    np.testing.assert_array_equal(script.act(seen(joints))[:7], joints)


def test_what_is_out_of_reach_is_given_up():
    class Far(Script):
        def steps(self):
            yield from self.go(np.array([2.0, 0.0, 0.3]), 0.0)

    script, joints = Far(PERIOD), panda.reach(panda.REST, panda.HOME)
    for _ in range(60):
        joints = script.act(seen(joints))[:7]
    assert script.done
