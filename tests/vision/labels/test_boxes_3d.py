"""Three-dimensional boxes of bodies and of Gaussians."""

import numpy as np
import pytest
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Body, Part, Scene, Shape
from multisynth.vision.labels.bodies import Bodies
from multisynth.vision.labels.boxes_3d import boxes_3d, corners, projected
from multisynth.vision.labels.clusters import Clusters
from multisynth.vision.splats.gaussians import Gaussians

from tests.scenes.render.balls import BALL, ball_on_plane, body
from tests.vision.labels.seeing import turn, viewpoint

RNG = np.random.Generator(np.random.Philox(3))
TURNED = np.array([0.8, 0.2, -0.4, 0.3]) / np.linalg.norm([0.8, 0.2, -0.4, 0.3])


def test_a_body_that_moves_has_its_box_along_its_own_axes():
    scene = Scene(bodies=(body("block", 9, Shape(kind="box", size=(0.1, 0.2, 0.3), position=(0.5, 0, 0))),))
    pose = np.array([[1.0, 2.0, 3.0, *TURNED]])
    (box,) = boxes_3d(np.full((2, 2), 9, np.uint16), [Bodies(World(scene))], pose)
    assert (box["instance"], box["name"], box["category"]) == (9, "block", "block")
    assert box["centre"] == pytest.approx(pose[0, :3] + turn(TURNED) @ [0.5, 0, 0])
    assert box["size"] == pytest.approx([0.1, 0.2, 0.3])
    assert np.allclose(turn(np.array(box["quaternion"])), turn(TURNED))
    assert not boxes_3d(np.full((2, 2), 8, np.uint16), [Bodies(World(scene))], pose)


@pytest.mark.parametrize(("shape", "points"), [
    (Shape(kind="sphere", size=(0.3,), position=(0.1, 0, 0)), "ball"),
    (Shape(kind="cylinder", size=(0.2, 0.5), quaternion=tuple(TURNED)), "cylinder"),
    (Shape(kind="mesh", size=(0.1, 0.1, 0.1), mesh="pybullet_data:duck.obj", quaternion=tuple(TURNED)), "mesh"),
])  # fmt: skip
def test_boxes_are_tight_about_every_kind_of_shape(shape, points):
    from multisynth.scenes.meshes import triangles

    still = Part(name="still", shapes=(shape,), moves=False, position=(0.4, 0.1, 0), quaternion=(1, 0, 0, 0))
    scene = Scene(bodies=(Body(name="b", category="b", instance=1, parts=(still,)),))
    (box,) = boxes_3d(np.ones((1, 1), np.uint16), [Bodies(World(scene))])
    surface = triangles(shape).vertices @ turn(np.array(shape.quaternion)).T + shape.position + still.position
    low, high = surface.min(axis=0), surface.max(axis=0)
    assert np.allclose(box["centre"], (low + high) / 2, atol=1e-3)
    assert np.allclose(box["size"], high - low, atol=1e-3)


def test_corners_are_where_the_image_has_them():
    scene = ball_on_plane()
    camera = scene.cameras[0]
    box = next(b for b in boxes_3d(np.full((1, 1), 700, np.uint16), [Bodies(World(scene))], BALL))
    points = corners(box)
    assert np.allclose(points[0], BALL[0, :3] - 0.25)
    assert np.allclose(points[1], points[0] + [0, 0, 0.5])
    assert np.allclose(points[7], BALL[0, :3] + 0.25)
    pixels, depth = projected(box, viewpoint(camera))
    own = points @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    assert np.allclose(depth, own[:, 2])
    assert np.allclose(pixels, (own @ camera.intrinsics.T)[:, :2] / own[:, 2:])


def cloud(size, centre, yaw: float, instance: int, count: int = 4000, scale: float = 0.004):
    """Gaussians spread evenly in an upright box."""
    turned = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    means = ((RNG.random((count, 3)) - 0.5) * size) @ turned.T + centre
    return means, np.full(count, instance, np.uint16), np.full(count, np.log(scale))


def gaussians(*clouds, haze: int = 0) -> Gaussians:
    means, ids, scales = (np.concatenate(parts) for parts in zip(*clouds, strict=True))
    count = len(means)
    logits = np.full(count, 3.0, np.float32)
    if haze:  # far away and all but transparent
        means[:haze], logits[:haze] = 50, -6
    turns = np.tile([2.0, 0, 0, 0], (count, 1)).astype(np.float32)
    return Gaussians(
        means.astype(np.float32), turns, np.tile(scales[:, None], (1, 3)).astype(np.float32), logits,
        np.zeros((count, 1, 3), np.float32), ids,
    )  # fmt: skip


def test_gaussians_have_upright_boxes_without_haze_and_strays():
    first = cloud(np.array([0.6, 0.3, 0.9]), np.array([1.0, 2.0, 0.5]), 0.5, 2)
    first[0][100:104] = [9, 9, 9]  # strays
    volume = gaussians(first, cloud(np.array([0.2, 0.2, 0.2]), np.zeros(3), 0.0, 5), haze=50)
    things = Clusters(volume, ["chair", "table"], ["seat"])
    assert [(t.instance, t.name, t.category) for t in things.table] == [
        (2, "table", "thing"), (5, "instance 5", "thing"),
    ]  # fmt: skip
    box = boxes_3d(np.full((1, 1), 2, np.uint16), [things])[0]
    assert np.allclose(box["centre"], [1, 2, 0.5], atol=0.01)
    axes = turn(np.array(box["quaternion"]))
    assert np.allclose(axes[:, 2], [0, 0, 1], atol=1e-6)
    level = sorted(zip(box["size"][:2], axes[:, :2].T, strict=True), key=lambda pair: -pair[0])
    assert [level[0][0], level[1][0], box["size"][2]] == pytest.approx([0.6, 0.3, 0.9], abs=0.02)
    assert abs(level[0][1] @ [np.cos(0.5), np.sin(0.5), 0]) > np.cos(np.radians(2))


def test_a_volume_without_ids_has_nothing():
    made = gaussians(cloud(np.ones(3), np.zeros(3), 0, 1, 10))
    assert Clusters(Gaussians(**{**vars(made), "instances": None})).table == ()
