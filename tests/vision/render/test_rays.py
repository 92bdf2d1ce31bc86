"""Rays through any lens, from anywhere, against closed forms, OpenCV and each other."""

import cv2
import numpy as np
import pytest
from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Light, Pattern, Scene, Shape
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.rays import KEPT, RayRenderer

from multisynth.errors import BadInput
from multisynth.srgb import encoded
from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane, body, closed_form


def viewpoint(camera: Camera, **changes) -> Viewpoint:
    return Viewpoint(camera.width, camera.height, camera.intrinsics, camera.world_to_camera, **changes)


def centres(size: Viewpoint) -> np.ndarray:
    """[H, W, 2]"""
    return np.stack(np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5), -1)


def test_buffers_are_the_closed_form():
    scene = ball_on_plane()
    camera = scene.cameras[0]
    (seen,) = RayRenderer(scene).render([viewpoint(camera)], BALL[None])
    depth, _, ids, root = closed_form(camera, BALL[0, :3])
    clear = np.abs(root) > 1e-6
    assert np.array_equal(seen.instances[clear], ids[clear])
    assert np.abs(seen.depth - depth)[clear & (depth > 0) & (depth < 15)].max() < 1e-4
    assert np.array_equal(seen.parts[clear], np.where(ids == 700, 0, -1)[clear])
    assert (seen.covered[3] >= (seen.instances == 3)).all()
    assert np.array_equal(seen.covered[700], seen.instances == 700)
    assert seen.radiance.dtype == seen.opacity.dtype == seen.depth.dtype == seen.normals.dtype == np.float32


def test_a_matt_face_has_lamberts_radiance_and_is_not_cut_at_white():
    light = Light(direction=(0, 1, -1), intensity=8.0, ambient=0.0)
    face = body("face", 1, Shape(kind="box", size=(1, 1, 1), colour=(0.9, 0.4, 0.2)), (0, 0, -0.5), moves=False)
    camera = Camera(name="c", width=20, height=20, position=(0, -0.001, 3), target=(0, 0, 0), fov=3)
    scene = Scene(bodies=(face,), light=light, pattern=Pattern(contrast=0), cameras=(camera,))
    (seen,) = RayRenderer(scene).render([viewpoint(camera)])
    gloss = 0.04 * 6 * np.cos(np.radians(22.5)) ** 40
    want = (np.array([0.9, 0.4, 0.2]) + gloss) * 8.0 / np.pi * np.sqrt(0.5)
    assert want[0] > 1.5
    np.testing.assert_allclose(seen.radiance[10, 10], want, rtol=2e-3)
    assert seen.parts is None


def test_toned_radiance_is_the_filmed_picture():
    scene = ball_on_plane()
    view = Renderer(World(scene), scene.cameras[0]).view(BALL)
    (seen,) = RayRenderer(scene).render([viewpoint(scene.cameras[0])], BALL[None])
    assert seen.radiance.max() < 1, "otherwise the picture is cut at white"
    assert np.abs(encoded(seen.radiance).astype(int) - view.rgb).max() <= 1


def test_a_moving_camera_sees_what_one_that_stays_sees():
    """Whatever was seen before, through the same renderer."""
    scene = ball_on_plane()
    moments = np.stack([BALL, BALL + np.array([0.1, 0.2, 0, 0, 0, 0, 0]), BALL])
    path = [viewpoint(scene.cameras[0]), viewpoint(scene.cameras[1]), viewpoint(scene.cameras[0])]
    for moment, place, seen in zip(moments, path, RayRenderer(scene).render(path, moments), strict=True):
        (alone,) = RayRenderer(scene).render([place], moment[None])
        for name in ("radiance", "depth", "normals", "instances", "parts", "opacity"):
            assert np.array_equal(getattr(seen, name), getattr(alone, name)), name


@pytest.mark.parametrize(
    ("lens", "coefficients"), [("opencv", (-0.25, 0.08, 0.002, -0.001)), ("fisheye", (-0.02, 0.004, 0.0, 0.0))]
)
def test_a_lens_bends_the_image_as_opencv_does(lens, coefficients):
    """Each pixel's depth is that of the ray which OpenCV says it looks along, worked out in closed form."""
    scene = ball_on_plane()
    camera = scene.cameras[0]
    place = viewpoint(camera, lens=lens, distortion=coefficients)
    pixels = centres(place).reshape(-1, 1, 2)
    undistort = cv2.undistortPoints if lens == "opencv" else cv2.fisheye.undistortPoints
    until = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 100, 1e-12)
    plane = undistort(pixels, camera.intrinsics, np.array(coefficients), criteria=until)
    plane = plane.reshape(camera.height, camera.width, 2)
    (seen,) = RayRenderer(scene).render([place], BALL[None])
    matrix = camera.world_to_camera
    points = seen.depth[..., None] * np.concatenate([plane, np.ones_like(plane[..., :1])], -1)
    world = (points - matrix[:3, 3]) @ matrix[:3, :3]
    assert (seen.instances == 700).sum() > 300
    assert np.abs(world[seen.instances == 3][:, 2]).max() < 2e-4
    assert np.abs(np.linalg.norm(world[seen.instances == 700] - BALL[0, :3], axis=1) - RADIUS).max() < 1e-4


