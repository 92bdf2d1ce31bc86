import numpy as np
import pytest
from multisynth.sim.growth.bridge import SLIDE, SPEED, TURN, bridge
from scipy.spatial.transform import Rotation

PERIOD = 0.05


def pose(position, rotvec=(0.0, 0.0, 0.0)):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = Rotation.from_rotvec(rotvec).as_matrix(), position
    return matrix


def test_it_goes_up_across_and_down_no_faster_than_it_may():
    start, end = pose((0.4, 0.1, 0.02)), pose((0.6, -0.1, 0.15), (0.3, 0.0, 1.2))
    way = np.concatenate([[start], bridge(start, end, PERIOD)])
    np.testing.assert_allclose(way[-1], end, atol=1e-12)
    strides = np.linalg.norm(np.diff(way[:, :3, 3], axis=0), axis=1)
    turns = Rotation.from_matrix(way[1:, :3, :3] @ way[:-1, :3, :3].transpose(0, 2, 1)).magnitude()
    assert strides.max() <= SPEED * PERIOD + 1e-9 and turns.max() <= TURN * PERIOD + 1e-9
    aside = np.linalg.norm(way[:, :2, 3] - start[:2, 3], axis=1) > 1e-9
    assert way[aside, 2, 3].min() == pytest.approx(0.15), "nothing moves sideways below the higher end"
    assert (np.diff(way[:, 2, 3]) >= -1e-12).all()
    down = bridge(end, start, PERIOD)
    np.testing.assert_allclose(down[-1], start, atol=1e-12)
    assert down[np.linalg.norm(down[:, :2, 3] - start[:2, 3], axis=1) > 1e-9, 2, 3].min() == pytest.approx(0.15)


def test_a_slide_is_straight_and_slow():
    start, end = pose((0.4, 0.1, 0.02)), pose((0.6, -0.1, 0.05))
    way = bridge(start, end, PERIOD, slides=True)
    shares = (way[:, :3, 3] - start[:3, 3]) / (end[:3, 3] - start[:3, 3])
    np.testing.assert_allclose(shares, np.arange(1, len(way) + 1)[:, None] / len(way) * np.ones(3), atol=1e-12)
    distance = np.linalg.norm(end[:3, 3] - start[:3, 3])
    assert len(way) == np.ceil(distance / SLIDE / PERIOD)


def test_where_there_is_no_way_to_go():
    start = pose((0.4, 0.1, 0.2), (0.1, 0.2, 0.3))
    assert len(bridge(start, start, PERIOD)) == 0 == len(bridge(start, start, PERIOD, slides=True))
