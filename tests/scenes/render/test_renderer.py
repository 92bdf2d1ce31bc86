"""Light and shadow against closed forms."""

import numpy as np
import pytest
from multisynth.scenes.render import renderer
from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Light, Pattern, Scene, Shape

from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane, body


def linear(rgb: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, the other way round."""
    c = rgb / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def points(renderer: Renderer, depth: np.ndarray) -> np.ndarray:
    """World points of pixels. [N, 3]"""
    matrix = renderer.eye.world_to_camera
    return (depth[:, None] * renderer.tracer.directions - matrix[:3, 3]) @ matrix[:3, :3]


def inner(mask: np.ndarray, renderer: Renderer) -> np.ndarray:
    """The pixels whose neighbours are in a mask too: none of them is the mean of two surfaces. [N] bool"""
    import cv2

    image = mask.reshape(renderer.eye.height, renderer.eye.width).astype(np.uint8)
    return cv2.erode(image, np.ones((3, 3), np.uint8)).ravel().astype(bool)


def test_shadow_of_a_ball_is_the_ellipse_that_it_casts():
    renderer = Renderer(World(ball_on_plane(320, 240)), ball_on_plane(320, 240).cameras[0])
    view = renderer.view(BALL)
    slab = view.hits.shape == 0
    away = -np.array(renderer.light.direction) / np.linalg.norm(renderer.light.direction)
    offset = points(renderer, view.hits.depth) - BALL[0, :3]
    along = offset @ away
    clear = np.linalg.norm(offset - along[:, None] * away, axis=1)  # from the axis of the shadow
    dark = slab & (clear < RADIUS * 0.98) & (along < 0)
    bright = slab & ((clear > RADIUS * 1.02) | (along > 0)) & (points(renderer, view.hits.depth)[:, 2] < 0.01)
    dark, bright = inner(dark, renderer), inner(bright, renderer)
    assert dark.sum() > 500
    radiance = linear(view.rgb.reshape(-1, 3)[:, 0])
    in_shadow = 0.5 * renderer.light.ambient
    assert radiance[dark].max() < in_shadow * (1 + Pattern().contrast) * 1.03
    lit = in_shadow + 0.5 * renderer.light.intensity / np.pi * away[2]
    assert radiance[bright].min() > min(lit * (1 - Pattern().contrast) * 0.97, 1.0)


def test_a_matt_face_has_lamberts_radiance():
    light = Light(direction=(0, 1, -1), colour=(1.0, 0.5, 0.25), intensity=1.5, ambient=0.2)
    face = body("face", 1, Shape(kind="box", size=(0.3, 0.3, 0.3), colour=(0.6, 0.4, 0.2)))
    camera = Camera(name="c", width=40, height=40, position=(0, -0.001, 3), target=(0, 0, 0), fov=3)
    view = Renderer(World(Scene(bodies=(face,), light=light, cameras=(camera,))), camera).view(
        np.array([[0, 0, 0, 1, 0, 0, 0]])
    )
    want = np.array([0.6, 0.4, 0.2]) * (0.2 + 1.5 / np.pi * np.sqrt(0.5) * np.array(light.colour))
    # the highlight of light at 45° seen from above is cos(22.5°)^40 of its peak
    gloss = 0.04 * 6 * np.cos(np.radians(22.5)) ** 40 * 1.5 / np.pi * np.sqrt(0.5) * np.array(light.colour)
    assert np.abs(linear(view.rgb[20, 20]) - want - gloss).max() < 0.006


def test_no_surface_shades_itself():
    """Every lit pixel of a convex thing is brighter than the glow alone."""
    renderer = Renderer(World(ball_on_plane()), ball_on_plane().cameras[0])
    view = renderer.view(BALL + np.array([0, 0, 0.3, 0, 0, 0, 0]))
    ball = inner(view.hits.shape == 1, renderer)
    cosine = view.hits.normals @ renderer.toward
    glow = 0.6 * renderer.light.ambient * (0.75 + 0.25 * (view.hits.normals @ renderer.up))
    red = linear(view.rgb.reshape(-1, 3)[:, 0])
    lit, unlit = inner(ball & (cosine > 0.1), renderer), inner(ball & (cosine < 0), renderer)
    assert min(lit.sum(), unlit.sum()) > 50
    assert (red[lit] > 1.1 * glow[lit]).all()
    assert np.abs(red[unlit] - glow[unlit]).max() < 0.004


def test_edges_are_between_the_colours_that_meet_there():
    """An edge pixel has the mean of fine samples: compare with the mean of 8 × 8 pixels of a finer image."""
    scene, fine = ball_on_plane(80, 60), ball_on_plane(640, 480)
    coarse = Renderer(World(scene), scene.cameras[0]).view(BALL).rgb
    large = Renderer(World(fine), fine.cameras[0]).view(BALL).rgb
    mean = linear(large.reshape(60, 8, 80, 8, 3)).mean(axis=(1, 3))
    edges = renderer.edge(coarse, renderer.CONTRAST)
    assert edges.sum() > 100
    error = np.abs(linear(coarse) - mean)[edges].max(axis=1)
    plain = np.abs(linear(large[4::8, 4::8]) - mean)[edges].max(axis=1)
    assert np.mean(error) < 0.5 * np.mean(plain)


@pytest.mark.parametrize("shapes", [3, 70])
def test_a_frame_does_not_depend_on_what_was_filmed_before(shapes):
    """With more shapes than the bits that edge samples share, too."""
    rng = np.random.Generator(np.random.Philox(3))
    bodies = [ball_on_plane().bodies[0]]
    bodies += [
        body(f"b{i}", i + 10, Shape(kind="box", size=(0.1, 0.1, 0.1), colour=tuple(rng.random(3))))
        for i in range(shapes)
    ]
    camera = ball_on_plane().cameras[0]
    scene = Scene(bodies=tuple(bodies), cameras=(camera,))
    positions = rng.uniform((-0.5, -0.5, 0), (0.5, 0.5, 1), (2, shapes, 3))
    poses = np.concatenate([positions, rng.normal(size=(2, shapes, 4))], axis=2)
    fresh = Renderer(World(scene), camera).view(poses[1])
    used = Renderer(World(scene), camera)
    used.view(poses[0])
    again = used.view(poses[1])
    assert np.array_equal(fresh.rgb, again.rgb)
    assert np.array_equal(fresh.hits.depth, again.hits.depth)


def test_shortcuts_change_no_pixel(monkeypatch):
    """Hulls, shadow hulls and separating planes only leave out what could not matter."""
    from multisynth.scenes.render.canvas import Canvas

    rng = np.random.Generator(np.random.Philox(11))
    shapes = [
        *[Shape(kind="box", size=tuple(rng.uniform(0.1, 0.4, 3)), colour=tuple(rng.random(3))) for _ in range(4)],
        *[Shape(kind="cylinder", size=(0.08, 0.5), colour=tuple(rng.random(3))) for _ in range(3)],
        *[Shape(kind="sphere", size=(0.12,), colour=tuple(rng.random(3))) for _ in range(3)],
        Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:franka_panda/meshes/visual/hand.obj"),
    ]
    bodies = [ball_on_plane().bodies[0], *(body(f"b{i}", i + 10, shape) for i, shape in enumerate(shapes))]
    camera = ball_on_plane().cameras[0]
    scene = Scene(bodies=tuple(bodies), cameras=(camera,), light=Light(direction=(0.6, -0.5, -0.7)))
    positions = rng.uniform((-0.4, -0.4, 0), (0.4, 0.4, 0.8), (len(shapes), 3))
    poses = np.concatenate([positions, rng.normal(size=(len(shapes), 4))], axis=1)
    quick = Renderer(World(scene), camera).view(poses)
    everywhere = np.arange(camera.width * camera.height)
    monkeypatch.setattr(Canvas, "covered", lambda self, outline: everywhere)
    monkeypatch.setattr(World, "apart", lambda self, poses=None: np.zeros((len(bodies),) * 2, bool))
    slow = Renderer(World(scene), camera).view(poses)
    assert np.array_equal(quick.hits.depth, slow.hits.depth)
    assert np.array_equal(quick.hits.shape, slow.hits.shape)
    assert np.array_equal(quick.covered, slow.covered)
    assert np.array_equal(quick.rgb, slow.rgb)
