"""Full boxes against closed-form silhouettes, and visible shares against areas."""

from dataclasses import replace

import numpy as np
import pytest
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Scene, Shape
from multisynth.vision.labels.bodies import Bodies
from multisynth.vision.labels.boxes_2d import boxes_2d

from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane, body
from tests.vision.labels.seeing import seen, viewpoint


def boxes_of(scene: Scene, camera: Camera, poses: np.ndarray, covered: bool = True) -> dict[str, dict]:
    view = viewpoint(camera)
    (buffers,) = seen(scene, [view], [poses])
    if not covered:
        buffers = replace(buffers, covered=None)
    return {box["name"]: box for box in boxes_2d(view, buffers, [Bodies(World(scene))], poses)}


def silhouette(camera: Camera) -> np.ndarray:
    """Left, top, right, bottom of the ball: slopes of the planes through the camera that touch it, px."""
    centre = camera.world_to_camera[:3, :3] @ BALL[0, :3] + camera.world_to_camera[:3, 3]
    k, z = camera.intrinsics, centre[2]
    ends = []
    for axis in range(2):
        a = centre[axis]
        root = RADIUS * np.sqrt(a * a + z * z - RADIUS**2)
        ends.append(k[axis, axis] * (a * z + np.array([-root, root])) / (z * z - RADIUS**2) + k[axis, 2])
    return np.array(ends).T.ravel()


@pytest.mark.parametrize("target", [(0, 0, 0.2), (0.7, 0.9, 0.2)])  # the ball in the middle, and cut by the edge
def test_full_is_the_silhouette_even_outside_of_the_image(target):
    scene = ball_on_plane(320, 240)
    camera = scene.cameras[0].model_copy(update={"target": target})
    box = boxes_of(scene, camera, BALL)["ball"]
    want = silhouette(camera)
    x, y, width, height = box["full"]
    assert np.abs(np.array([x, y, x + width, y + height]) - want).max() < 0.5  # pixels that touch the edge are whole
    cut = target[0] > 0
    assert (want[0] < -5) == cut
    assert (box["x"] == 0) == cut
    assert box["width"] == pytest.approx(want[2] - max(want[0], 0), abs=1)
    assert box["visible"] == 1  # the edge of the image hides nothing


@pytest.mark.parametrize("covered", [True, False])
@pytest.mark.parametrize("hidden", [0.25, 0.5, 0.75])
def test_visible_is_the_share_of_the_area_that_is_not_covered(hidden, covered):
    camera = Camera(name="c", width=200, height=200, position=(0, 0, 0), target=(1, 0, 0), fov=40)
    scene = Scene(bodies=(
        body("behind", 1, Shape(kind="box", size=(0.01, 0.4, 0.4))),
        body("before", 2, Shape(kind="box", size=(0.01, 0.4, 0.4))),
        body("gone", 3, Shape(kind="box", size=(0.01, 0.1, 0.1))),
    ))  # fmt: skip
    edge = 0.2 - 0.4 * hidden  # of `behind`, in m at 2 m
    poses = np.array([[2, 0, 0, 1, 0, 0, 0], [1, edge / 2 + 0.2, 0, 1, 0, 0, 0], [2.5, 0.15, 0, 1, 0, 0, 0]])
    found = boxes_of(scene, camera, poses, covered)
    assert list(found) == ["behind", "before"]
    assert found["before"]["visible"] == pytest.approx(1, abs=0 if covered else 0.02)
    assert found["behind"]["visible"] == pytest.approx(1 - hidden, abs=0.02)
    side = 0.4 * 100 / np.tan(np.radians(20)) / 1.995
    assert found["behind"]["full"] == pytest.approx([100 - side / 2, 100 - side / 2, side, side], abs=1)  # whole pixels
    assert found["behind"]["width"] == pytest.approx(side * (1 - hidden), abs=1.01)


def test_what_reaches_behind_the_camera_has_no_full_box():
    scene = ball_on_plane()
    found = boxes_of(scene, scene.cameras[0], BALL)
    assert found["slab"]["full"] is None
    assert (found["slab"]["x"], found["slab"]["width"]) == (0, 160)


def test_ids_that_nothing_has_are_boxed_by_their_number():
    scene = ball_on_plane()
    view = viewpoint(scene.cameras[0])
    (buffers,) = seen(scene, [view], [BALL])
    instances = np.zeros((120, 160), np.uint16)
    instances[10:20, 30:34] = 65535
    assert boxes_2d(view, replace(buffers, instances=instances), [Bodies(World(scene))], BALL) == [{
        "instance": 65535, "name": "instance 65535", "category": "thing", "x": 30.0, "y": 10.0, "width": 4.0,
        "height": 10.0, "visible": 1.0, "full": None,
    }]  # fmt: skip


def test_cylinders_and_meshes_have_tight_outlines():
    camera = Camera(name="c", width=320, height=240, position=(1.2, 0.3, 0.8), target=(0, 0, 0), fov=40)
    turned = [0.3, 0.7, -0.2, 0.5]
    for shape in (
        Shape(kind="cylinder", size=(0.2, 0.5)),
        Shape(kind="mesh", size=(0.15, 0.15, 0.15), mesh="pybullet_data:duck.obj"),
    ):
        box = boxes_of(Scene(bodies=(body("thing", 4, shape),)), camera, np.array([[0.05, 0, 0, *turned]]))["thing"]
        got = np.array([*box["full"][:2], *np.add(box["full"][:2], box["full"][2:])])
        assert np.abs(got - [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]).max() < 1.01


def test_hulls_are_filled_where_pixels_have_their_centres():
    from multisynth.vision.labels.kernels import fill

    rng = np.random.Generator(np.random.Philox(4))
    v, u = np.mgrid[:30, :40] + 0.5
    for _ in range(60):
        corners = rng.uniform(-20, 60, 2) + rng.uniform(2, 30, 1) * np.stack(
            [np.cos(angles := np.sort(rng.uniform(0, 2 * np.pi, 7))), np.sin(angles)], -1
        )
        mask = np.zeros((30, 40), bool)
        fill(corners, mask)
        edges = np.roll(corners, -1, axis=0) - corners
        side = edges[:, 0, None, None] * (v - corners[:, 1, None, None]) - edges[:, 1, None, None] * (
            u - corners[:, 0, None, None]
        )
        assert np.array_equal(mask, (side >= 0).all(axis=0))
