from __future__ import annotations

import numpy as np
import pytest
from multisynth.scenes import Body, Light, Part, Scene, Shape
from multisynth.vision.cameras.aim import posed
from multisynth.vision.cameras.shutter import Shutter
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.buffers import Buffers
from multisynth.vision.render.rays import RayRenderer

WIDTH, HEIGHT, FOCAL, DISTANCE = 160, 60, 100.0, 2.0
FACING = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""A camera that looks along y, with z up."""


def edge() -> Scene:
    """A grey wall whose vertical edge is at x = 0, bright sky to its right."""
    part = Part(
        name="wall",
        shapes=(Shape(kind="box", size=(4, 0.01, 8), colour=(0.2, 0.2, 0.2)),),
        moves=False,
        position=(-2, DISTANCE + 0.005, 0),
    )
    return Scene(bodies=(Body(name="wall", category="wall", instance=3, parts=(part,)),), light=Light(ambient=0.9))


def moving(speed: float):
    k = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
    camera = Viewpoint(WIDTH, HEIGHT, k, np.eye(4))
    return lambda time: camera.at(posed(FACING, np.array([speed * time, 0, 0])), time)


def columns(instances: np.ndarray) -> np.ndarray:
    """Where the wall ends in each row, px."""
    return (instances == 3).sum(1)


def test_a_vertical_line_slants_by_speed_times_readout():
    speed, readout = 3.0, 0.1
    renderer = RayRenderer(edge(), antialias=False)
    (seen,) = Shutter(readout=readout, rows=1).film(renderer, moving(speed), [0.0])
    rows = (np.arange(HEIGHT) + 0.5) / HEIGHT - 0.5
    exact = WIDTH / 2 - FOCAL * speed * readout * rows / DISTANCE
    np.testing.assert_allclose(columns(seen.instances), exact, atol=0.5 + 1e-6)
    slant = np.polyfit(rows, columns(seen.instances), 1)[0]
    assert slant == pytest.approx(-FOCAL * speed * readout / DISTANCE, rel=0.03)
    assert seen.depth.shape == (HEIGHT, WIDTH) and seen.depth.max() == pytest.approx(DISTANCE)
    assert seen.covered is None or seen.covered[3].shape == (HEIGHT, WIDTH)


def test_more_rows_at_once_are_off_by_the_way_within_a_band_at_most():
    look, renderer = moving(3.0), RayRenderer(edge(), antialias=False)
    exact, coarse = (next(Shutter(readout=0.1, rows=n).film(renderer, look, [0.0])) for n in (1, 8))
    apart = np.abs(columns(exact.instances) - columns(coarse.instances))
    assert 0 < apart.max() <= np.ceil(FOCAL * 3 * 0.1 / DISTANCE * 4 / HEIGHT) + 1


def test_motion_blurs_an_edge_into_a_ramp_as_wide_as_the_way():
    speed, exposure = 4.0, 0.1
    renderer, way = RayRenderer(edge()), FOCAL * speed * exposure / DISTANCE
    (sharp,) = Shutter().film(renderer, moving(speed), [0.0])
    (seen,) = Shutter(exposure=exposure, samples=41).film(renderer, moving(speed), [0.0])
    wall, sky = sharp.radiance[30, 5, 0], sharp.radiance[30, -5, 0]
    share = (seen.radiance[30, :, 0] - wall) / (sky - wall)
    exact = np.clip((np.arange(WIDTH) + 0.5 - WIDTH / 2) / way + 0.5, 0, 1)
    np.testing.assert_allclose(share, exact, atol=0.06)
    assert (seen.instances == sharp.instances).all(), "labels are those of the middle of the exposure"
    assert (seen.depth == sharp.depth).all()
    np.testing.assert_allclose(seen.opacity[30], 1 - exact, atol=0.06)


def test_without_readout_and_exposure_it_is_the_plain_render():
    renderer, look = RayRenderer(edge()), moving(1.0)
    (plain,) = renderer.render([look(0.3)])
    (seen,) = Shutter().film(renderer, look, [0.3])
    assert (plain.radiance == seen.radiance).all() and (plain.depth == seen.depth).all()


def test_rows_of_a_volume_are_of_a_volume():
    class Wall:
        def render(self, viewpoints, poses=None):
            for viewpoint in viewpoints:
                flat = np.ones((viewpoint.height, viewpoint.width), np.float32)
                three = np.repeat(flat[..., None], 3, -1)
                yield Buffers(three, flat, flat, three, flat.astype(np.uint16), volume=True)

    (seen,) = Shutter(readout=0.1, rows=7).film(Wall(), moving(0.0), [0.0])
    assert (seen.volume, seen.depth.shape, seen.parts) == (True, (HEIGHT, WIDTH), None)


def test_bodies_move_while_the_rows_are_read():
    part = Part(name="post", shapes=(Shape(kind="box", size=(0.2, 0.001, 8)),))
    scene = Scene(bodies=(Body(name="post", category="post", instance=5, parts=(part,)),))
    speed, readout = 2.0, 0.2
    poses = lambda time: np.array([[speed * time, DISTANCE + 0.0005, 0, 1, 0, 0, 0]])  # noqa: E731
    (seen,) = Shutter(readout=readout, rows=1).film(RayRenderer(scene, antialias=False), moving(0.0), [0.0], poses)
    left = (seen.instances == 5).argmax(1)
    rows = (np.arange(HEIGHT) + 0.5) / HEIGHT - 0.5
    exact = WIDTH / 2 + FOCAL * (speed * readout * rows - 0.1) / DISTANCE
    np.testing.assert_allclose(left, exact, atol=0.5 + 1e-6)
