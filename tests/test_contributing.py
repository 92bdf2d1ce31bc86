"""The stage in CONTRIBUTING.md works as it is printed."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from types import FunctionType

import pytest
import yaml

from multisynth.stage import Map

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(language: str, index: int = 0) -> str:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)[index]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Map]:
    """The stage, loaded by the entry point's name."""
    ((name, value),) = tomllib.loads(block("toml"))["project"]["entry-points"]["multisynth.stages"].items()
    entry = EntryPoint(name, value, "multisynth.stages")
    path = tmp_path / "stage.py"
    path.write_text(block("python"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(entry.module, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, entry.module, module)
    spec.loader.exec_module(module)
    found = entry.load()
    assert issubclass(found, Map)
    return found


def test_it_takes_30_lines() -> None:
    assert len(block("python").strip().splitlines()) <= 30


def test_its_test_passes(stage: type[Map]) -> None:
    names: dict[str, object] = {}
    exec(block("python", 1), names)  # noqa: S102 — our own document
    tests = [value for name, value in names.items() if name.startswith("test_") and isinstance(value, FunctionType)]
    assert len(tests) == 1
    tests[0]()


def test_its_recipe_gives_options_that_it_has(stage: type[Map]) -> None:
    ((_, options),) = yaml.safe_load(block("yaml")).items()
    assert f'"{options.pop("use")}"' in block("toml")
    assert options.pop("from") == "documents"
    assert stage.model_validate(options).model_dump() == {"low": 3.5, "high": 10}
