from __future__ import annotations

import numpy as np
import pytest
from multisynth.scenes import kept
from multisynth.scenes.meshes import triangles
from multisynth.scenes.schema import Shape

from multisynth.errors import BadInput


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    return tmp_path / "multisynth" / "meshes"


def test_a_kept_mesh_comes_back_under_the_same_name(cache):
    mesh = triangles(Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:duck.obj"))
    name = kept.keep(mesh)
    assert name == kept.keep(mesh) and len(list(cache.iterdir())) == 1
    again = kept.kept(name)
    for one, other in zip(mesh[:6], again[:6], strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(mesh.textures) == 1
    np.testing.assert_array_equal(mesh.textures[0], again.textures[0])
    twice = triangles(Shape(kind="mesh", size=(2, 2, 2), mesh=name, colour=(1, 1, 1)))
    np.testing.assert_allclose(twice.vertices, 2 * mesh.vertices)


def test_a_machine_without_it_says_what_to_copy(cache):
    with pytest.raises(BadInput, match="not on this machine") as refused:
        kept.kept("sha256:" + "0" * 64)
    assert str(cache) in refused.value.remedy


def test_a_changed_file_is_refused(cache):
    name = kept.keep(triangles(Shape(kind="box", size=(1, 1, 1))))
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BadInput, match="not what its name says"):
        kept.kept(name)


@pytest.mark.parametrize("name", ["sha256:", "sha256:../../etc/passwd", "sha256:" + "G" * 64])
def test_names_that_are_none(name):
    with pytest.raises(BadInput, match="names no mesh"):
        kept.kept(name)
