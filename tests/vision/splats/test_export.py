import json
from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.splats.export import Splats
from multisynth.vision.splats.files import read_splats
from multisynth.vision.splats.gaussians import Gaussians
from multisynth.vision.splats.ply import encode_ply
from multisynth.vision.volume import Volume

from multisynth.errors import BadInput
from multisynth.testing import run_stage
from tests.export.conftest import Run
from tests.vision.splats.clouds import cloud


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "run").mkdir()
    return Run(tmp_path / "run")


def stored(gaussians: Gaussians, folder: Path) -> Path:
    (folder / "in.ply").write_bytes(encode_ply(gaussians))
    return folder / "in.ply"


@pytest.mark.parametrize("form", ["ply", "spz", "splat"])
def test_volumes_are_written_as_files_that_are_read_again(form: str, run: Run, tmp_path: Path) -> None:
    gaussians = cloud(instances=True)
    path = stored(gaussians, tmp_path)
    volumes = list(run_stage(Volume(path=path, unit=1.0)).samples)
    run.add("volumes", [volume.replace(names=["door"]) for volume in volumes])
    out = tmp_path / "out"
    out.mkdir()
    assert Splats(format=form).write(run.table("volumes"), out, run) == 1
    (line,) = map(json.loads, (out / "volumes.jsonl").read_text().splitlines())
    assert line["gaussians"] == len(gaussians) and line["metric"] is True and line["names"] == ["door"]
    assert line["file"] == f"000000.{form}" and len(line["sample"]) == 32
    again = read_splats(out / line["file"])
    order, straight = np.lexsort(again.means.T), np.lexsort(gaussians.means.T)
    np.testing.assert_allclose(again.means[order], gaussians.means[straight], atol=1.3e-4)
    if form == "ply":
        np.testing.assert_array_equal(again.instances, gaussians.instances)


@pytest.mark.parametrize(("form", "clipped"), [
    ("ply", {}), ("splat", {"colours": 2}), ("spz", {"colours": 1, "scales": 3, "harmonics": 2}),
])  # fmt: skip
def test_what_a_format_has_no_room_for_is_counted(form: str, clipped: dict[str, int], run: Run, tmp_path: Path) -> None:
    gaussians = cloud(50)
    gaussians.log_scales[:3] = [[-10.1, 0, 0], [0, 6.1, -11], [0, 0, 7]]  # SPZ: -10 to 5.94
    gaussians.harmonics[:2, 0, 1] = 2, -4  # 0.5 + 0.28 c of light: .splat has 0 to 1, SPZ 3.3 to either side of c = 0
    gaussians.harmonics[4:6, 1:3, 2] = 1.5  # SPZ: -1 to 1
    (volume,) = run_stage(Volume(path=stored(gaussians, tmp_path))).samples
    run.add("volumes", [volume])
    out = tmp_path / "out"
    out.mkdir()
    Splats(format=form).write(run.table("volumes"), out, run)
    (line,) = map(json.loads, (out / "volumes.jsonl").read_text().splitlines())
    assert line["clipped"] == clipped
    again = read_splats(out / line["file"])  # what is not counted differs by rounding alone
    if form == "spz":
        assert (np.abs(again.log_scales - gaussians.log_scales).max(1) > 0.5 / 16 * 1.001).sum() == clipped["scales"]
        assert (np.abs(again.harmonics - gaussians.harmonics)[:, 0].max(1) > 0.5 / 255 / 0.15 * 1.001).sum() == 1
        assert (np.abs(again.harmonics - gaussians.harmonics)[:, 1:].max((1, 2)) > 8.5 / 128).sum() == 2


def test_another_method_is_refused(run: Run, tmp_path: Path) -> None:
    path = stored(cloud(), tmp_path)
    (volume,) = run_stage(Volume(path=path)).samples
    run.add("volumes", [volume.replace(method="nerfacto")])
    with pytest.raises(BadInput, match="is nerfacto, not splats"):
        Splats().write(run.table("volumes"), tmp_path, run)
