from __future__ import annotations

import numpy as np
import pytest
from multisynth.scenes import Body, Part, Scene, Shape
from multisynth.vision.cameras.aim import looking
from multisynth.vision.cameras.checks import Limits, refusals
from multisynth.vision.cameras.orbit import Orbit
from multisynth.vision.cameras.shot import Optics, Shot
from multisynth.vision.cameras.solids import Solids
from multisynth.vision.cameras.subject import Subject
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.buffers import Buffers
from multisynth.vision.render.rays import RayRenderer

from multisynth import seeds

UP = np.array([0.0, 0.0, 1.0])
K = np.array([[200.0, 0, 160], [0, 200, 120], [0, 0, 1]])


def camera(position: tuple[float, float, float], target: tuple[float, float, float], time: float = 0.0) -> Viewpoint:
    return Viewpoint(320, 240, K, looking(np.array(position, float), np.array(target, float), UP), time=time)


@pytest.fixture(scope="module")
def cube() -> Scene:
    part = Part(name="cube", shapes=(Shape(kind="box", size=(1, 1, 1)),), moves=False)
    return Scene(bodies=(Body(name="cube", category="cube", instance=1, parts=(part,)),))


def test_a_scene_is_judged_by_distance_and_by_what_is_seen(cube):
    views = [
        camera((3, 0, 1), (0, 0, 0), 0.0),
        camera((0.4, 0, 0), (3, 0, 0), 0.1),
        camera((0.51, 0, 0), (0, 0, 0), 0.2),
        camera((3, 0, 1), (9, 0, 0), 0.3),
        camera((3, 0, 1), (0, 0, 0), 0.4),
        camera((3, 0, 1), (0, 0.01, 0), 0.5),
    ]
    found = refusals(views, Solids(cube).subject(), RayRenderer(cube))
    assert found == [
        None,
        "inside geometry: 0.1 m to the nearest surface",
        "too near to geometry: 0.01 m to the nearest surface, under 0.026 m",
        "empty: 0.0% of the pixels show anything, under 5%",
        "a repeat: the same as at 0 s",
        None,
    ]


def test_where_distance_is_not_known_the_picture_tells(cube):
    """Two views of an unknown volume: one almost at its surface."""
    views = [camera((3, 0, 1), (0, 0, 0)), camera((0.54, 0, 0), (0, 0, 0))]
    subject = Subject(np.array([[-0.5] * 3, [0.5] * 3]))
    found = refusals(views, subject, RayRenderer(cube), Limits(near=0.1))
    assert found == [None, "inside geometry: 100% of the pixels nearer than 0.0866 m"]


def test_a_volume_is_filmed_near_its_training_views_alone():
    angles = np.radians(np.arange(0, 50, 10))
    places = np.stack([3 * np.cos(angles), 3 * np.sin(angles), np.full(5, 0.5)], -1)
    views = np.array([looking(p, np.zeros(3), UP) for p in places])
    subject = Subject(np.array([[-0.5] * 3, [0.5] * 3]), views=views)
    near = (places[0] + places[1]) / 2
    found = refusals(
        [camera(tuple(near), (0, 0, 0)), camera((0, -4, 0.5), (0, 0, 0)), camera(tuple(near), (9, 0, 0))], subject
    )
    assert found[0] is None
    assert found[1] and found[1].startswith("far from the training views: 5 to the nearest, over 1.05")
    assert found[2] and found[2].startswith("turned from the training views: ")


def test_thin_and_empty_pictures_of_a_volume():
    class Mist:
        def render(self, viewpoints, poses=None):
            for viewpoint, opacity in zip(viewpoints, (0.02, 0.3, 0.9), strict=True):
                assert max(viewpoint.width, viewpoint.height) == 64, "small pictures will do"
                size = (viewpoint.height, viewpoint.width)
                flat = np.full(size, opacity, np.float32)
                nothing = np.zeros((*size, 3), np.float32)
                yield Buffers(nothing, flat, np.full(size, 5, np.float32), nothing, np.zeros(size, np.uint16))

    views = [camera((3, 0, 1), (0, 0, z)) for z in (0.0, 0.1, 0.2)]
    subject = Subject(np.array([[-0.5] * 3, [0.5] * 3]), views=np.array([views[1].world_to_camera]))
    assert refusals(views, subject, Mist()) == [
        "empty: 0.0% of the pixels show anything, under 70%",
        "thin: 0.0% of the pixels are opaque, under 50%",
        None,
    ]


def test_the_labels_that_a_renderer_gives_do_not_change_what_is_refused():
    class Fog:
        def render(self, viewpoints, poses=None):
            for viewpoint in viewpoints:
                flat = np.ones((viewpoint.height, viewpoint.width), np.float32)
                normals, ids = np.zeros((*flat.shape, 3), np.float32), flat.astype(np.uint16)
                yield Buffers(normals, flat, 5 * flat, normals, ids, median_depth=0.001 * flat, volume=True)

    assert refusals([camera((3, 0, 1), (0, 0, 0))], Subject(np.array([[-0.5] * 3, [0.5] * 3])), Fog()) == [None]


def test_orbits_of_a_scene_pass(cube):
    subject, renderer = Solids(cube).subject(), RayRenderer(cube)
    for ordinal in range(5):
        rng = seeds.rng(ordinal, "path")
        shot = Shot(Optics(width=320, height=240).draw(subject, rng), Orbit().motion(subject, 6, 5, rng))
        assert refusals(shot.viewpoints(6, 5), subject, renderer) == [None] * 6


def test_a_pose_that_is_no_number_is_refused(cube):
    broken = camera((3, 0, 1), (0, 0, 0)).at(np.full((4, 4), np.nan))
    assert refusals([broken], Solids(cube).subject(), RayRenderer(cube)) == [
        "no pose: it holds numbers that are not finite"
    ]
