"""Splats with their labels, against closed forms and against each other through other lenses."""

import cv2
import numpy as np
import pytest
from multisynth.vision.cameras.lenses import project
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.splats import SplatRenderer
from multisynth.vision.splats.gaussians import Gaussians

from multisynth.errors import BadInput
from multisynth.media import decode_normals
from multisynth.rasters import png
from multisynth.srgb import encoded

WIDTH, HEIGHT = 64, 48
K = np.array([[60.0, 0, 32], [0, 60.0, 24], [0, 0, 1]])
FLAT = 0.28209479177387814


def gaussians(means, scales, opacities, colours, quaternions=None, instances=None) -> Gaussians:
    count = len(means)
    opacities = np.asarray(opacities, np.float64)
    return Gaussians(
        means=np.asarray(means, np.float32),
        quaternions=np.tile(np.float32([1, 0, 0, 0]), (count, 1)) if quaternions is None else quaternions,
        log_scales=np.log(np.asarray(scales, np.float32)),
        logit_opacities=np.log(opacities / (1 - opacities)).astype(np.float32),
        harmonics=((np.asarray(colours, np.float32) - 0.5) / FLAT)[:, None],
        instances=None if instances is None else np.asarray(instances, np.uint16),
    )


def viewpoint(**changes) -> Viewpoint:
    return Viewpoint(**{"width": WIDTH, "height": HEIGHT, "intrinsics": K, "world_to_camera": np.eye(4), **changes})