def test_lens_shortcuts_leave_nothing_out(monkeypatch):
    from multisynth.scenes.render.canvas import Canvas

    scene = ball_on_plane()
    place = viewpoint(scene.cameras[0], lens="fisheye", distortion=(-0.02, 0.004, 0.0, 0.0))
    (quick,) = RayRenderer(scene).render([place], BALL[None])
    monkeypatch.setattr(Canvas, "covered", lambda self, outline: self.everywhere)
    (slow,) = RayRenderer(scene).render([place], BALL[None])
    for name in ("radiance", "depth", "instances", "opacity"):
        assert np.array_equal(getattr(quick, name), getattr(slow, name)), name


def test_a_fisheye_sees_nothing_beyond_its_circle():
    scene = ball_on_plane()
    size = 120
    k = np.array([[45.0, 0, size / 2], [0, 45.0, size / 2], [0, 0, 1]])
    place = Viewpoint(size, size, k, scene.cameras[0].world_to_camera, "fisheye", (0.0, 0.0, 0.0, 0.0))
    (seen,) = RayRenderer(scene).render([place], BALL[None])
    angle = np.linalg.norm(centres(place) - size / 2, axis=-1) / 45
    beyond = angle > np.pi / 2
    assert beyond.sum() > 100
    for values in (seen.radiance, seen.opacity, seen.depth, seen.instances):
        assert not values[beyond].any()
        assert np.isfinite(values).all()


def test_opacity_is_the_share_of_a_pixel_that_something_covers():
    """A ball before nothing: as many pixels as its disc has area, though both are black."""
    ball = body("ball", 5, Shape(kind="sphere", size=(0.2,)))
    camera = Camera(name="c", width=64, height=64, position=(1, 0, 0), target=(0, 0, 0), fov=45)
    scene = Scene(bodies=(ball,), cameras=(camera,), light=Light(intensity=0.0, ambient=0.0))
    (seen,) = RayRenderer(scene).render([viewpoint(camera)], np.array([[[0, 0, 0, 1.0, 0, 0, 0]]]))
    assert {0.0, 0.25, 0.5, 0.75, 1.0} == set(np.unique(seen.opacity).tolist())
    radius = camera.intrinsics[0, 0] * np.tan(np.arcsin(0.2))
    assert abs(seen.opacity.sum() / (np.pi * radius**2) - 1) < 0.01


def test_what_does_not_fit_is_bad_input():
    scene = ball_on_plane()
    place = viewpoint(scene.cameras[0])
    with pytest.raises(BadInput, match="poses"):
        list(RayRenderer(scene).render([place]))
    with pytest.raises(BadInput, match="2 viewpoints"):
        list(RayRenderer(scene).render([place, place], BALL[None]))
    with pytest.raises(BadInput, match="focal"):
        flat = Viewpoint(8, 8, np.diag([0.0, 1.0, 1.0]), np.eye(4))
        list(RayRenderer(scene).render([flat], BALL[None]))


def test_a_glance_is_the_depth_of_the_buffers_and_lights_nothing(monkeypatch):
    scene = ball_on_plane()
    eye, renderer = viewpoint(scene.cameras[0]), RayRenderer(scene, antialias=False)
    (seen,) = renderer.render([eye], BALL[None])

    def refuse(*_: object) -> None:
        raise AssertionError("lit")

    monkeypatch.setattr("multisynth.scenes.render.renderer.direct", refuse)
    (glance,) = RayRenderer(scene).glance([eye], BALL[None])
    assert np.array_equal(glance.depth, seen.depth)
    assert np.array_equal(glance.opacity, seen.opacity)


def test_bands_of_an_image_keep_their_canvases_and_large_images_do_not():
    scene = ball_on_plane()
    eye, renderer = viewpoint(scene.cameras[0]), RayRenderer(scene)
    bands = [eye.rows(first, first + 8) for first in range(0, eye.height, 8)]
    made = [renderer.filming(band).tracer.canvas for band in bands]
    again = [renderer.filming(band.at(np.eye(4))).tracer.canvas for band in bands]
    assert len(made) > 2 and all(one is other for one, other in zip(made, again, strict=True))
    large = [eye.scaled(factor * (KEPT / eye.width / eye.height) ** 0.5) for factor in (0.6, 0.7, 0.8)]
    kept = [renderer.filming(each).tracer.canvas for each in large]
    assert renderer.filming(large[2].at(np.eye(4))).tracer.canvas is kept[2]
    assert renderer.filming(large[0].at(np.eye(4))).tracer.canvas is not kept[0]
