"""Traced light against closed forms and against rays."""

import numpy as np
import pytest
from multisynth.scenes.schema import Camera, Light, Pattern, Scene, Shape
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.mitsuba import Medium, PathTracer
from multisynth.vision.render.rays import RayRenderer

from multisynth.errors import BadInput
from tests.scenes.render.balls import BALL, ball_on_plane, body

IDENTITY = np.array([[0, 0, 0, 1.0, 0, 0, 0]])


def viewpoint(camera: Camera, **changes) -> Viewpoint:
    return Viewpoint(camera.width, camera.height, camera.intrinsics, camera.world_to_camera, **changes)


def face(**light) -> tuple[Scene, Viewpoint]:
    """A matt face seen from straight above."""
    box = body("face", 1, Shape(kind="box", size=(1, 1, 1), colour=(0.6, 0.4, 0.2)), (0, 0, -0.5), moves=False)
    camera = Camera(name="c", width=16, height=12, position=(0, -0.001, 3), target=(0, 0, 0), fov=3)
    light = Light(**{"direction": (0, 1, -1), "intensity": 1.5, "ambient": 0.0, **light})
    return Scene(bodies=(box,), light=light, pattern=Pattern(contrast=0), cameras=(camera,)), viewpoint(camera)


def test_a_matt_face_under_a_distant_light_has_e_rho_over_pi():
    scene, place = face(colour=(1.0, 0.5, 0.25))
    (seen,) = PathTracer(scene, samples=4, backend="scalar").render([place])
    want = np.array([0.6, 0.4, 0.2]) * 1.5 * np.sqrt(0.5) / np.pi * np.array([1, 0.5, 0.25])
    np.testing.assert_allclose(seen.radiance, np.broadcast_to(want, seen.radiance.shape), rtol=1e-4)
    assert (seen.instances == 1).all()
    assert np.abs(seen.depth - 3).max() < 1e-3


def test_a_face_under_the_sky_gets_what_rays_give_it():
    scene, place = face(intensity=0.0, ambient=0.4)
    (traced,) = PathTracer(scene, samples=256, backend="scalar").render([place])
    (cast,) = RayRenderer(scene).render([place])
    assert np.abs(traced.radiance.mean(axis=(0, 1)) / cast.radiance.mean(axis=(0, 1)) - 1).max() < 0.01


def test_a_glance_tells_where_surfaces_are_and_traces_no_path(monkeypatch):
    scene, place = face()
    (cast,) = RayRenderer(scene).render([place])
    monkeypatch.delattr(PathTracer, "radiance")
    (glance,) = PathTracer(scene, medium=Medium(0.1), backend="scalar").glance([place])
    assert np.array_equal(glance.depth, cast.depth) and (glance.opacity == 1).all()


def test_wavelengths_give_the_same_colours():
    scene, place = face()
    (seen,) = PathTracer(scene, samples=256, spectral=True, backend="scalar").render([place])
    want = np.array([0.6, 0.4, 0.2]) * 1.5 * np.sqrt(0.5) / np.pi
    assert np.abs(seen.radiance.mean(axis=(0, 1)) / want - 1).max() < 0.03


def tint(radiance: np.ndarray) -> np.ndarray:
    """Red less blue: the highlight, which rays have and paths have not, is white."""
    return radiance[..., 0] - radiance[..., 2]


@pytest.mark.parametrize("kind", ["squares", "stripes", "tiles"])
def test_the_same_is_where_rays_see_it(kind):
    """Without sky or bounces: shadow, pattern and silhouette agree within what pixels are averaged over."""
    scene = ball_on_plane(96, 72)
    slab = body("slab", 3, Shape(kind="box", size=(40, 40, 1), colour=(0.8, 0.5, 0.1)), (0, 0, -0.5), moves=False)
    light, pattern = Light(direction=(0.4, 0.3, -1.0), ambient=0.0), Pattern(kind=kind, size=0.2, contrast=0.5)
    scene = Scene(bodies=(slab, scene.bodies[1]), light=light, pattern=pattern, cameras=scene.cameras)
    place = viewpoint(scene.cameras[0])
    place.intrinsics[:2, 2] += [7, -5]
    (cast,) = RayRenderer(scene).render([place], BALL[None])
    (traced,) = PathTracer(scene, samples=16, bounces=1, backend="scalar").render([place], BALL[None])
    for instance in (3, 700):
        inside = (cast.instances == instance) & (cast.depth < 4)
        ours, theirs = tint(cast.radiance)[inside], tint(traced.radiance)[inside]
        assert np.median(np.abs(theirs - ours)) < 0.01
        assert np.corrcoef(ours, theirs)[0, 1] > 0.94


def test_a_mesh_has_its_texture():
    shape = Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:duck.obj", colour=(1, 1, 1))
    camera = Camera(name="c", width=80, height=60, position=(2.2, -2.6, 2.2), target=(0, 0, 0.8), fov=45)
    light = Light(direction=(-1, 1, -1), ambient=0.0)
    scene = Scene(bodies=(body("duck", 1, shape),), light=light, cameras=(camera,))
    poses = np.array([[[0, 0, 0, 0.7071068, 0.7071068, 0, 0]]])
    (cast,) = RayRenderer(scene).render([viewpoint(camera)], poses)
    (traced,) = PathTracer(scene, samples=16, bounces=1, backend="scalar").render([viewpoint(camera)], poses)
    inside = cast.opacity == 1
    assert inside.sum() > 300
    assert np.corrcoef(tint(cast.radiance)[inside], tint(traced.radiance)[inside])[0, 1] > 0.94
    assert np.median(np.abs(tint(cast.radiance) - tint(traced.radiance))[inside]) < 0.01


def test_air_that_only_scatters_in_even_light_is_koschmieders_law():
    """A furnace: what is lost on the way to a black thing comes back from around, L (1 - exp(-σ d))."""
    black = body("black", 1, Shape(kind="sphere", size=(0.3,), colour=(0, 0, 0)), (0, 0, 0), moves=False)
    camera = Camera(name="c", width=8, height=8, position=(4.3, 0, 0), target=(0, 0, 0), fov=1.5)
    scene = Scene(bodies=(black,), light=Light(intensity=0.0, ambient=0.8), cameras=(camera,))
    medium = Medium(extinction=(0.1, 0.15, 0.25), radius=6.0)
    tracer = PathTracer(scene, medium, samples=600, bounces=64, even=True, backend="scalar")
    (seen,) = tracer.render([viewpoint(camera)])
    want = 0.8 * (1 - np.exp(-np.array([0.1, 0.15, 0.25]) * 4))
    assert np.abs(seen.radiance.mean(axis=(0, 1)) - want).max() < 0.02


def test_what_it_cannot_do_is_bad_input():
    scene, place = face()
    with pytest.raises(BadInput, match="fisheye"):
        list(PathTracer(scene, backend="scalar").render([viewpoint(scene.cameras[0], lens="fisheye")]))
    with pytest.raises(BadInput, match="outside the medium"):
        list(PathTracer(scene, Medium(0.1, radius=0.5), backend="scalar").render([place]))
