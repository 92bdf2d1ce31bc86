from __future__ import annotations

import cv2
import numpy as np
import pytest
from multisynth.vision.cameras.distortion import reach
from multisynth.vision.cameras.lenses import focal, onto_image, project, rays, unit_rays, unproject
from multisynth.vision.cameras.viewpoint import Viewpoint

K = np.array([[410.0, 0, 322.5], [0, 405.0, 238.25], [0, 0, 1]])
BROWN = (-0.28, 0.09, 0.0011, -0.0007)
LENSES = {
    "pinhole": ("pinhole", ()),
    "brown": ("opencv", BROWN),
    "brown with k3": ("opencv", (*BROWN, -0.01)),
    "rational": ("opencv", (0.1, 0.03, 0.0008, 0.0004, 0.01, 0.25, 0.04, 0.003)),
    "fisheye": ("fisheye", (-0.02, 0.004, -0.003, 0.0006)),
    "equidistant": ("fisheye", ()),
}
each = pytest.mark.parametrize(("lens", "distortion"), LENSES.values(), ids=LENSES)


def pose() -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = cv2.Rodrigues(np.array([0.3, -0.5, 0.2]))[0]
    matrix[:3, 3] = 0.4, -0.2, 0.7
    return matrix


def camera(lens: str, distortion: tuple[float, ...], width: int = 640, height: int = 480) -> Viewpoint:
    return Viewpoint(width, height, K, pose(), lens, distortion)


@each
def test_projects_as_opencv_does(lens, distortion):
    view = camera(lens, distortion)
    rng = np.random.Generator(np.random.Philox(1))
    local = np.c_[rng.uniform(-0.9, 0.9, (500, 2)), np.ones(500)] * rng.uniform(0.3, 8, (500, 1))
    world = local @ view.camera_to_world[:3, :3].T + view.centre
    turn, shift = cv2.Rodrigues(view.world_to_camera[:3, :3])[0], view.world_to_camera[:3, 3]
    if lens == "fisheye":
        wanted, _ = cv2.fisheye.projectPoints(world[:, None], turn, shift, K, np.array((*distortion, *[0.0] * 4)[:4]))
    else:
        wanted, _ = cv2.projectPoints(world[:, None], turn, shift, K, np.array(distortion or (0.0,) * 4))
    pixels, depth = project(view, world)
    seen = np.isfinite(pixels[:, 0])
    inside = np.hypot(*(local[:, :2] / local[:, 2:]).T) < reach(lens, distortion)
    assert (seen == inside).all() and seen.mean() > 0.7
    np.testing.assert_allclose(pixels[seen], wanted[seen, 0], atol=1e-9)
    np.testing.assert_allclose(depth, local[:, 2], atol=1e-12)


@each
def test_rays_are_the_inverse_and_agree_with_opencv(lens, distortion):
    view = camera(lens, distortion)
    directions = rays(view)
    assert directions.shape == (480, 640, 3)
    pixels, _ = onto_image(view, directions.reshape(-1, 3) * 2.5)
    v, u = np.mgrid[:480, :640].reshape(2, -1) + 0.5
    np.testing.assert_allclose(pixels, np.c_[u, v], atol=1e-6)
    sparse = np.c_[u, v][::977]
    if lens == "fisheye":
        four = np.array((*distortion, *[0.0] * 4)[:4])
        wanted = cv2.fisheye.undistortPoints(sparse[:, None], K, four)
    else:
        stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 500, 1e-14)
        wanted = cv2.undistortPoints(sparse[:, None], K, np.array(distortion or (0.0,) * 4), criteria=stop)
    np.testing.assert_allclose(directions.reshape(-1, 3)[::977, :2], wanted[:, 0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(unit_rays(view), axis=-1), 1, atol=1e-12)


@each
def test_points_come_back_from_their_depth(lens, distortion):
    view = camera(lens, distortion, 64, 48).at(pose())
    depth = np.random.Generator(np.random.Philox(2)).uniform(0.5, 5, (48, 64)).astype(np.float32)
    depth[3, 4] = 0
    points = unproject(view, depth)
    assert np.isnan(points[3, 4]).all() and np.isfinite(points).all(-1).sum() == 48 * 64 - 1
    points[3, 4] = view.centre + view.axis
    pixels, back = project(view, points.reshape(-1, 3))
    back, pixels = back.reshape(48, 64), pixels.reshape(48, 64, 2)
    kept = depth > 0
    np.testing.assert_allclose(back[kept], depth[kept], rtol=1e-12)
    np.testing.assert_allclose(pixels[10, 20], (20.5, 10.5), atol=1e-6)


def test_what_a_lens_cannot_see_is_not_on_its_image():
    view = camera("opencv", (-0.3, 0.0, 0.0, 0.0))
    turning = np.sqrt(1 / 0.9)  # of r (1 - 0.3 r²)
    assert reach("opencv", view.distortion) == pytest.approx(turning)
    pixels, depth = onto_image(view, np.array([[0.99 * turning, 0, 1], [1.01 * turning, 0, 1], [0, 0, -1.0]]))
    assert np.isfinite(pixels).all(-1).tolist() == [True, False, False]
    assert depth.tolist() == [1, 1, -1]
    # the image ends where the model turns back: r = 2/3 of the turning point's distance
    edge = turning * 2 / 3 * K[0, 0] + K[0, 2]
    assert np.isfinite(rays(view, np.array([[edge - 1, K[1, 2]], [edge + 1, K[1, 2]]]))).all(-1).tolist() == [
        True,
        False,
    ]
    fish = camera("fisheye", ())
    assert np.isfinite(rays(fish, K[:2, 2] + [[1.56 * K[0, 0], 0], [1.58 * K[0, 0], 0]])).all(-1).tolist() == [
        True,
        False,
    ]


def test_an_image_of_another_size_or_of_some_rows_sees_the_same():
    view = camera("opencv", BROWN)
    point = np.array([[0.1, 0.2, 4.0]])
    (whole,), _ = project(view, point)
    np.testing.assert_allclose(project(view.scaled(0.5), point)[0], [whole / 2])
    np.testing.assert_allclose(project(view.rows(100, 120), point)[0], [whole - [0, 100]])
    assert view.rows(100, 120).height == 20
    with pytest.raises(ValueError, match="480"):
        view.rows(470, 481)


def test_the_right_eye_sees_a_point_further_left_by_its_disparity():
    view = camera("pinhole", ())
    point = np.array([[0.1, 0.2, 4.0]])
    (left,), (depth,) = project(view, point)
    (right,), (same,) = project(view.right_eye(0.06), point)
    assert same == depth
    np.testing.assert_allclose(left - right, [K[0, 0] * 0.06 / depth, 0], atol=1e-9)
    assert np.linalg.norm(view.right_eye(0.06).centre - view.centre) == pytest.approx(0.06)


@pytest.mark.parametrize("lens", ["pinhole", "fisheye"])
def test_the_focal_length_of_a_field_of_view(lens):
    length = focal(90, 480, lens)
    view = Viewpoint(640, 480, np.array([[length, 0, 320], [0, length, 240], [0, 0, 1]]), np.eye(4), lens)
    top = unit_rays(view, np.array([320.0, 0.0]))
    assert np.degrees(np.arccos(top[2])) == pytest.approx(45, abs=1e-6)
