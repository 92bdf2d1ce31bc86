"""An artifact is its content."""

from __future__ import annotations

import hashlib
import os

from multisynth.artifact import Artifact, digest


def test_a_file_has_the_digest_that_sha256sum_prints(tmp_path):
    (tmp_path / "w").write_bytes(b"weights")
    assert digest(tmp_path / "w") == hashlib.sha256(b"weights").hexdigest()


def test_a_folder_is_its_names_and_contents(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "x").write_text("1")
    assert Artifact.of(tmp_path / "a", "model").id == Artifact.of(tmp_path / "b", "model", name="other").id
    (tmp_path / "b" / "sub" / "x").rename(tmp_path / "b" / "sub" / "y")
    assert digest(tmp_path / "a") != digest(tmp_path / "b")


def test_what_is_written_again_in_place_is_read_again(tmp_path):
    """Even where size and time of change are set back, as some programs that copy do."""
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"before")
    before, status = digest(tmp_path), file.stat()
    file.write_bytes(b"behind")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert digest(tmp_path) != before
    assert digest(file) == hashlib.sha256(b"behind").hexdigest()
