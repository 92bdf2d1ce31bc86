"""Boxes against the closed-form silhouette of a ball, and visible fractions against areas."""

import numpy as np
import pytest
from multisynth.scenes.render.rays import Tracer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Scene, Shape
from multisynth.vision.labels.boxes import boxes

from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane, body


def boxes_of(scene: Scene, poses: np.ndarray) -> dict[str, dict]:
    world, camera = World(scene), scene.cameras[0]
    tracer = Tracer(world, camera)
    found = boxes(world, *tracer.frame(tracer.placed(poses)), camera.width, camera.height)
    return {box["name"]: box for box in found}


def test_box_of_a_ball_is_its_silhouette():
    scene = ball_on_plane(320, 240)
    camera = scene.cameras[0]
    found = boxes_of(scene, BALL)
    assert list(found) == ["slab", "ball"]
    box = found["ball"]
    assert (box["instance"], box["category"], box["visible"]) == (700, "ball", 1.0)
    centre = camera.world_to_camera[:3, :3] @ BALL[0, :3] + camera.world_to_camera[:3, 3]
    k = camera.intrinsics
    # slopes of the two planes through the camera's centre that touch the ball
    for axis, (low, size) in enumerate((("x", "width"), ("y", "height"))):
        a, z = centre[axis], centre[2]
        root = RADIUS * np.sqrt(a * a + z * z - RADIUS**2)
        ends = k[axis, axis] * (a * z + np.array([-root, root])) / (z * z - RADIUS**2) + k[axis, 2]
        # a pixel counts when its centre is inside
        assert box[low] == np.ceil(ends[0] - 0.5)
        assert box[low] + box[size] == np.floor(ends[1] - 0.5) + 1


@pytest.mark.parametrize("hidden", [0.25, 0.5, 0.75])
def test_visible_is_the_share_of_the_area_that_is_not_covered(hidden):
    camera = Camera(name="c", width=200, height=200, position=(0, 0, 0), target=(1, 0, 0), fov=40)
    scene = Scene(
        bodies=(
            body("behind", 1, Shape(kind="box", size=(0.01, 0.4, 0.4))),
            body("before", 2, Shape(kind="box", size=(0.01, 0.4, 0.4))),
            body("gone", 3, Shape(kind="box", size=(0.01, 0.1, 0.1))),
        ),
        cameras=(camera,),
    )
    # seen from 1 m, what stands at 1 m hides from what stands at 2 m twice its own width
    edge = 0.2 - 0.4 * hidden  # of `behind`, in m at 2 m
    poses = np.array(
        [
            [2, 0, 0, 1, 0, 0, 0],
            [1, edge / 2 + 0.2, 0, 1, 0, 0, 0],
            [2.5, 0.15, 0, 1, 0, 0, 0],  # behind the others altogether
        ]
    )
    found = boxes_of(scene, poses)
    assert set(found) == {"behind", "before"}
    assert found["before"]["visible"] == 1
    assert found["behind"]["visible"] == pytest.approx(1 - hidden, abs=0.02)
    focal = 100 / np.tan(np.radians(20))
    assert found["behind"]["width"] == pytest.approx(0.4 * (1 - hidden) * focal / 1.995, abs=1.01)
    assert found["behind"]["x"] == pytest.approx(100 - edge * focal / 1.995, abs=1.01)
    assert found["behind"]["height"] == pytest.approx(0.4 * focal / 1.995, abs=1.01)
