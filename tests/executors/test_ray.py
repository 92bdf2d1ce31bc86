"""Ray makes the tables that one process makes, and loses nothing but the input that kills."""

from __future__ import annotations

import pytest

from multisynth.work import StageBroken
from tests import comparing
from tests.executors import stages
from tests.executors.test_local import COUNT, jobs, statuses
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


def test_an_input_that_kills_its_actor_fails_alone_and_the_next_stage_runs(make, ray_executor):
    kill = {"use": "test.killer", "from": "count", "on": [3], "errors": 1, "needs": {"batch_size": 4}}
    blocks = {"count": COUNT, "kill": kill, "after": {"use": "test.pass", "from": "kill"}}
    store, result = make(blocks, executor=ray_executor)
    assert result.ok and len(store.table("after")) == 11
    assert statuses(store, "kill")[3]["reason"].startswith("WorkerDied: ")


def test_a_stage_that_does_not_open_on_ray_says_why(make, ray_executor):
    store, _ = make({"count": COUNT})
    with pytest.raises(StageBroken, match="Unpicklable: odd: 1 and 2"):
        list(ray_executor.map(*jobs(store, stages.Broken())))


def test_what_no_node_has_is_said_and_not_waited_for(make, ray_executor):
    _, result = make({"count": {**COUNT, "needs": {"gpus": 64}}}, executor=ray_executor)
    assert result.states == {"count": "failed"}
    assert "needs 64 GPUs, and no node has more than" in result.errors["count"]


def test_a_ray_that_runs_already_is_left_running(ray_executor):
    import ray

    from multisynth.executors.ray import RayExecutor

    RayExecutor(workers=1).close()
    assert ray.is_initialized()
