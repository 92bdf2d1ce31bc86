import numpy as np
import pytest
from multisynth.scenes import Shape
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import about, quaternion, rotation
from multisynth.sim.engines.solids import solid
from scipy.spatial import ConvexHull

TURN = tuple(quaternion(about(np.array([0.6, 0.0, 0.8]), 0.7)).tolist())
BLOB = "pybullet_data:random_urdfs/000/000.obj"


def inertia(of):
    axes = rotation(of.turn)
    return axes @ np.diag(of.moments) @ axes.T


@pytest.mark.parametrize(
    "shape",
    [
        Shape(kind="box", size=(0.1, 0.2, 0.3), position=(0.1, 0.2, 0.3), quaternion=TURN),
        Shape(kind="sphere", size=(0.2,), position=(0.1, 0, 0)),
        Shape(kind="cylinder", size=(0.1, 0.3), position=(0.0, 0.1, 0.0), quaternion=TURN),
        Shape(kind="mesh", mesh=BLOB, size=(0.01, 0.02, 0.015), position=(0.0, 0.1, 0.0), quaternion=TURN),
    ],
    ids=lambda shape: shape.kind,
)
def test_one_shape_has_the_moments_of_its_points(shape):
    """By Monte Carlo: points in its bounding box, those inside the hull of its triangles."""
    vertices = triangles(shape).vertices
    points = np.random.default_rng(0).uniform(vertices.min(0), vertices.max(0), (100_000, 3))
    if shape.kind == "sphere":
        inside = points[np.linalg.norm(points, axis=1) < shape.size[0]]
    elif shape.kind == "cylinder":
        inside = points[np.hypot(points[:, 0], points[:, 1]) < shape.size[0]]
    else:
        faces = ConvexHull(vertices).equations
        inside = points[(points @ faces[:, :3].T + faces[:, 3]).max(1) < 0]
    placed = inside @ rotation(np.array(shape.quaternion)).T + shape.position
    of = solid((shape,))
    np.testing.assert_allclose(of.centre, placed.mean(0), atol=2e-3 * np.ptp(placed))
    covariance = np.cov(placed.T)
    expected = np.trace(covariance) * np.eye(3) - covariance
    np.testing.assert_allclose(inertia(of), expected, atol=0.01 * np.abs(expected).max())


def test_two_halves_make_a_whole():
    half = Shape(kind="box", size=(0.2, 0.1, 0.3))
    placed = [half.model_copy(update={"position": (0.5, y, 0.0)}) for y in (-0.05, 0.05)]
    whole = solid((Shape(kind="box", size=(0.2, 0.2, 0.3), position=(0.5, 0, 0)),))
    both = solid(tuple(placed))
    np.testing.assert_allclose(both.centre, whole.centre)
    np.testing.assert_allclose(inertia(both), inertia(whole), atol=1e-12)


def test_heavier_parts_weigh_more():
    small, large = Shape(kind="box", size=(0.1, 0.1, 0.1)), Shape(kind="box", size=(0.3, 0.1, 0.1), position=(1, 0, 0))
    np.testing.assert_allclose(solid((small, large)).centre, [0.75, 0, 0])
