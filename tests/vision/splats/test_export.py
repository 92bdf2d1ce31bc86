import json
from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.splats.export import Splats
from multisynth.vision.splats.files import read_splats, write_splats
from multisynth.vision.volume import Volume

from multisynth.errors import BadInput
from multisynth.testing import run_stage
from tests.export.conftest import Run
from tests.vision.splats.clouds import cloud


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "run").mkdir()
    return Run(tmp_path / "run")


@pytest.mark.parametrize("form", ["ply", "spz", "splat"])
def test_volumes_are_written_as_files_that_are_read_again(form: str, run: Run, tmp_path: Path) -> None:
    gaussians = cloud(instances=True)
    write_splats(tmp_path / "in.ply", gaussians)
    volumes = list(run_stage(Volume(path=tmp_path / "in.ply", unit=1.0)).samples)
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


def test_another_method_is_refused(run: Run, tmp_path: Path) -> None:
    write_splats(tmp_path / "in.ply", cloud())
    (volume,) = run_stage(Volume(path=tmp_path / "in.ply")).samples
    run.add("volumes", [volume.replace(method="nerfacto")])
    with pytest.raises(BadInput, match="is nerfacto, not splats"):
        Splats().write(run.table("volumes"), tmp_path, run)
