"""Splats as `.splat`, against the reader of Open3D and the writer of gsplat."""

from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.splats.splat import decode_splat, encode_splat

from tests.vision.splats.clouds import cloud, degrees_apart


def test_loses_no_more_than_half_a_step() -> None:
    gaussians = cloud(300)
    again = decode_splat(encode_splat(gaussians))
    order = np.lexsort(again.means.T)
    straight = np.lexsort(gaussians.means.T)
    np.testing.assert_array_equal(again.means[order], gaussians.means[straight])
    np.testing.assert_allclose(again.log_scales[order], gaussians.log_scales[straight], atol=1e-5)
    opacity, opacity_again = (1 / (1 + np.exp(-g.logit_opacities)) for g in (gaussians, again))
    assert np.abs(opacity[straight] - opacity_again[order]).max() <= 0.5 / 255 * 1.001
    colour, colour_again = (0.5 + 0.28209479177387814 * g.harmonics[:, 0] for g in (gaussians, again))
    assert np.abs(colour[straight].clip(0, 1) - colour_again[order]).max() <= 0.5 / 255 * 1.001
    assert degrees_apart(again.quaternions[order], gaussians.quaternions[straight]).max() < np.degrees(2 * 2 / 128)


def test_open3d_reads_the_same(tmp_path: Path) -> None:
    import open3d

    (tmp_path / "splats.splat").write_bytes(encode_splat(cloud()))
    again = decode_splat(encode_splat(cloud()))
    cloud_read = open3d.t.io.read_point_cloud(str(tmp_path / "splats.splat"))
    read = {key: value.numpy() for key, value in cloud_read.point.items()}
    np.testing.assert_array_equal(read["positions"], again.means)
    np.testing.assert_allclose(read["f_dc"], again.harmonics[:, 0], atol=1e-5)
    np.testing.assert_allclose(read["opacity"][:, 0], again.logit_opacities, atol=1e-4)
    np.testing.assert_allclose(np.log(read["scale"]), again.log_scales, atol=1e-5)
    assert degrees_apart(read["rot"], again.quaternions).max() < 0.1


def test_reads_what_gsplat_writes() -> None:
    import torch
    from gsplat.exporter import export_splats

    gaussians = cloud()
    tensors = [gaussians.means, gaussians.log_scales, gaussians.quaternions, gaussians.logit_opacities]
    tensors += [gaussians.harmonics[:, :1], gaussians.harmonics[:, 1:]]
    again = decode_splat(export_splats(*(torch.from_numpy(tensor.copy()) for tensor in tensors), format="splat"))
    order, straight = np.lexsort(again.means.T), np.lexsort(gaussians.means.T)
    np.testing.assert_array_equal(again.means[order], gaussians.means[straight])
    np.testing.assert_allclose(again.log_scales[order], gaussians.log_scales[straight], atol=1e-5)
    assert degrees_apart(again.quaternions[order], gaussians.quaternions[straight]).max() < np.degrees(2 * 2 / 128) * 2


def test_odd_values_become_finite() -> None:
    found = decode_splat(bytes(32))
    assert np.isfinite(found.log_scales).all() and np.isfinite(found.logit_opacities).all()
    np.testing.assert_array_equal(found.quaternions, [[-1, -1, -1, -1]])
    np.testing.assert_array_equal(decode_splat(bytes(28) + b"\x80" * 4).quaternions, [[1, 0, 0, 0]])


@pytest.mark.parametrize("data", [bytes(31), np.full(8, -1, "<f4").tobytes()])
def test_what_is_no_splat_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a \.splat"):
        decode_splat(data)
