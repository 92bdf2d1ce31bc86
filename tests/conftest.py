"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from multisynth import Recipe, run
from multisynth.execute import Result
from multisynth.executors import Executor
from multisynth.executors.local import LocalExecutor
from multisynth.store import Store
from tests import stages  # noqa: F401 — registers the test stages


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what wants CUDA where there is none, and PyBullet likewise: it has no wheel for Python 3.12."""
    wanting = [item for item in items if item.get_closest_marker("gpu")]
    if wanting and not _cuda():
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason="no CUDA here"))
    if find_spec("pybullet") is not None:
        return
    for item in items:
        call = getattr(item, "callspec", None)
        if call is not None and "pybullet" in [value for value in call.params.values() if isinstance(value, str)]:
            item.add_marker(pytest.mark.skip(reason="PyBullet has no wheel for this Python"))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Files' bytes are named by their argument: pytest-xdist wants the same names of each worker, and bytes may hold a
    clock, as those of gzip do."""
    return argname if isinstance(val, bytes) else None


def _cuda() -> bool:
    import torch

    return bool(torch.cuda.is_available())


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


@pytest.fixture(params=["processes", "ray"])
def several(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Two workers: a pool of processes, and actors of Ray."""
    if request.param == "ray":
        pytest.importorskip("ray")
        from multisynth.executors.ray import RayExecutor

        executor: Executor = RayExecutor(workers=2)
    else:
        executor = LocalExecutor(workers=2)
    yield executor
    executor.close()
