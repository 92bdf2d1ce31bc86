"""Flow and what the other image hides, against closed forms of a ball that rolls on a plane."""

from dataclasses import replace

import numpy as np
import pytest
from multisynth.vision.cameras.lenses import rays
from multisynth.vision.labels.flow import flow

from tests.scenes.render.balls import BALL, ball_on_plane
from tests.vision.labels.seeing import moved_truth, seen, viewpoint

ROLLED = np.array([[0.2, 0.05, 0.25, np.cos(0.4), 0.1, np.sin(0.4), 0.2]])


@pytest.mark.parametrize("moves", ["camera", "ball", "both"])
def test_flow_is_the_reprojection_and_hidden_is_what_the_ball_blocks(moves):
    scene = ball_on_plane(320, 240)
    camera = scene.cameras[0]
    other = camera.model_copy(update={"position": (1.3, -1.1, 0.7)}) if moves != "ball" else camera
    after = ROLLED if moves != "camera" else BALL
    one, two = viewpoint(camera), viewpoint(other)
    a, b = seen(scene, [one, two], [BALL, after])
    there = a.depth > 0
    for way in ((one, a, two, b, BALL, after, camera, other), (two, b, one, a, after, BALL, other, camera)):
        moved, hidden = flow(*way[:6])
        assert (moved.dtype, moved.shape, hidden.dtype) == (np.float32, (240, 320, 2), bool)
        places, blocked = moved_truth(way[6], way[7], way[1].depth.astype(float), way[1].instances, way[4], way[5])
        v, u = np.mgrid[:240, :320] + 0.5
        there = (way[1].depth > 0) & (way[1].depth < 15)
        error = np.linalg.norm(moved - (places - np.stack([u, v], -1)), axis=-1)[there]
        assert error.max() < 1e-3
        assert np.linalg.norm(moved, axis=-1)[there].max() > 5
        assert 0.005 < blocked[there].mean() < 0.5
        assert (hidden == blocked)[there].mean() > 0.995
        # both ways of being wrong are rare inside the image, but for points of the ball just beyond its horizon
        inside = there & (places >= 0).all(-1) & (places < [320, 240]).all(-1)
        assert (hidden & blocked & inside).sum() > 0.85 * (blocked & inside).sum()
        assert (hidden & blocked & inside).sum() > 0.9 * (hidden & inside).sum()


def test_another_lens_on_the_other_side():
    import cv2

    scene = ball_on_plane(160, 120)
    coefficients = (0.05, -0.01, 0.002, 0.0)
    one = viewpoint(scene.cameras[0])
    k = np.array([[90.0, 0, 80], [0, 90, 60], [0, 0, 1]])
    two = viewpoint(scene.cameras[1], lens="fisheye", distortion=coefficients)
    two = replace(two, intrinsics=k)
    a, b = seen(scene, [one, two], [BALL, BALL])
    moved, _ = flow(one, a, two, b)
    there = (a.depth > 0) & (a.depth < 10)
    matrix = two.world_to_camera @ np.linalg.inv(one.world_to_camera)
    points = (rays(one) * a.depth[..., None].astype(float))[there] @ matrix[:3, :3].T + matrix[:3, 3]
    front = points[:, 2] > 0.05 * np.linalg.norm(points, axis=1)
    want, _ = cv2.fisheye.projectPoints(
        points[front].reshape(-1, 1, 3), np.zeros(3), np.zeros(3), k, np.array(coefficients)
    )
    v, u = np.nonzero(there)
    got = moved[there][front] + np.stack([u + 0.5, v + 0.5], -1)[front]
    assert front.sum() > 1000
    assert np.abs(got - want[:, 0]).max() < 1e-3


def test_what_is_infinitely_far_moves_as_the_camera_turns():
    scene = ball_on_plane()
    camera = scene.cameras[1].model_copy(update={"target": (0, 0, 0.6)})
    other = camera.model_copy(update={"target": (0.1, 0.3, 0.7), "position": (-1.5, 0.3, 0.5)})
    one, two = viewpoint(camera), viewpoint(other)
    a, b = seen(scene, [one, two], [BALL, BALL])
    moved, hidden = flow(one, a, two, b, BALL, BALL)
    sky = a.depth == 0
    assert sky.mean() > 0.2
    k = camera.intrinsics
    homography = k @ (other.world_to_camera @ np.linalg.inv(camera.world_to_camera))[:3, :3] @ np.linalg.inv(k)
    v, u = np.mgrid[:120, :160] + 0.5
    there = np.stack([u, v, np.ones_like(u)], -1) @ homography.T
    there = there[..., :2] / there[..., 2:]
    assert np.abs(moved - (there - np.stack([u, v], -1)))[sky].max() < 1e-3
    row, column = np.floor(there[..., 1]).astype(int), np.floor(there[..., 0]).astype(int)
    inside = (row >= 0) & (row < 120) & (column >= 0) & (column < 160)
    covered = ~inside | (b.depth[np.clip(row, 0, 119), np.clip(column, 0, 159)] > 0)
    assert np.array_equal(hidden[sky], covered[sky])


def test_what_lies_behind_the_other_camera_is_hidden_and_has_no_flow():
    scene = ball_on_plane()
    camera = scene.cameras[0]
    x, y, z = camera.position
    back = camera.model_copy(update={"target": (2 * x, 2 * y, 2 * z)})
    one, two = viewpoint(camera), viewpoint(back)
    a, b = seen(scene, [one, two], [BALL, BALL])
    moved, hidden = flow(one, a, two, b)
    ball = a.instances == 700
    assert hidden[ball].all()
    assert not moved[ball].any()
    assert np.isfinite(moved).all()


def test_poses_that_do_not_fit_are_refused():
    scene = ball_on_plane(32, 24)
    one = viewpoint(scene.cameras[0])
    (a,) = seen(scene, [one], [BALL])
    with pytest.raises(ValueError, match="both moments"):
        flow(one, a, one, a, BALL)
    high = replace(a, parts=np.full((24, 32), 3, np.int32))
    with pytest.raises(ValueError, match="part 3"):
        flow(one, high, one, a, BALL, BALL)
