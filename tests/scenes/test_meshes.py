import numpy as np
import pytest
import trimesh
from multisynth.scenes import Shape
from multisynth.scenes.assets import locate
from multisynth.scenes.meshes import triangles

from multisynth.errors import BadInput


def solid(shape: Shape) -> trimesh.Trimesh:
    mesh = triangles(shape)
    assert mesh.vertices.dtype == np.float64 and mesh.faces.dtype == np.int32
    assert mesh.colours.shape == mesh.faces.shape and mesh.normals.shape == mesh.vertices.shape
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-6)
    merged = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    facing = (merged.face_normals * mesh.normals[mesh.faces].mean(1)).sum(1)
    assert (facing[merged.area_faces > 1e-12] > 0.5).mean() > 0.98, "vertex normals and winding agree"
    merged.merge_vertices(merge_norm=True, merge_tex=True)
    return merged


@pytest.mark.parametrize(
    ("kind", "size", "volume", "tolerance"),
    [
        ("box", (0.1, 0.2, 0.3), 0.006, 1e-12),
        ("sphere", (0.2,), 4 / 3 * np.pi * 0.008, 1e-3),
        ("cylinder", (0.1, 0.5), np.pi * 0.005, 1e-3),
    ],
)
def test_primitives_are_closed_outward_and_have_their_volume(kind, size, volume, tolerance):
    mesh = solid(Shape(kind=kind, size=size))
    assert mesh.is_watertight and mesh.is_winding_consistent
    assert mesh.volume == pytest.approx(volume, rel=tolerance)
    np.testing.assert_allclose(mesh.bounds.mean(0), 0, atol=1e-12)


def test_sphere_vertices_lie_on_it_and_chords_stay_close():
    mesh = triangles(Shape(kind="sphere", size=(0.05,)))
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices, axis=1), 0.05, rtol=1e-12)
    middles = np.linalg.norm(mesh.vertices[mesh.faces].mean(1), axis=1)
    assert 0.05 - middles.min() < 3e-4 * 0.05


def test_mesh_has_its_files_triangles_and_material_colours():
    shape = Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:franka_panda/meshes/visual/finger.obj")
    mesh = triangles(shape)
    lines = locate(shape.mesh, (".obj",)).read_text().splitlines()
    written = np.array([[float(x) for x in line.split()[1:4]] for line in lines if line.startswith("v ")])
    assert len(mesh.faces) == sum(line.startswith("f ") for line in lines)
    np.testing.assert_allclose(mesh.vertices.min(0), written.min(0), atol=1e-7)
    np.testing.assert_allclose(mesh.vertices.max(0), written.max(0), atol=1e-7)
    half = np.unique(triangles(shape.model_copy(update={"colour": (0.5, 0.5, 0.5)})).colours.round(3), axis=0)
    np.testing.assert_allclose(half, [[0.125, 0.125, 0.125], [0.451, 0.461, 0.465]], atol=2e-3)


def test_scale_may_mirror():
    shape = {"kind": "mesh", "mesh": "pybullet_data:franka_panda/meshes/collision/link0.obj"}
    plain, mirrored = solid(Shape(size=(1, 1, 1), **shape)), solid(Shape(size=(-2, 1, 1), **shape))
    assert mirrored.volume == pytest.approx(2 * plain.volume)


@pytest.mark.parametrize(
    "name",
    [
        "pybullet_data:../numpy/__init__.py",
        "pybullet_data:franka_panda/LICENSE.txt",
        "pybullet_data:/etc/passwd",
        "no_such_package:a.obj",
        "os.path:a.obj",
        "pybullet_data:",
        "../x:a.obj",
    ],
)
def test_mesh_names_that_are_refused(name):
    with pytest.raises(BadInput):
        triangles(Shape(kind="mesh", size=(1, 1, 1), mesh=name))


@pytest.mark.parametrize(
    ("kind", "size"), [("box", (1, 1)), ("sphere", (0,)), ("cylinder", (1, float("nan"))), ("mesh", (1,))]
)
def test_sizes_that_are_refused(kind, size):
    with pytest.raises(BadInput):
        triangles(Shape(kind=kind, size=size, mesh="pybullet_data:plane.obj"))
