"""Ray makes the tables that one process makes."""

from __future__ import annotations

import pytest

from tests import comparing
from tests.test_execute import RECIPE, sized

pytest.importorskip("ray")


@pytest.fixture(scope="module")
def ray_executor():
    from multisynth.executors.ray import RayExecutor

    executor = RayExecutor(workers=2)
    yield executor
    executor.close()


def test_equal_tables_on_ray(make, ray_executor):
    reference, _ = make(RECIPE, out="reference")
    for batch_size in (7, 256):
        store, result = make(sized(batch_size), out=f"ray{batch_size}", executor=ray_executor)
        assert result.ok
        comparing.assert_same(store, reference)
