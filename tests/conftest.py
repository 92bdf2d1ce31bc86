"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from multisynth import Recipe, run
from multisynth.execute import Result
from multisynth.executors import Executor
from multisynth.store import Store
from tests import stages  # noqa: F401 — registers the test stages


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., tuple[Store, Result]]:
    """Runs stages into a folder of its own: ``make({...}, out="a")``."""

    def make(
        blocks: dict[str, dict[str, Any]],
        out: str = "run",
        executor: Executor | None = None,
        seed: int = 7,
        **more: Any,
    ) -> tuple[Store, Result]:
        recipe = Recipe.of({"name": "test", "seed": seed, "stages": blocks, **more})
        result = run(recipe, tmp_path / out, executor)
        return Store.open(tmp_path / out), result

    return make
