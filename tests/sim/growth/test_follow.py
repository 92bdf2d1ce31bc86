"""A piece in a new scene is the old piece seen from its object."""

import numpy as np
import pytest
from multisynth.sim.growth.demonstration import Segment
from multisynth.sim.growth.follow import fit
from multisynth.sim.growth.selection import LEVER, distance
from multisynth.sim.growth.subtasks import PUT, TAKE
from scipy.spatial.transform import Rotation

DOWN = np.diag([1.0, -1.0, -1.0])


def pose(rotation, position):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, position
    return matrix


def drawn(rng):
    return pose(Rotation.from_euler("z", rng.uniform(-3, 3)).as_matrix(), rng.uniform(-0.5, 0.5, 3))


def hand(rng):
    return drawn(rng) @ pose(DOWN, np.zeros(3))


def turns(count):
    return np.array(
        [pose(Rotation.from_euler("z", 2 * np.pi * n / count).as_matrix(), np.zeros(3)) for n in range(count)]
    )


@pytest.fixture
def segment():
    rng = np.random.default_rng(3)
    path = np.array([hand(rng) for _ in range(5)])
    return Segment(path, np.zeros(5), drawn(rng), hand(rng))


@pytest.mark.parametrize("count", [1, 4, 36])
def test_the_hand_is_to_the_object_as_it_was_or_as_good(segment, count):
    rng = np.random.default_rng(count)
    for _ in range(20):
        frame, now = drawn(rng), hand(rng)
        path = fit(segment, TAKE, frame, hand(rng), now, turns(count))
        local = np.linalg.inv(frame) @ path
        alike = local @ np.linalg.inv(segment.path)
        flipped = local @ pose(np.diag([-1.0, -1.0, 1.0]), np.zeros(3)) @ np.linalg.inv(segment.path)
        fits = [turn for turn in turns(count) if min(np.abs(alike - turn).max(), np.abs(flipped - turn).max()) < 1e-9]
        assert len(fits) in (1, 2), "every pose was turned about the object by one and the same of the turns"
        turned = Rotation.from_matrix(path[0, :3, :3] @ now[:3, :3].T).magnitude()
        assert turned <= np.pi / max(count, 2) + 1e-9, "there is always a way that is near"


@pytest.mark.parametrize("count", [1, 4])
def test_what_is_carried_goes_its_way_wherever_it_is_in_the_hand(segment, count):
    rng = np.random.default_rng(count)
    was = segment.path @ segment.held
    for _ in range(20):
        frame, held, now = drawn(rng), hand(rng), hand(rng)
        goes = np.linalg.inv(frame) @ fit(segment, PUT, frame, held, now, turns(count)) @ held
        np.testing.assert_allclose(goes[:, :3, 3], was[:, :3, 3], atol=1e-12)
        between = Rotation.from_matrix(was[:, :3, :3].transpose(0, 2, 1) @ goes[:, :3, :3]).as_euler("zyx")
        np.testing.assert_allclose(between[:, 1:], 0, atol=1e-9)
        quarters = between[:, 0] / (2 * np.pi / count)
        np.testing.assert_allclose(quarters, np.round(quarters), atol=1e-9)
        np.testing.assert_allclose(np.cos(between[:, 0]), np.cos(between[0, 0]), atol=1e-9)


def test_distance_looks_past_turns_that_make_no_difference():
    a = pose(Rotation.from_euler("z", 0.1).as_matrix(), (0.1, 0.2, 0.3))
    b = pose(Rotation.from_euler("z", 0.1 + np.pi / 2 + 0.2).as_matrix(), (0.1, 0.2, 0.34))
    assert distance(a, b @ turns(1)) == pytest.approx(0.04 + LEVER * (np.pi / 2 + 0.2))
    assert distance(a, b @ turns(4)) == pytest.approx(0.04 + LEVER * 0.2)
