"""Distance and normals from depth, against closed forms."""

import numpy as np
import pytest
from multisynth.vision.labels.distance import distance, normals_from_depth

from tests.scenes.render.balls import BALL, ball_on_plane, closed_form, rays_of
from tests.vision.labels.seeing import seen, viewpoint


def test_distance_is_from_the_centre_to_the_point():
    camera = ball_on_plane().cameras[0]
    depth, _, _, _ = closed_form(camera, BALL[0, :3])
    _, directions, _ = rays_of(camera)
    want = np.linalg.norm(directions * depth[..., None], axis=-1)
    assert (
        np.abs(distance(viewpoint(camera), depth.astype(np.float32)) / np.maximum(want, 1e-9) - 1)[depth > 0].max()
        < 1e-6
    )
    assert not distance(viewpoint(camera), np.zeros((120, 160), np.float32)).any()


@pytest.mark.parametrize("lens", ["pinhole", "fisheye"])
def test_normals_from_depth_are_the_surface_s(lens):
    scene = ball_on_plane(320, 240)
    view = viewpoint(scene.cameras[0], lens=lens, distortion=() if lens == "pinhole" else (0.02, 0.0, 0.0, 0.0))
    (a,) = seen(scene, [view], [BALL])
    got = normals_from_depth(view, a.depth)
    there = (a.depth > 0) & (a.depth < 6)
    angle = np.degrees(np.arccos(np.clip((got * a.normals).sum(-1), -1, 1)))[there]
    assert np.median(angle) < 0.5
    assert np.quantile(angle, 0.97) < 5  # the rim of the ball, one pixel wide, is all that is worse
    assert np.allclose(np.linalg.norm(got[there], axis=-1), 1, atol=1e-5)
    assert not got[a.depth == 0].any()
