"""A turned world, against scipy and against closed forms of single bands."""

import numpy as np
import pytest
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.splats import SplatRenderer
from multisynth.vision.splats.turn import turned
from scipy.spatial.transform import Rotation
from scipy.special import sph_harm_y

from tests.vision.splats.clouds import cloud

TURNS = [
    np.eye(3),
    np.diag([1.0, -1.0, -1.0]),
    np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    *Rotation.random(3, random_state=0).as_matrix(),
]


def basis(degree: int, directions: np.ndarray) -> np.ndarray:
    """Real harmonics as splats have them, from scipy's complex ones. [K, 3] → [K, (D + 1)²]"""
    polar, azimuth = np.arccos(directions[:, 2]), np.arctan2(directions[:, 1], directions[:, 0])
    columns = []
    for band in range(degree + 1):
        for order in range(-band, band + 1):
            value = sph_harm_y(band, abs(order), polar, azimuth)
            columns.append(value.real if order == 0 else 2**0.5 * (value.imag if order < 0 else value.real))
    return np.stack(columns, -1)


@pytest.mark.parametrize("rotation", TURNS)
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_colours_turn_with_the_world(degree: int, rotation: np.ndarray) -> None:
    given = cloud(40, degree)
    found = turned(given, rotation).harmonics
    directions = np.random.default_rng(1).normal(size=(200, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    before = np.einsum("kh,nhc->knc", basis(degree, directions), given.harmonics)
    after = np.einsum("kh,nhc->knc", basis(degree, directions @ rotation.T), found)
    np.testing.assert_allclose(after, before, atol=1e-5)
    for band in range(degree + 1):  # a rotation is orthogonal within each band
        own = slice(band**2, (band + 1) ** 2)
        norms = [np.linalg.norm(each[:, own], axis=1) for each in (given.harmonics, found)]
        np.testing.assert_allclose(*norms, rtol=1e-5)


@pytest.mark.parametrize("rotation", TURNS)
def test_the_first_band_is_a_vector(rotation: np.ndarray) -> None:
    """Its terms are -y, z, -x, so that the colour is a linear function of the direction, whose gradient turns."""
    given, signs = cloud(20, 1), np.array([-1, -1, 1])
    vectors, found = (
        (each[:, [3, 1, 2]].transpose(0, 2, 1) * signs) for each in (given.harmonics, turned(given, rotation).harmonics)
    )
    np.testing.assert_allclose(found, vectors @ rotation.T, atol=1e-6)


@pytest.mark.parametrize("rotation", TURNS)
def test_places_and_axes_turn(rotation: np.ndarray) -> None:
    given = cloud(50, 0, instances=True)
    found = turned(given, rotation)
    np.testing.assert_allclose(found.means, given.means @ rotation.T, atol=1e-5)
    expected = Rotation.from_matrix(rotation) * Rotation.from_quat(given.quaternions, scalar_first=True)
    axes = Rotation.from_quat(found.quaternions, scalar_first=True).as_matrix()
    np.testing.assert_allclose(axes, expected.as_matrix(), atol=1e-6)
    np.testing.assert_array_equal(found.log_scales, given.log_scales)
    np.testing.assert_array_equal(found.instances, given.instances)


def test_a_camera_that_turns_with_the_world_sees_the_same() -> None:
    given, rotation, pose = cloud(60), np.eye(4), np.eye(4)
    given.log_scales[:] = np.random.default_rng(0).uniform(-3, -0.5, given.log_scales.shape)
    rotation[:3, :3], pose[2, 3] = TURNS[3], 6
    camera = Viewpoint(40, 30, np.array([[30.0, 0, 20], [0, 30, 15], [0, 0, 1]]), pose)
    (seen,) = SplatRenderer(given, "cpu").render([camera])
    (again,) = SplatRenderer(turned(given, rotation[:3, :3]), "cpu").render([camera.at(pose @ rotation.T)])
    assert seen.radiance.std() > 0.1
    for one, other in ((seen.radiance, again.radiance), (seen.opacity, again.opacity)):
        np.testing.assert_allclose(other, one, atol=2e-4)
