from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.splats.files import ENCODERS
from multisynth.vision.splats.gaussians import Gaussians
from multisynth.vision.splats.ply import decode_ply
from multisynth.vision.splats.turn import turned
from multisynth.vision.volume import Volume
from pydantic import ValidationError

from multisynth.testing import run_stage
from tests.vision.splats.clouds import cloud


def room(count: int = 4000, **changed: np.ndarray) -> Gaussians:
    """A cube from -1 to 1, opaque; and a cloud of faint floaters far away."""
    rng = np.random.default_rng(0)
    means = rng.uniform(-1, 1, (count, 3)).astype(np.float32)
    logits = np.full(count, 3, np.float32)
    means[: count // 10] *= 100
    logits[: count // 10] = -6
    return Gaussians(**{**vars(cloud(count, 0)), "means": means, "logit_opacities": logits, **changed})


def write_splats(path: Path, gaussians: Gaussians) -> None:
    path.write_bytes(ENCODERS[path.suffix](gaussians))


def test_splats_become_a_volume_with_bounds_around_what_is_opaque(tmp_path: Path) -> None:
    write_splats(tmp_path / "room.ply", room(instances=np.arange(4000, dtype=np.uint16)))
    ran = run_stage(Volume(path=tmp_path / "room.ply", unit=0.5, license="MIT"))
    (volume,) = ran.samples
    np.testing.assert_allclose(volume["bounds"], [[-0.49] * 3, [0.49] * 3], atol=0.01)
    assert (volume["metric"], volume["method"], volume["license"]) == (True, "splats", "MIT")
    stored = decode_ply(volume["data"])
    np.testing.assert_allclose(stored.means, room().means / 2)
    np.testing.assert_allclose(np.exp(stored.log_scales), np.exp(room().log_scales) / 2, rtol=1e-5)
    np.testing.assert_array_equal(volume["instances"], np.arange(4000))
    assert stored.instances is None and volume["view_poses"].shape == (0, 4, 4)


def test_up_becomes_z(tmp_path: Path) -> None:
    write_splats(tmp_path / "room.ply", room())
    (volume,) = run_stage(Volume(path=tmp_path / "room.ply", unit=2.0, up=(0, -3, 0))).samples
    np.testing.assert_array_equal(volume["up"], [0, 0, 1])
    rotation = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])  # -y to z, and x stays
    expected, stored = turned(room(), rotation), decode_ply(volume["data"])
    np.testing.assert_allclose(stored.means[:, 2], -2 * room().means[:, 1], rtol=1e-6)
    np.testing.assert_allclose(stored.means, 2 * expected.means, rtol=1e-6)
    np.testing.assert_array_equal(stored.quaternions, expected.quaternions)
    np.testing.assert_array_equal(stored.harmonics, expected.harmonics)


def test_each_file_of_a_folder_is_a_volume_in_the_order_of_names(tmp_path: Path) -> None:
    for ending in (".ply", ".spz", ".splat"):
        write_splats(tmp_path / f"room{ending}", room())
    (tmp_path / "readme.txt").touch()
    ran = run_stage(Volume(path=tmp_path))
    assert len(ran.samples) == 3 and not ran.drops and not any(ran.samples["metric"])
    assert [decode_ply(data).means.shape for data in ran.samples["data"]] == [(4000, 3)] * 3


def test_gaussians_that_are_not_finite_are_taken_out_and_counted(tmp_path: Path) -> None:
    means = room().means.copy()
    means[7], means[4, 1] = np.nan, np.inf
    write_splats(tmp_path / "room.ply", room(means=means, instances=np.arange(4000, dtype=np.uint16)))
    (volume,) = run_stage(Volume(path=tmp_path / "room.ply")).samples
    assert volume.meta == {"gaussians": 3998, "not_finite": 2}
    assert {4, 7}.isdisjoint(volume["instances"].tolist()) and len(decode_ply(volume["data"])) == 3998


@pytest.mark.parametrize("faint", [cloud(0), room(logit_opacities=np.full(4000, -6, np.float32))])
def test_an_empty_volume_is_one_clear_error(faint: Gaussians, tmp_path: Path) -> None:
    write_splats(tmp_path / "empty.ply", faint)
    ((_, trace),) = run_stage(Volume(path=tmp_path / "empty.ply")).failures
    assert f"{tmp_path / 'empty.ply'}: an empty volume" in trace


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_bytes(b"ply\nformat")
    ((_, trace),) = run_stage(Volume(path=tmp_path / "a.ply")).failures
    assert "BadInput" in trace and "a.ply: cannot be read as splats" in trace
    (tmp_path / "none").mkdir()
    ((_, trace),) = run_stage(Volume(path=tmp_path / "none")).failures
    assert "holds no splat file" in trace
    with pytest.raises(ValidationError, match=r"up is \[0.0, 0.0, 0.0\]"):
        Volume(path=tmp_path, up=(0, 0, 0))
