"""Observations against the filmed frame, and points against closed forms."""

import numpy as np
import pytest
from multisynth.scenes.render import renderer
from multisynth.scenes.render.observe import CHANNELS, Observer
from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World

from multisynth.errors import BadInput
from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane

SCENE = ball_on_plane(84, 84)
CAMERA = SCENE.cameras[0]


@pytest.mark.parametrize("channels", [CHANNELS, *((name,) for name in CHANNELS), ("segmentation", "rgb")])
def test_every_choice_of_channels_has_the_images_that_are_filmed(channels):
    world = World(SCENE)
    view = Renderer(world, CAMERA).view(BALL)
    film = {
        "rgb": view.rgb,
        "depth": view.hits.depth.reshape(84, 84),
        "segmentation": world.instances[view.hits.shape + 1].reshape(84, 84),
    }
    observer = Observer(world, CAMERA, channels)
    observer.observe(BALL + np.array([0.3, 0, 0, 0, 0, 0, 0]))  # what was seen before leaves nothing behind
    seen = observer.observe(BALL)
    assert tuple(seen) == channels
    assert {name: (array.shape, array.dtype.type) for name, array in seen.items()} == observer.shapes
    for name in set(film) & set(channels):
        assert np.array_equal(seen[name], film[name])


def test_depth_segmentation_and_points_are_not_shaded(monkeypatch):
    def refuse(*_):
        raise AssertionError("shaded")

    monkeypatch.setattr(renderer, "encoded", refuse)
    monkeypatch.setattr(renderer, "direct", refuse)
    assert Observer(World(SCENE), CAMERA, ("depth", "segmentation", "pointcloud")).observe(BALL)["depth"].any()
    with pytest.raises(AssertionError, match="shaded"):
        Observer(World(SCENE), CAMERA, ("rgb",)).observe(BALL)


def test_points_lie_on_the_ball_and_on_the_slab():
    observer = Observer(World(SCENE), CAMERA, ("pointcloud", "segmentation"), points=2000)
    seen = observer.observe(BALL)
    points = seen["pointcloud"].astype(np.float64)
    from_ball = np.abs(np.linalg.norm(points - BALL[0, :3], axis=1) - RADIUS)
    # the slab is 40 m wide, and a float32 has 1e-6 m of 20 m
    assert np.minimum(from_ball, np.abs(points[:, 2])).max() < 1e-5
    share = (seen["segmentation"] == 700).sum() / (seen["segmentation"] > 0).sum()
    assert (from_ball < 1e-5).mean() == pytest.approx(share, abs=0.05)
    assert len(np.unique(points, axis=0)) == 2000
    assert np.array_equal(observer.observe(BALL)["pointcloud"], seen["pointcloud"])


def test_points_are_repeated_where_too_few_are_seen_and_zero_where_none():
    high = SCENE.model_copy(update={"bodies": SCENE.bodies[1:]})
    observer = Observer(World(high), CAMERA, ("pointcloud", "depth"), points=3000)
    seen = observer.observe(BALL)
    count = (seen["depth"] > 0).sum()
    assert 0 < count < 3000
    assert len(np.unique(seen["pointcloud"], axis=0)) == count
    assert not observer.observe(BALL - np.array([0, 9, 0, 0, 0, 0, 0]))["pointcloud"].any()


def test_what_cannot_be_observed_is_bad_input():
    with pytest.raises(BadInput, match="called `normals`"):
        Observer(World(SCENE), CAMERA, ("normals",))
    with pytest.raises(BadInput, match="0 points"):
        Observer(World(SCENE), CAMERA, points=0)
    with pytest.raises(BadInput, match="pose"):
        Observer(World(SCENE), CAMERA).observe(BALL[:0])
