"""Apparent temperature from close by, against the formulas of the light folder pixel by pixel."""

import numpy as np
import pytest
from multisynth.scenes.render.world import World
from multisynth.vision.labels.bodies import Bodies
from multisynth.vision.labels.thermal import Climate, Heat, Matter, temperature
from multisynth.vision.light.thermal import leaving
from pydantic import ValidationError

from tests.scenes.render.balls import BALL, ball_on_plane
from tests.vision.labels.seeing import seen, viewpoint


@pytest.fixture(scope="module")
def buffers():
    scene = ball_on_plane()
    view = viewpoint(scene.cameras[0].model_copy(update={"target": (0, 0, 0.6)}))
    return seen(scene, [view], [BALL])[0]


def test_every_pixel_is_what_planck_says(buffers):
    heat = Heat({0: 290.0, 3: 285.0, 700: 330.0}, {0: 0.9, 3: 0.95, 700: 0.4}, 280.0, 250.0)
    got = temperature(buffers.depth, buffers.instances, heat)
    assert (got.dtype, got.shape) == (np.float32, (120, 160))
    want = np.where(buffers.instances == 700, leaving(330.0, 0.4, 280.0), leaving(285.0, 0.95, 280.0))
    want[buffers.depth == 0] = 250
    assert np.abs(got - want).max() < 1e-4
    assert set(np.unique(buffers.instances)) == {0, 3, 700}


def test_no_air_is_before_it(buffers):
    """The plane goes on for many metres, and shows one temperature near and far."""
    heat = Heat({0: 300.0}, {0: 1.0}, 200.0, 250.0)
    got, there = temperature(buffers.depth, buffers.instances, heat), buffers.depth > 0
    assert buffers.depth.max() > 3 * buffers.depth[there].min()
    assert np.abs(got[there] - 300).max() < 1e-4


def test_draws_stay_in_their_ranges_and_depend_on_the_generator_alone():
    things = [Bodies(World(ball_on_plane()))]
    climate = Climate(matter={"ball": Matter(temperature=(350, 360), emissivity=(0.1, 0.2))}, around=(280, 281))

    def draw(key: int) -> Heat:
        return Heat.drawn(climate, things, np.random.Generator(np.random.Philox(key)))

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    for key in range(20):
        heat = draw(key)
        assert 350 <= heat.temperatures[700] <= 360
        assert 0.1 <= heat.emissivities[700] <= 0.2
        assert 291 <= heat.temperatures[3] <= 295
        assert 280 <= heat.around <= 281
    with pytest.raises(ValidationError, match="above the high end"):
        Climate(around=(300, 290))
