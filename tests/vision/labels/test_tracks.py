"""Point tracks, against closed forms and against flow."""

import numpy as np
import pytest
from multisynth.vision.labels.flow import flow
from multisynth.vision.labels.tracks import Tracks

from tests.scenes.render.balls import BALL, ball_on_plane
from tests.vision.labels.seeing import moved_truth, seen, viewpoint
from tests.vision.labels.test_flow import ROLLED


@pytest.fixture(scope="module")
def two_frames():
    scene = ball_on_plane(320, 240)
    cameras = scene.cameras[0], scene.cameras[0].model_copy(update={"position": (1.3, -1.1, 0.7)})
    views = [viewpoint(camera) for camera in cameras]
    return cameras, views, seen(scene, views, [BALL, ROLLED])


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.Philox(1))


def test_points_go_where_their_surface_goes(two_frames):
    cameras, views, (a, b) = two_frames
    tracks = Tracks.drawn(views[0], a, 300, rng(), BALL)
    first, second = tracks.at(views[0], a, BALL), tracks.at(views[1], b, ROLLED)
    assert [t["point"] for t in first] == list(range(300)) == [t["point"] for t in second]
    assert all(t["visible"] for t in first)
    columns, rows = (np.array([t[axis] for t in first]) - 0.5 for axis in "xy")
    assert np.allclose(columns, np.round(columns), atol=1e-4)
    pixels = tuple(np.round([rows, columns]).astype(int))
    assert len(set(zip(*pixels, strict=True))) == 300
    assert np.allclose([t["depth"] for t in first], a.depth[pixels], rtol=1e-6)
    balls = a.instances[pixels] == 700
    assert balls.mean() > 1.5 * (a.instances == 700).mean()  # small things get more than their area

    places, hidden = moved_truth(*cameras, a.depth.astype(float), a.instances, BALL, ROLLED)
    near = a.depth[pixels] < 15
    got = np.array([[t["x"], t["y"]] for t in second])
    assert np.abs(got - places[pixels])[near].max() < 2e-3
    moved, covered = flow(views[0], a, views[1], b, BALL, ROLLED)
    assert np.abs(got - moved[pixels] - np.stack([columns, rows], -1) - 0.5)[near].max() < 2e-3
    assert [not t["visible"] for t in second] == covered[pixels].tolist()
    assert (np.array([t["visible"] for t in second]) != hidden[pixels]).mean() > 0.96


def test_behind_the_camera_there_is_no_place_and_the_depth_is_negative(two_frames):
    cameras, views, (a, _) = two_frames
    tracks = Tracks.drawn(views[0], a, 20, rng(), BALL)
    x, y, z = cameras[0].position
    back = viewpoint(cameras[0].model_copy(update={"target": (2 * x, 2 * y, z + 0.9)}))
    behind = tracks.at(back, a, BALL)
    assert any(t["depth"] < 0 for t in behind)
    for point in behind:
        assert (point["x"] is None) == (point["depth"] <= 0)
        assert not (point["visible"] and point["depth"] <= 0)


def test_there_are_no_more_points_than_pixels_with_a_surface():
    scene = ball_on_plane(16, 12)
    camera = scene.cameras[0]
    up = camera.model_copy(update={"target": (1.1, -1.4, 9), "position": (1.1, -1.4, 0.9)})
    view, sky = viewpoint(camera), viewpoint(up)
    a, b = seen(scene, [view, sky], [BALL, BALL])
    assert len(Tracks.drawn(view, a, 10_000, rng(), BALL).at(view, a, BALL)) == np.count_nonzero(a.depth)
    assert Tracks.drawn(sky, b, 10, rng(), BALL).at(sky, b, BALL) == []
