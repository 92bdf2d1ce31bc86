"""A scene whose parts were moved looks the same as the scene seen from where that puts the camera."""

import numpy as np
from multisynth.scenes.poses import transform
from multisynth.scenes.schema import Body, Part, Scene, Shape
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.elsewhere import Elsewhere
from multisynth.vision.render.rays import RayRenderer

CAMERA = Viewpoint(64, 48, np.array([[60.0, 0, 32], [0, 60, 24], [0, 0, 1]]), np.eye(4))


def ball(*position: float) -> Scene:
    part = Part(name="ball", shapes=(Shape(kind="sphere", size=(0.5,)),), moves=False, position=position)
    return Scene(bodies=(Body(name="ball", category="ball", instance=9, parts=(part,)),))


def test_a_moved_world_is_seen_where_it_was_moved():
    place = transform(np.array([0.9, -0.2, 1.0]), np.array([0.98, 0.0, -0.1989975, 0.0]))
    there = (place @ [0.1, 0.4, 2.0, 1.0])[:3]
    (moved,) = Elsewhere(RayRenderer(ball(0.1, 0.4, 2.0)), place).render([CAMERA])
    (plain,) = RayRenderer(ball(*there)).render([CAMERA])
    assert (plain.depth > 0).sum() > 50
    assert np.array_equal(moved.instances, plain.instances)
    assert np.abs(moved.depth - plain.depth).max() < 1e-5
    assert np.abs(moved.normals - plain.normals).max() < 1e-4
