from __future__ import annotations

import numpy as np
import pytest
from multisynth.scenes import Body, Part, Scene, Shape
from multisynth.vision.cameras.aim import Motion, looking, place
from multisynth.vision.cameras.paths import CameraPath, StereoRig
from multisynth.vision.cameras.shot import Optics, Shot
from multisynth.vision.cameras.solids import Solids
from multisynth.vision.cameras.subject import Subject
from pydantic import TypeAdapter, ValidationError

from multisynth import seeds
from multisynth.errors import BadInput

PATHS: TypeAdapter[CameraPath] = TypeAdapter(CameraPath)
KINDS = ["orbit", "spiral", "dolly", "handheld", "walk", "look_at"]
UP = np.array([0.0, 0.0, 1.0])
FRAMES, FPS = 40, 10.0


def rng(ordinal: int) -> np.random.Generator:
    return seeds.rng(seeds.seed(7, "shoot", str(ordinal)), "path")


def box(name: str, category: str, size: tuple[float, float, float], position: tuple[float, float, float]) -> Body:
    part = Part(name=name, shapes=(Shape(kind="box", size=size),), moves=False, position=position)
    return Body(name=name, category=category, instance=1, parts=(part,))


def chamber() -> Scene:
    """A room of 5 × 4 × 2.6 m with a cupboard and a stool."""
    walls = [
        box("a", "wall", (0.1, 4.2, 2.6), (2.55, 0, 1.3)), box("b", "wall", (0.1, 4.2, 2.6), (-2.55, 0, 1.3)),
        box("c", "wall", (5.2, 0.1, 2.6), (0, 2.05, 1.3)), box("d", "wall", (5.2, 0.1, 2.6), (0, -2.05, 1.3)),
    ]  # fmt: skip
    things = [
        box("floor", "floor", (5.2, 4.2, 0.1), (0, 0, -0.05)),
        box("cupboard", "cupboard", (0.6, 1.2, 1.8), (1.6, 1, 0.9)),
        box("stool", "stool", (0.4, 0.4, 0.5), (-1, -0.5, 0.25)),
    ]
    return Scene(bodies=(*walls, *things))


def captured(count: int = 14) -> Subject:
    angles = np.radians(np.linspace(-50, 60, count))
    places = np.stack([3 * np.cos(angles), 3 * np.sin(angles), 0.8 + 0.2 * np.sin(3 * angles)], -1)
    views = np.array([looking(p, np.zeros(3), UP) for p in places])
    return Subject(np.array([[-0.5, -0.5, -0.5], [0.5, 0.5, 0.5]]), views=views)


@pytest.fixture(scope="module")
def solids() -> Solids:
    return Solids(chamber())


def made(kind: str, subject: Subject, ordinal: int, **options: object) -> Motion:
    return PATHS.validate_python({"kind": kind, **options}).motion(subject, FRAMES, FPS, rng(ordinal))


def sampled(motion: Motion, step: float = 0.1) -> np.ndarray:
    return np.array([motion(time) for time in np.arange(0, FRAMES / FPS, step)])


@pytest.mark.parametrize("kind", KINDS)
def test_every_path_is_rigid_its_ordinals_alone_and_comes_again(kind, solids):
    for subject in (Subject(np.array([[-0.5, -0.4, 0.0], [0.5, 0.4, 0.6]])), solids.subject(), captured()):
        one, again, other = (sampled(made(kind, subject, n)) for n in (10**6, 10**6, 4))
        assert (one == again).all() and np.abs(one - other).max() > 1e-3
        turns = one[:, :3, :3]
        np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-9)
        np.testing.assert_allclose(np.linalg.det(turns), 1)
        assert np.linalg.norm(np.ptp(place(one), axis=0)) > 1e-3, "it moves"
        if kind != "handheld":
            np.testing.assert_allclose(turns[:, 0] @ subject.up, 0, atol=1e-9, err_msg="it rolls")


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_captured_volume_every_path_keeps_near_the_views_and_looks_where_they_look(kind):
    subject = captured()
    for ordinal in range(10):
        poses = sampled(made(kind, subject, ordinal))
        apart = np.linalg.norm(place(poses)[:, None] - subject.places, axis=-1)
        assert apart.min(1).max() < 1.5 * subject.spacing
        nearest = subject.views[apart.argmin(1)]
        turned = np.degrees(np.arccos(np.clip((poses[:, 2, :3] * nearest[:, 2, :3]).sum(1), -1, 1)))
        assert turned.max() < 35


