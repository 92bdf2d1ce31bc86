"""Splats as PLY, against the readers and writers of Open3D and gsplat."""

from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.splats.ply import decode_ply, encode_ply
from multisynth.vision.splats.vertices import decode_vertices, encode_vertices

from tests.vision.splats.clouds import cloud


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("instances", [False, True])
def test_what_is_written_is_read_to_the_bit(degree: int, instances: bool) -> None:
    gaussians = cloud(20, degree, instances)
    again = decode_ply(encode_ply(gaussians))
    for name, value in vars(gaussians).items():
        np.testing.assert_array_equal(getattr(again, name), value, err_msg=name)
        assert value is None or getattr(again, name).dtype == value.dtype


def test_open3d_reads_the_same(tmp_path: Path) -> None:
    import open3d

    gaussians = cloud(instances=True)
    (tmp_path / "splats.ply").write_bytes(encode_ply(gaussians))
    points = open3d.t.io.read_point_cloud(str(tmp_path / "splats.ply")).point
    read = {key: value.numpy() for key, value in points.items()}
    np.testing.assert_array_equal(read["positions"], gaussians.means)
    np.testing.assert_array_equal(read["rot"], gaussians.quaternions)
    np.testing.assert_allclose(np.log(read["scale"]), gaussians.log_scales, atol=1e-5)  # Open3D takes exp
    np.testing.assert_array_equal(read["opacity"][:, 0], gaussians.logit_opacities)
    np.testing.assert_array_equal(read["f_dc"], gaussians.harmonics[:, 0])


def test_reads_what_gsplat_writes() -> None:
    import torch
    from gsplat.exporter import export_splats

    gaussians = cloud()
    tensors = [gaussians.means, gaussians.log_scales, gaussians.quaternions, gaussians.logit_opacities]
    tensors += [gaussians.harmonics[:, :1], gaussians.harmonics[:, 1:]]
    again = decode_ply(export_splats(*(torch.from_numpy(tensor.copy()) for tensor in tensors), format="ply"))
    for name in ("means", "quaternions", "log_scales", "logit_opacities", "harmonics"):
        np.testing.assert_array_equal(getattr(again, name), getattr(gaussians, name), err_msg=name)


@pytest.mark.parametrize("order", ["<", ">", ""])
def test_other_orders_of_properties_and_bytes_and_properties_of_others(order: str) -> None:
    gaussians = cloud(7, 1)
    table = decode_vertices(encode_ply(gaussians))
    names = ["id", *reversed(table.dtype.names or ())]
    other = np.empty(len(table), [(name, "u1" if name == "id" else f"{order or '<'}f8") for name in names])
    for name in names:
        other[name] = 1 if name == "id" else table[name]
    kind = {"<": "binary_little_endian", ">": "binary_big_endian", "": "ascii"}[order]
    lines = ["ply", f"format {kind} 1.0", "comment splats", f"element vertex {len(other)}"]
    lines += [f"property {'uchar' if name == 'id' else 'double'} {name}" for name in names]
    lines += ["element face 1", "property list uchar int vertex_indices", "end_header", ""]
    body = (
        other.tobytes() if order else "".join(" ".join(map(repr, map(float, row))) + "\r\n" for row in other).encode()
    )
    again = decode_ply("\n".join(lines).encode() + body + b"\x03\0\0\0\0")
    for name in ("means", "quaternions", "log_scales", "logit_opacities", "harmonics"):
        np.testing.assert_array_equal(getattr(again, name), getattr(gaussians, name), err_msg=name)


def without(data: bytes, *names: str) -> bytes:
    table = decode_vertices(data)
    kept = [name for name in table.dtype.names or () if name not in names]
    cut = np.empty(len(table), [(name, "<f4") for name in kept])
    for name in kept:
        cut[name] = table[name]
    return encode_vertices(cut)


WHOLE = encode_ply(cloud(4))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a PLY"),
        (b"\x89PNG\r\n\x1a\n", "not a PLY"),
        (WHOLE[:-1], "cut short"),
        (WHOLE.replace(b"vertex 4", b"vertex 99999999999"), "cut short"),
        (WHOLE.replace(b"binary_little_endian", b"ascii").replace(b"vertex 4", b"vertex 99999999999"), "cut short"),
        (WHOLE.replace(b"binary_little_endian", b"ternary"), "unknown line"),
        (WHOLE.replace(b"element vertex", b"element points"), "without an element `vertex`"),
        (WHOLE.replace(b"property float nx", b"property list uchar int nx"), "a list"),
        (WHOLE.replace(b"property float nx", b"property float ny"), "twice"),
        (without(WHOLE, "opacity"), "without opacity"),
        (without(WHOLE, "f_rest_44"), "44 properties f_rest_"),
        (b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\nabc\n", "no number"),
    ],
)
def test_what_is_no_splat_file_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode_ply(data)


def test_no_gaussians_at_all() -> None:
    assert len(decode_ply(encode_ply(cloud(0)))) == 0
