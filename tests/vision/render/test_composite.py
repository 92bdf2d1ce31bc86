"""A ball before, behind and within a captured wall."""

import numpy as np
import pytest
from multisynth.scenes.schema import Body, Light, Part, Pattern, Scene, Shape
from multisynth.vision.render.composite import Composite
from multisynth.vision.render.rays import RayRenderer
from multisynth.vision.render.splats import SplatRenderer
from multisynth.vision.splats.gaussians import Gaussians

from multisynth.errors import BadInput
from tests.vision.render.test_splats import viewpoint, wall

BALL = Shape(kind="sphere", size=(0.5,), colour=(0.9, 0.1, 0.1))
SCENE = Scene(
    bodies=(Body(name="ball", category="ball", instance=5, parts=(Part(name="ball", shapes=(BALL,)),)),),
    light=Light(direction=(0, 0, 1), intensity=0.0, ambient=0.5),
)


def seen(z: float, volume: Gaussians | None = None, offset: int = 9):
    """Both, the ball alone and the wall alone, the ball in the middle of the picture."""
    cloud = volume or wall(instance=9)
    place, ball = SplatRenderer(cloud, "cpu"), RayRenderer(SCENE)
    poses = np.array([[[0, 0, z, 1.0, 0, 0, 0]]])
    (both,) = Composite(place, ball, offset).render([viewpoint()], poses)
    (alone,), (bare,) = ball.render([viewpoint()], poses), place.render([viewpoint()])
    return both, alone, bare


def test_what_is_before_the_wall_is_seen_and_what_is_behind_it_is_not():
    both, ball, bare = seen(2.0)
    inside = ball.opacity == 1
    assert inside.sum() > 200
    assert np.allclose(both.radiance[inside], ball.radiance[inside])
    assert np.array_equal(both.depth[inside], ball.depth[inside])
    assert (both.instances[inside] == 14).all()
    assert (both.parts[inside] == 0).all()
    outside = ball.opacity == 0
    assert np.allclose(both.radiance[outside], bare.radiance[outside])
    assert (both.instances[outside] == bare.instances[outside]).all()
    assert (both.parts[outside] == -1).all()

    behind, _, bare = seen(7.0)
    assert (behind.instances == bare.instances).all()
    assert np.abs(behind.radiance - bare.radiance).max() < 0.02
    assert behind.covered[14].sum() > 20


def test_a_ball_in_the_wall_shows_the_half_that_stands_out():
    both, _, bare = seen(4.0)
    assert 20 < (both.instances == 14).sum() < (bare.depth > 0).sum() / 4
    assert both.depth[24, 32] < 3.6


def test_edges_hold_no_sky():
    """An edge's light is a mix of the ball's and the wall's, each by its share."""
    both, ball, bare = seen(2.0)
    edge = (ball.opacity > 0) & (ball.opacity < 1)
    assert edge.sum() > 30
    share = ball.opacity[edge][:, None]
    alone = (ball.radiance[edge] - (1 - share) * 0.5) / share
    assert np.allclose(both.radiance[edge], share * alone + (1 - share) * bare.radiance[edge], atol=1e-5)
    assert both.radiance[edge].max() < max(ball.radiance[ball.opacity == 1].max(), bare.radiance.max()) + 1e-4


def test_a_thin_veil_lets_a_ball_through():
    veil = wall(colour=(1, 1, 1), instance=9)
    thin = Gaussians(**{**vars(veil), "logit_opacities": np.full(len(veil), -3.0, np.float32)})
    both, ball, bare = seen(6.0, thin)
    inside = ball.opacity == 1
    assert 0.02 < bare.opacity[inside].mean() < 0.4
    passed = 1 - bare.opacity[inside][:, None]
    assert np.allclose(both.radiance[inside], bare.radiance[inside] + passed * ball.radiance[inside], atol=1e-6)
    assert (both.instances[inside] == 14).all()
    assert np.array_equal(both.depth[inside], ball.depth[inside])


def test_a_white_veil_before_a_white_wall_is_as_white():
    """Also where it is half transparent: light adds up, codes of sRGB do not."""
    veil = wall(colour=(1, 1, 1))
    half = Gaussians(**{**vars(veil), "logit_opacities": np.full(len(veil), -1.5, np.float32)})
    sheet = Shape(kind="box", size=(20, 20, 0.1), colour=(1, 1, 1))
    white = Part(name="wall", shapes=(sheet,), moves=False, position=(0, 0, 6))
    scene = Scene(
        bodies=(Body(name="wall", category="wall", instance=5, parts=(white,)),),
        light=Light(direction=(0, 0, 1), intensity=0.0, ambient=2.0),  # of which a face that looks down gets half
        pattern=Pattern(contrast=0.0),
    )
    place = SplatRenderer(half, "cpu", median=False)
    (veiled,), (both,) = place.render([viewpoint()]), Composite(place, RayRenderer(scene)).render([viewpoint()])
    assert ((veiled.opacity > 0.2) & (veiled.opacity < 0.95)).mean() > 0.3
    assert np.allclose(both.radiance, 1, atol=1e-3)
    assert veiled.volume and both.volume


def test_ids_that_do_not_fit_are_bad_input():
    with pytest.raises(BadInput, match="65535"):
        Composite(SplatRenderer(wall(), "cpu"), RayRenderer(SCENE), 65533)
