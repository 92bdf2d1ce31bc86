"""Stereo, against Middlebury's pair in scikit-image and against rays."""

import numpy as np
import pytest
from multisynth.vision.labels.stereo import between, depth_of, disparity, shown, warp

from tests.scenes.render.balls import BALL, ball_on_plane
from tests.vision.labels.seeing import seen, viewpoint

FOCAL, BASELINE, DOFFS = 994.978, 0.193001, 31.086  # of the motorcycle at a quarter of its size; px, m, px


@pytest.fixture(scope="module")
def motorcycle():
    from skimage.data import stereo_motorcycle

    return stereo_motorcycle()


def test_depth_of_a_measured_pair_is_by_the_formula_and_goes_back(motorcycle):
    known = np.isfinite(motorcycle[2])
    depth = depth_of(motorcycle[2], FOCAL, BASELINE, DOFFS)
    want = 994.978 * 193.001 / (motorcycle[2][known].astype(float) + 31.086) / 1000
    assert np.abs(depth[known] / want - 1).max() < 1e-6
    assert 2 < depth[known].min() < depth[known].max() < 6  # a motorcycle in a garage
    assert not depth[~known].any()
    back = disparity(depth, FOCAL, BASELINE, DOFFS)
    assert np.abs(back - motorcycle[2])[known].max() < 1e-4
    assert not back[~known].any()


def test_warping_by_disparity_explains_the_left_image(motorcycle):
    left, right, found = motorcycle
    warped, visible = warp(right, found), shown(found)
    counted = visible & np.isfinite(warped[..., 0])
    assert 0.8 < counted.mean() < 0.9
    error = np.abs(warped - left)[counted].mean()
    assert error < np.abs(right.astype(float) - left)[counted].mean() / 6
    assert error < np.abs(warped - left)[np.isfinite(warped[..., 0])].mean()  # what is hidden was left out
    # half a pixel of mistake would be seen
    assert error < 0.8 * np.nanmean(np.abs(warp(right, found + 0.5) - left)[counted])


def test_rays_of_both_eyes_agree_with_the_formula():
    scene = ball_on_plane(320, 240)
    left = viewpoint(scene.cameras[0])
    right = left.right_eye(0.12)
    a, b = seen(scene, [left, right], [BALL, BALL])
    moved, hidden = between(left, a, right, b)
    there = a.depth > 0
    want = disparity(a.depth, float(left.intrinsics[0, 0]), 0.12)
    assert np.abs(-moved[..., 0] - want)[there].max() < 1e-3
    assert np.abs(moved[..., 1])[there].max() < 1e-3
    alone = shown(np.where(there, want, np.nan), tolerance=2)
    assert (alone == ~hidden)[there].mean() > 0.985
    assert 0.02 < hidden[there].mean() < 0.3


def test_warp_is_bilinear_and_knows_its_edges():
    ramp = np.tile(np.arange(8, dtype=np.float32), (3, 1))
    moved = warp(ramp, np.full((3, 8), 1.25, np.float32))
    assert np.isnan(moved[:, :2]).all()
    assert np.allclose(moved[:, 2:], np.arange(2, 8) - 1.25)
    assert np.isnan(warp(ramp, np.full((3, 8), np.inf))).all()


def test_nearer_things_hide_what_is_behind():
    row = np.zeros((1, 12), np.float32)
    row[0, 5:8] = 4  # lies at 1, 2, 3 in the right image, over the background there
    assert shown(row)[0].tolist() == [True, False, False, False, True, True, True, True, True, True, True, True]