def wall(colour=(0.5, 0.25, 0.75), z=4.0, tilt=0.0, instance=0) -> Gaussians:
    """A plane of thin Gaussians, turned about x."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(-6, 6, 0.1), np.arange(-6, 6, 0.1)))
    means = np.stack([x, y * np.cos(tilt), z + y * np.sin(tilt)], -1)
    turn = np.float32([np.cos(tilt / 2), np.sin(tilt / 2), 0, 0])
    count = len(x)
    return gaussians(
        means,
        np.tile([0.1, 0.1, 0.002], (count, 1)),
        np.full(count, 0.9),
        np.tile(colour, (count, 1)),
        np.tile(turn, (count, 1)),
        np.full(count, instance),
    )


def both(a: Gaussians, b: Gaussians) -> Gaussians:
    return Gaussians(**{name: np.concatenate([value, vars(b)[name]]) for name, value in vars(a).items()})


def test_one_gaussian_of_half_opacity_is_where_it_is():
    """Its depth is not that of what it stops: that would be half as far."""
    cloud = gaussians([[0, 0, 4]], [[1.0, 1.0, 1.0]], [0.5], [[0.735, 0.5, 0.0]], instances=[7])
    pixel = np.array([[60.0, 0, 32.5], [0, 60.0, 24.5], [0, 0, 1]])
    (seen,) = SplatRenderer(cloud, "cpu").render([viewpoint(intrinsics=pixel)])
    assert abs(seen.opacity[24, 32] - 0.5) < 1e-3
    assert abs(seen.depth[24, 32] - 4) < 1e-4
    # half of the light that sRGB 0.735 stands for, not the light of half of the code
    assert abs(seen.radiance[24, 32, 0] - 0.5 * ((0.735 + 0.055) / 1.055) ** 2.4) < 1e-3
    assert seen.depth[0, 0] == 0
    assert not seen.normals[0, 0].any()


def test_a_wall_has_its_colour_depth_normal_and_id():
    tilt = 0.4
    (seen,) = SplatRenderer(wall(tilt=tilt, instance=9), "cpu").render([viewpoint()])
    inside = slice(4, -4), slice(4, -4)
    assert seen.opacity[inside].min() > 0.95
    v = (np.arange(HEIGHT) + 0.5 - 24) / 60
    want = 4 / (1 - v * np.tan(tilt))  # z = 4 + y tan(tilt), y = v z
    error = np.abs(seen.depth - want[:, None])[inside] / want[4:-4, None]
    assert np.median(error) < 0.015  # of a Gaussian it is its centre that has a depth
    assert np.abs(seen.normals[inside] - [0, np.sin(tilt), -np.cos(tilt)]).max() < 1e-3
    assert (seen.instances[inside] == 9).all()
    srgb = np.array([0.5, 0.25, 0.75]) * seen.opacity[24, 32]
    assert np.abs(seen.radiance[24, 32] - ((srgb + 0.055) / 1.055) ** 2.4).max() < 2e-3
    assert np.median(np.abs(seen.median_depth - want[:, None])[inside] / want[4:-4, None]) < 0.02


def test_an_id_is_that_of_most_light():
    veil = wall(colour=(1, 1, 1), z=2.0, instance=3)
    thin = Gaussians(**{**vars(veil), "logit_opacities": veil.logit_opacities * 0 - 4.0})
    (seen,) = SplatRenderer(both(thin, wall(instance=8)), "cpu").render([viewpoint()])
    (front,) = SplatRenderer(both(veil, wall(instance=8)), "cpu").render([viewpoint()])
    assert (seen.instances[4:-4, 4:-4] == 8).all()
    assert (front.instances[4:-4, 4:-4] == 3).all()


@pytest.mark.parametrize(
    ("lens", "coefficients"),
    [("opencv", (-0.2, 0.05, 0.002, -0.001)), ("fisheye", ()), ("fisheye", (-0.03, 0.004, 0.0, 0.0))],
)
def test_a_lens_shows_points_where_opencv_puts_them(lens, coefficients):
    places = np.array([[x, y, 3.0 + 0.3 * x] for x in (-1.0, 0.0, 0.9) for y in (-0.7, 0.1, 0.8)])
    place = viewpoint(
        lens=lens,
        distortion=coefficients,
        width=2 * WIDTH,
        height=2 * HEIGHT,
        intrinsics=K * 2 + [[0, 0, 0], [0, 0, 0], [0, 0, -1]],
    )
    project_by = cv2.projectPoints if lens == "opencv" else cv2.fisheye.projectPoints
    four = np.array([*coefficients, 0, 0, 0, 0][:4], np.float64)
    want, _ = project_by(places[:, None], np.zeros(3), np.zeros(3), place.intrinsics, four)
    for point, pixel in zip(places, want.reshape(-1, 2), strict=True):
        dot = gaussians([point], [[0.03] * 3], [0.95], [[1, 1, 1]])
        (seen,) = SplatRenderer(dot, "cpu", median=False).render([place])
        weights = seen.opacity / seen.opacity.sum()
        v, u = np.mgrid[: place.height, : place.width] + 0.5
        got = np.array([(weights * u).sum(), (weights * v).sum()])
        assert np.abs(got - pixel).max() < 0.12, (point, got, pixel)
        row, column = np.unravel_index(seen.opacity.argmax(), seen.opacity.shape)
        assert abs(seen.depth[row, column] - point[2]) < 1e-3
        assert np.abs(project(place, point[None])[0] - pixel).max() < 1e-6


def test_codes_are_what_buffers_are_stored_as():
    renderer = SplatRenderer(both(wall(tilt=0.3, instance=300), wall(z=3.5, tilt=-0.5, instance=70)), "cpu")
    (seen,), (codes,) = renderer.render([viewpoint()]), renderer.codes([viewpoint()], median=True)
    assert np.array_equal(codes.opacity, np.round(seen.opacity * 255))
    for name in ("depth", "instances", "median_depth"):
        assert np.array_equal(getattr(codes, name), getattr(seen, name)), name
    assert np.abs(codes.rgb.astype(int) - encoded(seen.radiance)).max() <= 1
    assert {codes.rgb.dtype, codes.normals.dtype, codes.instances.dtype} == {np.dtype("u1"), np.dtype("u2")}
    assert np.abs(decode_normals(png(codes.normals, "up")) - seen.normals).max() < 2 / 65535


def test_viewpoints_of_any_kind_come_in_their_order():
    renderer = SplatRenderer(wall(), "cpu", median=False)
    nearer = np.eye(4)
    nearer[2, 3] = -1
    path = [viewpoint(), viewpoint(world_to_camera=nearer), viewpoint(width=32, height=32), viewpoint()]
    seen = list(renderer.render(path))
    assert [round(float(s.depth[16, 16]), 1) for s in seen] == [4.0, 3.0, 4.0, 4.0]
    assert seen[2].depth.shape == (32, 32)
    assert seen[0].median_depth is None
    assert np.array_equal(seen[0].radiance, seen[3].radiance)


def test_what_cannot_be_is_bad_input():
    empty = Gaussians(**{name: value[:0] for name, value in vars(wall()).items()})
    with pytest.raises(BadInput, match="without a Gaussian"):
        SplatRenderer(empty, "cpu")
    with pytest.raises(BadInput, match="nothing moves"):
        list(SplatRenderer(wall(), "cpu").render([viewpoint()], np.zeros((1, 1, 7))))
    wide = viewpoint(lens="opencv", distortion=(-0.01,), intrinsics=np.array([[6.0, 0, 32], [0, 6.0, 24], [0, 0, 1]]))
    with pytest.raises(BadInput, match="fisheye"):
        list(SplatRenderer(wall(), "cpu").render([wide]))


@pytest.mark.gpu
def test_a_gpu_sees_what_a_cpu_sees():
    clouds = both(wall(tilt=0.3, instance=300), wall(z=3.5, tilt=-0.5, instance=70))
    path = [viewpoint(), viewpoint(lens="fisheye", distortion=(-0.03, 0.004, 0.0, 0.0))]
    for ours, theirs in zip(
        SplatRenderer(clouds, "cpu").render(path), SplatRenderer(clouds, "cuda").render(path), strict=True
    ):
        assert (ours.instances == theirs.instances).mean() > 0.995
        for name in ("radiance", "opacity", "depth", "normals"):
            assert np.quantile(np.abs(getattr(ours, name) - getattr(theirs, name)), 0.995) < 2e-3, name
