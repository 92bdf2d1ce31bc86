from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.splats.files import DECODERS, ENCODERS, read_splats

from multisynth.errors import BadInput
from tests.vision.splats.clouds import cloud


@pytest.mark.parametrize("ending", sorted(DECODERS))
def test_the_ending_says_the_format(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"splats{ending.upper()}"
    path.write_bytes(ENCODERS[ending](cloud()))
    np.testing.assert_array_equal(read_splats(path).means, DECODERS[ending](path.read_bytes()).means)


def test_an_unknown_ending_and_a_broken_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.obj").touch()
    (tmp_path / "a.ply").write_bytes(b"ply\n")
    with pytest.raises(BadInput, match=r"`a\.obj`") as refused:
        read_splats(tmp_path / "a.obj")
    assert ".spz" in refused.value.remedy
    with pytest.raises(BadInput, match=r"a\.ply"):
        read_splats(tmp_path / "a.ply")
    with pytest.raises(BadInput, match=r"missing\.spz"):
        read_splats(tmp_path / "missing.spz")
