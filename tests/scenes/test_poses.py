import numpy as np
from multisynth.scenes.poses import about, continuous, from_rpy, quaternion, rotation, transform
from scipy.spatial.transform import Rotation

TURNS = Rotation.random(200, random_state=np.random.default_rng(0))


def test_rotation_equals_scipys():
    wxyz = TURNS.as_quat()[:, [3, 0, 1, 2]]
    np.testing.assert_allclose(rotation(wxyz), TURNS.as_matrix(), atol=1e-12)


def test_quaternion_inverts_rotation_even_at_half_turns():
    halves = [np.diag([1.0, -1, -1]), np.diag([-1.0, 1, -1]), np.diag([-1.0, -1, 1]), np.eye(3)]
    for matrix in [*TURNS.as_matrix(), *halves]:
        q = quaternion(matrix)
        assert q[0] >= 0
        np.testing.assert_allclose(rotation(q), matrix, atol=1e-12)


def test_from_rpy_and_about_equal_scipys():
    for roll, pitch, yaw in np.random.default_rng(1).uniform(-3, 3, (20, 3)):
        expected = Rotation.from_euler("xyz", [roll, pitch, yaw]).as_matrix()
        np.testing.assert_allclose(from_rpy(roll, pitch, yaw), expected, atol=1e-12)
        axis = np.array([roll, pitch, yaw]) / np.linalg.norm([roll, pitch, yaw])
        np.testing.assert_allclose(about(axis, 0.7), Rotation.from_rotvec(axis * 0.7).as_matrix(), atol=1e-12)


def test_transform_places_points():
    matrix = transform(np.array([1.0, 2.0, 3.0]), np.array([np.sqrt(0.5), 0, 0, np.sqrt(0.5)]))
    np.testing.assert_allclose(matrix @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)


def test_continuous_keeps_the_turns_and_takes_the_shorter_way():
    angles = np.linspace(0, 4 * np.pi, 50)
    smooth = Rotation.from_rotvec(angles[:, None] * [0, 0.6, 0.8]).as_quat(canonical=True)[:, [3, 0, 1, 2]]
    both = np.stack([smooth, -smooth], axis=1)
    mended = continuous(both)
    assert (np.abs(smooth[1:] - smooth[:-1]).max(-1) > 1).any()
    assert np.abs(mended[1:] - mended[:-1]).max() < 0.2
    np.testing.assert_allclose(rotation(mended), rotation(both), atol=1e-12)
