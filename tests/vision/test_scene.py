from __future__ import annotations

import numpy as np
import pytest
import trimesh
from multisynth.scenes import Scene
from multisynth.scenes.meshes import triangles
from multisynth.vision.cameras.solids import Solids
from multisynth.vision.scene import Scenes
from pydantic import ValidationError

from multisynth.errors import BadInput
from multisynth.testing import run_stage


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)


def scenes(**options) -> list[Scene]:
    ran = run_stage(Scenes(**options))
    assert not ran.failures and not ran.drops
    assert all(sample["poses"].shape == (0, 7) for sample in ran.samples)
    return [Scene.model_validate_json(sample["scene"]) for sample in ran.samples]


@pytest.mark.parametrize("kind", ["tabletop", "room"])
def test_scenes_by_ordinal(kind):
    first, second, third = scenes(scenes=3, what={"kind": kind})
    assert first != second != third
    assert scenes(scenes=1, what={"kind": kind}) == [first], "more scenes do not change the first"
    subject = Solids(first).subject()
    assert subject.space is not None and subject.size < 6 and len(subject.centres) >= 3
    for camera in first.cameras:
        assert subject.clearance is not None and subject.clearance(np.array([camera.position]))[0] > 0.1


def test_a_mesh_file(tmp_path):
    trimesh.creation.box((2, 1, 3)).export(tmp_path / "crate.ply")
    first, second = scenes(scenes=2, what={"kind": "mesh", "path": tmp_path / "crate.ply", "scale": 0.1})
    assert [(body.name, body.category) for body in first.bodies] == [("floor", "floor"), ("crate", "crate")]
    assert first.bodies[1] == second.bodies[1] and first.light != second.light
    mesh = triangles(first.bodies[1].parts[0].shapes[0])
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [0.2, 0.1, 0.3], atol=1e-6)
    bounds = Solids(first).bounds
    assert bounds[0, 1, 2] == pytest.approx(bounds[1, 0, 2], abs=1e-6), "it stands on the floor"


def test_a_gltf_has_y_up(tmp_path):
    trimesh.creation.box((1, 3, 2)).export(tmp_path / "post.glb")
    (scene,) = scenes(what={"kind": "mesh", "path": tmp_path / "post.glb", "category": "post", "floor": False})
    (low, high) = Solids(scene).bounds[0]
    np.testing.assert_allclose(high - low, [1, 2, 3], atol=1e-6)
    assert scene.bodies[0].category == "post"


def test_a_robot_with_drawn_joints():
    first, second = scenes(scenes=2, what={"kind": "urdf", "path": "pybullet_data:kuka_iiwa/model.urdf"})
    (robot,) = (body for body in first.bodies if body.category == "robot")
    assert len(robot.parts) == 8 and first.bodies != second.bodies


def test_the_meshes_of_a_file_are_an_artifact(tmp_path):
    trimesh.creation.box((1, 1, 1)).export(tmp_path / "a.stl")
    stage = Scenes(what={"kind": "mesh", "path": tmp_path / "a.stl"})
    (one,) = stage.artifacts()
    trimesh.creation.box((1, 1, 2)).export(tmp_path / "a.stl")
    (other,) = stage.artifacts()
    assert one.id != other.id and one.name == "a.stl"
    assert Scenes().artifacts() == ()


def test_what_cannot_be_used_is_said_before_anything_runs(tmp_path):
    (tmp_path / "a.stl").write_bytes(b"nothing")
    with pytest.raises(BadInput, match=r"a\.stl"):
        Scenes(what={"kind": "mesh", "path": tmp_path / "a.stl"}).artifacts()
    with pytest.raises(ValidationError, match="does not exist"):
        Scenes(what={"kind": "mesh", "path": tmp_path / "gone.stl"})
    with pytest.raises(ValidationError, match="above"):
        Scenes(what={"kind": "room", "pieces": [9, 5]})
