"""Distance along the ray, against closed forms."""

import numpy as np
from multisynth.vision.labels.distance import distance

from tests.scenes.render.balls import BALL, ball_on_plane, closed_form, rays_of
from tests.vision.labels.seeing import viewpoint


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