@pytest.mark.parametrize("kind", ["orbit", "spiral", "walk", "look_at", "handheld"])
def test_in_a_room_every_path_stays_between_the_walls(kind, solids):
    subject = solids.subject()
    for ordinal in range(5):
        places = place(sampled(made(kind, subject, ordinal)))
        assert (np.abs(places) < [2.5, 2, 2.6]).all() and (places[:, 2] > 0).all()


@pytest.mark.parametrize("kind", ["orbit", "spiral", "dolly", "handheld", "walk"])
def test_a_path_is_smooth(kind, solids):
    """Halving the step halves the greatest stride and turn: there is no jump anywhere."""
    subject = solids.subject()
    motion = made(kind, subject, 3)
    coarse, fine = sampled(motion, 0.004), sampled(motion, 0.002)
    for of in (place, lambda poses: poses[:, 2, :3]):
        strides = [float(np.linalg.norm(np.diff(of(poses), axis=0), axis=1).max()) for poses in (coarse, fine)]
        assert strides[1] < 0.6 * strides[0] + 1e-12


def test_a_walk_keeps_off_all_surfaces(solids):
    subject = solids.subject()
    for ordinal in range(10):
        places = place(sampled(made("walk", subject, ordinal, speed=(0.4, 0.4)), 0.02))
        assert solids.clearance(places).min() > 0.1 * subject.size
        assert np.linalg.norm(np.diff(places, axis=0), axis=1).sum() > 0.3 * subject.size


def test_a_walk_without_room_says_so(solids):
    with pytest.raises(BadInput, match=r"nearer|near to a surface"):
        made("walk", solids.subject(), 0, margin=5)


def test_clearance_is_the_distance_and_negative_inside(solids):
    points = np.array([[0, 0, 0.9], [1.6, 1, 0.9], [1.25, 1, 0.9], [-1, -0.5, 0.6]])
    np.testing.assert_allclose(solids.clearance(points), [0.9, -0.3, 0.05, 0.1], atol=1e-6)


def test_a_closed_mesh_has_an_inside():
    duck = Shape(kind="mesh", size=(0.1, 0.1, 0.1), mesh="pybullet_data:random_urdfs/000/000.obj")
    part = Part(name="blob", shapes=(duck,), moves=False, position=(1, 2, 3))
    solids = Solids(Scene(bodies=(Body(name="blob", category="blob", instance=1, parts=(part,)),)))
    middle = solids.bounds[0].mean(0)
    inner, outer = solids.clearance(np.array([middle, solids.bounds[0, 1] + 1]))
    assert inner < 0 < outer


def test_a_hand_trembles_within_its_bands():
    subject = Subject(np.array([[-0.5] * 3, [0.5] * 3]))
    still = {"kind": "orbit", "speed": [0, 0]}
    motion = PATHS.validate_python(
        {"kind": "handheld", "base": still, "sway": [0.4, 0.4], "tremor": [0.02, 0.02]}
    ).motion(subject, 100, 10, rng(1))
    times = np.arange(0, 60, 0.01)
    forward = np.array([motion(time)[2, :3] for time in times])
    angle = np.degrees(np.arcsin(forward[:, 2] - forward[:, 2].mean()))
    power = np.abs(np.fft.rfft(angle * np.hanning(len(angle)))) ** 2
    hertz = np.fft.rfftfreq(len(angle), 0.01)
    within = ((hertz > 0.15) & (hertz < 2.1)) | ((hertz > 7.9) & (hertz < 12.1))
    assert power[within].sum() > 0.98 * power[hertz > 0.1].sum()
    speed = np.degrees(np.linalg.norm(np.diff(forward, axis=0), axis=1)) / 0.01
    assert 1 < np.sqrt((speed**2).mean()) < 6, "degrees a second"


def test_options_say_what_is_wrong():
    with pytest.raises(ValidationError, match="low end"):
        PATHS.validate_python({"kind": "orbit", "speed": [40, 10]})
    with pytest.raises(ValidationError, match="orbit"):
        PATHS.validate_python({"kind": "circle"})
    with pytest.raises(ValidationError, match="coefficients"):
        Optics(lens="opencv", distortion=(0.1, 0.1, 0.1))


def test_the_lens_and_the_rig_are_drawn_too():
    subject = captured()
    fish = Optics(lens="fisheye", fov=(120, 120), width=300, height=200).draw(subject, rng(0))
    assert fish.intrinsics[0, 0] == pytest.approx(100 / np.radians(60)) and fish.lens == "fisheye"
    assert 0.06 <= StereoRig().draw(rng(0)) <= 0.12
    views = Shot(fish, made("orbit", subject, 0)).viewpoints(3, 20)
    assert [view.time for view in views] == [0, 0.05, 0.1] and views[1].width == 300
