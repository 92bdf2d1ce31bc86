import numpy as np
import pytest
from multisynth.vision.capture.upright import centres, settled, turn, up_of, upright
from scipy.spatial.transform import Rotation

from tests.vision.capture.walls import look, path


def orbit(pitch: float) -> np.ndarray:
    """Eight level cameras around the origin that look down by an angle. [8, 4, 4]"""
    around = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    places = np.stack([np.cos(around), np.sin(around), np.full(8, np.tan(pitch))], axis=1) * 3
    return np.stack([look(place, np.zeros(3)) for place in places])


def moved(poses: np.ndarray, seed: int) -> np.ndarray:
    """In a world that was turned at random; and the turn. [N, 4, 4]"""
    world = np.eye(4)
    world[:3, :3] = Rotation.random(random_state=seed).as_matrix()
    return poses @ np.linalg.inv(world), world[:3, :3]


@pytest.mark.parametrize("pitch", [0.0, 0.5, 1.2])
@pytest.mark.parametrize("seed", range(4))
def test_level_cameras_tell_which_way_is_up_however_far_they_look_down(pitch: float, seed: int) -> None:
    poses, world = moved(orbit(pitch), seed)
    np.testing.assert_allclose(up_of(poses), world @ [0, 0, 1], atol=1e-6)


def test_where_cameras_look_one_way_their_own_up_decides() -> None:
    """Held level but looking up by 0.3: nothing tells that apart from level, save that people stand upright."""
    poses = np.stack([look(np.array([x, -3, 0]), np.array([x, 0, 0.9])) for x in np.linspace(-1, 1, 5)])
    np.testing.assert_allclose(up_of(poses) @ [0, 0, 1], np.cos(np.arctan(0.3)), atol=1e-6)
    np.testing.assert_allclose(up_of(poses), -poses[0, 1, :3], atol=1e-9)


def test_hands_that_shake_a_little_do_little() -> None:
    rng = np.random.default_rng(0)
    poses = orbit(0.6)
    for pose in poses:
        pose[:3] = Rotation.from_euler("z", rng.normal(0, 0.03)).as_matrix() @ pose[:3]
    assert np.degrees(np.arccos(up_of(poses)[2])) < 2


@pytest.mark.parametrize("up", [[0, 0, 1], [0, 0, -1], [0, -1, 0], [0.6, 0, -0.8]])
def test_the_turn_takes_up_to_z(up: list[float]) -> None:
    rotation = turn(np.array(up, float))
    np.testing.assert_allclose(rotation @ up, [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_a_settled_world_is_centred_on_the_cameras_and_keeps_shapes() -> None:
    poses, _ = moved(np.stack(path(6)), 3)
    places = centres(poses)
    for similarity, scale in ((settled(poses), None), (settled(poses, 4.0), 4.0)):
        new = places @ similarity[:3, :3].T + similarity[:3, 3]
        np.testing.assert_allclose(new.mean(axis=0), 0, atol=1e-12)
        distances, before = (np.linalg.norm(each[:, None] - each, axis=-1) for each in (new, places))
        np.testing.assert_allclose(distances, before * (scale or distances.max() / before.max()), atol=1e-9)
        assert scale is not None or np.linalg.norm(new, axis=1).max() == pytest.approx(1)
    assert np.linalg.det(upright(poses)[:3, :3]) == pytest.approx(1) and not upright(poses)[:3, 3].any()
