from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from multisynth.vision.cameras.outside import checked, rigid
from multisynth.vision.cameras.viewpoint import Viewpoint
from scipy.spatial.transform import Rotation

from multisynth.errors import BadInput

GOOD = Viewpoint(640, 480, np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), np.eye(4))


def k(**changed: float) -> np.ndarray:
    values = {"fx": 500.0, "fy": 500.0, "cx": 320.0, "skew": 0.0, **changed}
    return np.array([[values["fx"], values["skew"], values["cx"]], [0, values["fy"], 240], [0, 0, 1]])


def test_a_rounded_rotation_is_made_exact():
    turn = np.eye(4)
    angle = 0.3
    turn[:2, :2] = np.round([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], 4)
    matrix = checked(GOOD.at(turn)).world_to_camera
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(matrix, turn, atol=1e-4)


def test_what_files_round_to_is_a_rotation():
    for rotation in Rotation.random(2000, random_state=0).as_matrix():
        matrix = np.eye(4)
        matrix[:3, :3] = np.round(rotation, 3)
        assert np.abs(rigid(matrix)[:3, :3] - rotation).max() < 1e-3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"intrinsics": k(fx=0)}, "fx is 0 px"),
        ({"intrinsics": k(fy=-500)}, "fy is -500 px"),
        ({"intrinsics": k(fx=np.nan)}, "finite"),
        ({"intrinsics": k(skew=3)}, "skew"),
        ({"intrinsics": k(cx=5e4)}, "principal point x is 50000"),
        ({"intrinsics": np.eye(2)}, "3 × 3"),
        ({"width": 0}, "width is 0 px"),
        ({"height": 10**9}, "16384"),
        ({"world_to_camera": 2 * np.eye(4)}, "last row [0.0, 0.0, 0.0, 2.0]"),
        ({"world_to_camera": np.diag([2.0, 2, 2, 1])}, "not rigid: it scales by 2, 2, 2"),
        ({"world_to_camera": np.diag([1.0, 1, 1.002, 1])}, "not rigid"),
        ({"world_to_camera": np.diag([1e308, 1e308, 1e308, 1])}, "not rigid"),
        ({"world_to_camera": np.diag([0.0, 0, 0, 1])}, "not rigid"),
        ({"world_to_camera": np.diag([-1.0, 1, 1, 1])}, "mirrors"),
        ({"world_to_camera": np.full((4, 4), np.inf)}, "4 × 4 finite"),
        ({"lens": "spherical"}, "known: pinhole, opencv, fisheye"),
        ({"lens": "fisheye", "distortion": (0.1,) * 5}, "5 distortion coefficients"),
        ({"lens": "opencv", "distortion": (np.inf,) * 4}, "finite"),
    ],
)
def test_what_is_no_camera_is_refused_by_field_value_and_remedy(changes, says):
    with pytest.raises(BadInput) as refused:
        checked(replace(GOOD, **changes), "cameras.json: frame 3")
    assert says in str(refused.value) and "cameras.json: frame 3" in str(refused.value)
    assert refused.value.remedy
