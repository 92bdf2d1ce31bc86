from __future__ import annotations

import numpy as np
import pytest
from multisynth.vision.cameras.aim import between, looking, place
from multisynth.vision.cameras.lenses import project
from multisynth.vision.cameras.orbit import Orbit
from multisynth.vision.cameras.shot import Optics, Shot
from multisynth.vision.cameras.subject import Subject

from multisynth import seeds

UP = np.array([0.0, 0.0, 1.0])
BOX = np.array([[-0.5, -0.4, 0.0], [0.5, 0.4, 0.6]])


def rng(ordinal: int) -> np.random.Generator:
    return seeds.rng(seeds.seed(7, "shoot", str(ordinal)), "path")


def captured(first: float, last: float, count: int = 12, up: np.ndarray = UP) -> Subject:
    """Views on an arc, 3 m from the origin, a little above it, in a world whose up is z or y."""
    angles = np.radians(np.linspace(first, last, count))
    flat = np.stack([3 * np.cos(angles), 3 * np.sin(angles), np.full(count, 0.8)], -1)
    turn = np.eye(3) if up[2] else np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).T
    places = flat @ turn
    return Subject(BOX @ turn, up, views=np.array([looking(p, np.zeros(3), up) for p in places]))


def test_an_orbit_keeps_distance_and_height_and_the_target_in_the_middle():
    subject = Subject(BOX)
    motion = Orbit(aim=0, distance=(2, 2), elevation=(30, 30), speed=(20, 20)).motion(subject, 60, 30, rng(0))
    places = np.array([place(motion(time)) - subject.middle for time in np.arange(0, 18, 0.5)])
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 2 * subject.size)
    np.testing.assert_allclose(places[:, 2], subject.size)
    turned = np.degrees(np.abs(np.diff(np.unwrap(np.arctan2(places[:, 1], places[:, 0])))))
    np.testing.assert_allclose(turned, 10)
    camera = Optics(fov=(50, 50)).draw(subject, rng(0))
    for view in Shot(camera, motion).viewpoints(5, 2):
        np.testing.assert_allclose(project(view, subject.middle[None])[0], [[320, 240]], atol=1e-9)
        assert abs(view.world_to_camera[0, 2]) < 1e-12, "no roll: its x axis is level"
        assert view.world_to_camera[1, 2] < 0, "its y axis points down"


def test_a_path_is_its_ordinals_alone():
    subject = Subject(BOX)
    one, again, other = (Orbit().motion(subject, 9, 30, rng(n))(0.4) for n in (10**6, 10**6, 10**6 + 1))
    assert (one == again).all() and np.abs(one - other).max() > 0.01


@pytest.mark.parametrize("up", [UP, np.array([0.0, 1.0, 0.0])], ids=["z up", "y up"])
def test_in_a_captured_volume_an_orbit_keeps_to_the_arc_of_the_views(up):
    subject = captured(-40, 50, up=up)
    np.testing.assert_allclose(subject.focus, 0, atol=1e-4)
    for ordinal in range(20):
        motion = Orbit().motion(subject, 100, 10, rng(ordinal))
        places = np.array([place(motion(time)) for time in np.arange(0, 10, 0.25)])
        nearest = np.linalg.norm(places[:, None] - subject.places, axis=-1).min(1)
        assert nearest.max() < 1.2 * subject.spacing
        assert np.ptp(places, axis=0).max() > subject.spacing, "it moves"


def test_a_ring_of_views_is_gone_round():
    subject = captured(0, 330)
    motion = Orbit(speed=(36, 36)).motion(subject, 100, 10, rng(3))
    places = np.array([place(motion(time)) for time in np.linspace(0, 10, 60)])
    azimuths = np.unwrap(np.arctan2(places[:, 1], places[:, 0]))
    assert np.ptp(azimuths) == pytest.approx(2 * np.pi, rel=0.02)


def test_in_a_room_an_orbit_stays_inside():
    walls = np.array([[-2.0, -1.5, 0], [2, 1.5, 2.5]])
    subject = Subject(np.array([[-1.5, -1.2, 0.0], [1.5, 1.2, 1.2]]), space=walls)
    for ordinal in range(20):
        motion = Orbit().motion(subject, 100, 10, rng(ordinal))
        places = np.array([place(motion(time)) for time in range(10)])
        assert (places > walls[0]).all() and (places < walls[1]).all()


def test_between_two_poses():
    first, last = looking(np.array([1.0, 0, 0]), np.zeros(3), UP), looking(np.array([0.0, 1, 0]), np.zeros(3), UP)
    half = between(first, last, 0.5)
    np.testing.assert_allclose(place(half), [0.5, 0.5, 0], atol=1e-12)
    np.testing.assert_allclose(half[2, :3], [-np.sqrt(0.5), -np.sqrt(0.5), 0], atol=1e-12)
    np.testing.assert_allclose(between(first, last, 1.0), last, atol=1e-12)
