from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh
from multisynth.scenes.files import called, pieces
from PIL import Image

from multisynth.errors import BadInput


def cone() -> trimesh.Trimesh:
    return trimesh.creation.cone(0.2, 0.5, sections=16)


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "glb", "gltf", "off"])
def test_every_format_gives_the_same_triangles(suffix, tmp_path):
    path = tmp_path / f"cone.{suffix}"
    if suffix == "gltf":
        for name, content in trimesh.Scene(cone()).export(file_type="gltf").items():
            (tmp_path / (name if name != "model.gltf" else path.name)).write_bytes(content)
    else:
        cone().export(path)
    (piece,) = pieces(path)
    assert len(piece.mesh.faces) == len(cone().faces)
    np.testing.assert_allclose(piece.mesh.vertices.min(0), cone().bounds[0], atol=1e-6)
    np.testing.assert_allclose(piece.mesh.vertices.max(0), cone().bounds[1], atol=1e-6)


def test_the_objects_of_a_gltf_are_pieces_where_its_nodes_put_them(tmp_path):
    scene = trimesh.Scene()
    for n, name in enumerate(("Chair.001", "Chair.002", "table")):
        scene.add_geometry(cone(), node_name=name, transform=trimesh.transformations.translation_matrix([n, 0, 0]))
    scene.export(tmp_path / "room.glb")
    found = pieces(tmp_path / "room.glb")
    assert sorted(piece.name for piece in found) == ["Chair.001", "Chair.002", "table"]
    lefts = {piece.name: piece.mesh.vertices[:, 0].min() for piece in found}
    assert lefts["table"] == pytest.approx(lefts["Chair.001"] + 2, abs=1e-6)
    assert [called(name) for name in ("Chair.001", "chair_2", "Coffee_Table", "duck.obj", "03")] == [
        "chair", "chair", "coffee table", "duck", "object",
    ]  # fmt: skip


def test_vertex_colours_of_a_scan_are_kept_as_linear(tmp_path):
    mesh = cone()
    mesh.visual.vertex_colors = np.tile([188, 188, 0, 255], (len(mesh.vertices), 1)).astype(np.uint8)
    mesh.export(tmp_path / "scan.ply")
    (piece,) = pieces(tmp_path / "scan.ply")
    np.testing.assert_allclose(piece.mesh.colours, np.tile([0.503, 0.503, 0], (len(mesh.faces), 1)), atol=2e-3)


def test_a_texture_beside_the_file_is_found(tmp_path):
    Image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / "red.png")
    (tmp_path / "a.mtl").write_text("newmtl m\nmap_Kd red.png\n")
    (tmp_path / "a.obj").write_text(
        "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nusemtl m\nf 1/1 2/2 3/3\n"
    )
    (piece,) = pieces(tmp_path / "a.obj")
    assert len(piece.mesh.textures) == 1
    np.testing.assert_allclose(piece.mesh.textures[0][0, 0], [1, 0, 0])


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def claiming(count: int) -> bytes:
    document = {"asset": {"version": "2.0"}, "accessors": [{"count": count, "componentType": 5126, "type": "VEC3"}]}
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.obj", b""),
        ("a.obj", b"v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nf 1 2 9\n"),
        ("a.ply", b"ply\nformat binary_little_endian 1.0\nelement vertex 4000000000\nproperty float x\nend_header\n"),
        ("a.stl", b"solid\n"),
        ("a.stl", b"\0" * 80 + struct.pack("<I", 4 * 10**9)),
        ("a.off", b"OFF\n1000000000 1 0\n0 0 0\n"),
        ("a.glb", b"glTF"),
        ("a.glb", b"glTF" + struct.pack("<IIII", 2, 20, 2**31, 0x4E4F534A)),
        ("a.gltf", claiming(10**12)),
        ("a.gltf", b"[" * 100_000),
        ("a.gltf", b'{"accessors": 3}'),
        ("a.blend", b"BLENDER"),
    ],
)
def test_what_is_no_mesh_is_refused(name, content, tmp_path):
    with pytest.raises(BadInput):
        pieces(written(tmp_path, name, content))


def test_files_outside_the_folder_are_not_read(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    (inner / "a.mtl").write_text("newmtl m\nmap_Kd ../secret.png\n")
    text = "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nusemtl m\nf 1/1 2/2 3/3\n"
    (inner / "a.obj").write_text(text)
    try:
        (piece,) = pieces(inner / "a.obj")
        assert not piece.mesh.textures
    except BadInput as refused:
        assert "outside" in str(refused)
    (inner / "link.obj").symlink_to(tmp_path / "a.obj")
    (tmp_path / "a.obj").write_text(text)
    with pytest.raises(BadInput, match="outside"):
        pieces(inner / "link.obj")


def test_a_texture_that_claims_to_be_huge_is_not_opened(tmp_path):
    Image.new("1", (9_000, 9_000)).save(tmp_path / "huge.png")
    (tmp_path / "a.mtl").write_text("newmtl m\nmap_Kd huge.png\n")
    (tmp_path / "a.obj").write_text(
        "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nusemtl m\nf 1/1 2/2 3/3\n"
    )
    try:
        (piece,) = pieces(tmp_path / "a.obj")
        assert not piece.mesh.textures
    except BadInput as refused:
        assert "texels" in str(refused)
