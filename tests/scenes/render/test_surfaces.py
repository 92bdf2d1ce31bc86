"""The polytope about a mesh, against its convex hull."""

import numpy as np
import pytest
from multisynth.scenes.meshes import triangles
from multisynth.scenes.render.surfaces import surface, wrap
from multisynth.scenes.schema import Shape
from scipy.spatial import ConvexHull

ARM = triangles(Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:franka_panda/meshes/visual/hand.obj")).vertices
BLOCK = np.stack(np.meshgrid([-1.0, 2.0], [0.0, 0.5], [3.0, 4.0]), -1).reshape(-1, 3)


@pytest.mark.parametrize("points", [ARM, BLOCK, np.eye(3), np.eye(4)[:, :3]])
def test_every_point_is_within_the_polytope(points):
    outside = ConvexHull(wrap(points)).equations @ np.c_[points, np.ones(len(points))].T
    assert outside.max() < 1e-9


def test_it_is_little_wider_and_has_few_corners():
    corners = wrap(ARM)
    assert len(corners) <= 48
    assert ConvexHull(corners).volume < 1.4 * ConvexHull(ARM).volume
    assert ConvexHull(wrap(BLOCK)).volume == pytest.approx(ConvexHull(BLOCK).volume, rel=1e-4)


def test_a_mesh_in_another_colour_is_met_at_the_same_places():
    red, blue = (
        Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:cube.obj", colour=colour)
        for colour in ((0.7, 0.1, 0.1), (0.1, 0.1, 0.7))
    )
    rays = np.array([[0.0, 0, -1], [0.1, 0.05, -1]])
    for shape in (red, blue, red):
        found = surface(shape).meet(np.array([0.0, 0, 3]), rays)
        height = triangles(shape).vertices[:, 2].max()
        np.testing.assert_allclose(found.t, 3 - height, atol=1e-6)
        colours = surface(shape).look(found.spots).colours
        assert np.ptp(colours / np.array(shape.colour)) < 0.2  # of a picture that is all but white
        assert colours.argmax(axis=1).tolist() == [int(np.argmax(shape.colour))] * 2
