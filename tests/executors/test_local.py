"""A pool of processes loses nothing but the input that kills, and runs no more at once than it may."""

from __future__ import annotations

import os
import signal

import pytest

from multisynth.executors.local import LocalExecutor
from multisynth.rows import Birth
from multisynth.stage import Needs
from multisynth.work import Job, StageBroken, Task
from tests import comparing
from tests.executors import stages

COUNT = {"use": "test.count", "count": 12, "needs": {"batch_size": 4}}


@pytest.fixture
def pool():
    executor = LocalExecutor(2)
    yield executor
    executor.close()


def statuses(store, stage):
    return store.shelf(stage).ledger(["status", "reason"]).to_pylist()


def test_an_input_that_kills_its_worker_fails_alone(make, pool):
    kill = {"use": "test.killer", "from": "count", "on": [3], "errors": 1, "needs": {"batch_size": 4}}
    store, result = make({"count": COUNT, "kill": kill, "after": {"use": "test.pass", "from": "kill"}}, executor=pool)
    assert result.ok
    assert store.table("after").column("text").to_pylist() == [f"document {n}" for n in range(12) if n != 3]
    rows = statuses(store, "kill")
    assert [row["status"] for row in rows] == ["kept"] * 3 + ["failed"] + ["kept"] * 8
    assert rows[3]["reason"].startswith("WorkerDied: ")


def test_a_sketch_that_kills_its_worker_takes_no_part(make, pool):
    block = {"use": "test.killer_sketch", "from": "count", "errors": 1, "needs": {"batch_size": 4}}
    store, result = make({"count": COUNT, "kill": block}, executor=pool)
    assert result.ok and {sample.meta["of"] for sample in store.table("kill").samples()} == {11}
    assert sum(
        row["reason"] is not None and row["reason"].startswith("WorkerDied: ") for row in statuses(store, "kill")
    )


def test_a_worker_that_is_killed_once_costs_nothing(make, pool, tmp_path):
    kill = {
        "use": "test.killer",
        "from": "count",
        "on": [3],
        "once": str(tmp_path / "once"),
        "needs": {"batch_size": 1},
    }
    store, result = make({"count": COUNT, "kill": kill}, executor=pool)
    assert result.ok and len(store.table("kill")) == 12
    reference, _ = make({"count": COUNT, "kill": kill}, out="unbroken")
    comparing.assert_same(store, reference)


def jobs(store, stage, **needs):
    stage_job = Job(
        stage,
        Birth("stage", "f", 7, store.table("count").kind),
        1,
        store.root,
        (("count", store.table("count").version),),
    )
    store.shelf("stage").reset(stage_job.birth.kind, {})
    return stage_job, Needs(**needs), iter([Task(0, n, n + 1) for n in range(12)])


def test_workers_that_die_while_nobody_looks_are_replaced(make, pool):
    store, _ = make({"count": COUNT})
    results = pool.map(*jobs(store, stages.Slow()))
    first = next(results)
    assert pool._pool is not None
    for process in list(pool._pool._processes.values()):
        os.kill(process.pid, signal.SIGKILL)
    assert [done.task.start for done in [first, *results]] == list(range(12))


@pytest.mark.parametrize(
    ("how", "said"), [("", "Unpicklable: odd: 1 and 2"), ("exit", "SystemExit: no model"), ("kill", "WorkerDied: ")]
)
def test_a_stage_that_does_not_open_says_why(make, pool, how, said):
    store, _ = make({"count": COUNT})
    with pytest.raises(StageBroken, match=said):
        list(pool.map(*jobs(store, stages.Broken(how=how))))


def test_no_more_run_at_once_than_asked_for_and_each_on_its_share_of_threads(make):
    store, _ = make({"count": COUNT})
    executor = LocalExecutor(4)
    before = dict(os.environ)
    done = list(executor.map(*jobs(store, stages.Slow(first=0.6), concurrency=2)))
    executor.close()
    assert [each.task.start for each in done] == list(range(12)) and dict(os.environ) == before
    store.shelf("stage").append([fragment for each in done for fragment in each.fragments], done[0].ledger)
    metas = [sample.meta for sample in store.shelf("stage").table().samples()]
    assert len({meta["pid"] for meta in metas}) == 2 and {meta["threads"] for meta in metas} == {"1"}
    at_once = [sum(other["start"] <= meta["start"] < other["stop"] for other in metas) for meta in metas]
    assert max(at_once) == 2
    # Behind the slow head the other worker went on with all the rest.
    assert all(meta["stop"] < metas[0]["stop"] for meta in metas[1:6])
