"""Patterns against their definition, asked at many points of every pixel."""

import numpy as np
import pytest
from multisynth.scenes.render.eye import Eye
from multisynth.scenes.render.pattern import TILE, patterned
from multisynth.scenes.schema import Camera, Pattern

CAMERA = Camera(name="c", width=48, height=36, position=(0.013, 0.021, 2.0), target=(0.013, 0.022, 0.0), fov=30)
EYE = Eye.of(CAMERA)


def painted(kind, x, y):
    """1 where a plane is light and -1 where it is dark; edges are 1 long."""
    if kind == "tiles":
        return np.where((x % 1 < TILE) & (y % 1 < TILE), 1, -1)
    rows = np.where(x % 2 < 1, 1, -1)
    return rows if kind == "stripes" else rows * np.where(y % 2 < 1, 1, -1)


def plane(u, v):
    """Directions, depths and normals of the floor."""
    directions = EYE.directions(u, v)
    down = directions @ CAMERA.world_to_camera[:3, :3]
    depth = -CAMERA.position[2] / down[:, 2]
    points = depth[:, None] * down + CAMERA.position
    normals = np.tile(CAMERA.world_to_camera[:3, 2], (len(u), 1))
    return directions, depth, normals, points


@pytest.mark.parametrize("kind", ["squares", "stripes", "tiles"])
@pytest.mark.parametrize("size", [0.02, 0.3])
def test_a_pixel_shows_the_mean_of_what_is_painted_there(kind, size):
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width].reshape(2, -1) + 0.5
    directions, depth, normals, _ = plane(u, v)
    pattern = Pattern(kind=kind, size=size, contrast=0.3)
    factors = patterned(pattern, depth.astype(np.float32), normals.astype(np.float32), directions, EYE.turns(u, v), EYE)
    inside = (np.arange(40) + 0.5) / 40 - 0.5
    means = np.mean(
        [painted(kind, *(plane(u + du, v + dv)[3][:, :2].T / size)) for du in inside for dv in inside], axis=0
    )
    np.testing.assert_allclose(factors, 1 + 0.3 * means, atol=0.04)
    assert np.ptp(factors) > (0.5 if size > 0.1 else 0.05), "it can be seen, but fades where a pixel holds much of it"


def test_without_contrast_there_is_no_pattern():
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width].reshape(2, -1) + 0.5
    directions, depth, normals, _ = plane(u, v)
    assert (patterned(Pattern(contrast=0), depth, normals, directions, EYE.turns(u, v), EYE) == 1).all()
