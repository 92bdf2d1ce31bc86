"""Models to train."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serving.tiny import tiny_model

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.role == 'assistant' %}<end>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model with a chat template."""
    path = tiny_model(tmp_path_factory.mktemp("tiny")).path
    assert path is not None
    (path / "chat_template.jinja").write_text(TEMPLATE)
    return path


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multisynth.serving.checkpoint.models_folder", lambda: tmp_path / "models")
