"""A worker holds a batch of media at a time, and writes before its outputs fill the memory."""

from __future__ import annotations

import pyarrow as pa
import pytest

from multisynth import work
from multisynth.process import LEDGER
from multisynth.rows import Birth
from multisynth.tables import Table
from multisynth.work import Job, Task, Worker
from tests.executors.stages import PICTURE
from tests.stages import Pass

PICTURES = {"use": "test.pictures", "count": 24, "size": 1000}


def test_media_are_read_by_batch_and_outputs_written_as_they_fill(make, monkeypatch):
    store, _ = make({"pictures": PICTURES})
    job = Job(Pass(), Birth("copy", "f", 7, PICTURE), 4, store.root, (("pictures", store.table("pictures").version),))
    shelf = store.shelf("copy")
    shelf.reset(PICTURE, {})
    monkeypatch.setattr(work, "_BYTES_AT_ONCE", 7000)
    asked: list[int] = []
    rows = Table.rows

    def counted(table, start, stop, columns=None):
        asked.append(stop - start)
        return rows(table, start, stop, columns)

    monkeypatch.setattr(Table, "rows", counted)
    done = Worker(job).run(Task(0, 1, 23))
    assert asked == [4, 4, 4, 4, 4, 2]
    assert len(done.fragments) == 3 and done.ledger.num_rows == 22
    shelf.append(done.fragments, done.ledger)
    assert [(s["n"], s["image"]) for s in shelf.table().samples()] == [(n, bytes([n]) * 1000) for n in range(1, 23)]


def test_without_media_one_reading_serves_a_task(make, monkeypatch):
    store, _ = make({"count": {"use": "test.count", "count": 24}})
    kind = store.table("count").kind
    job = Job(Pass(), Birth("copy", "f", 7, kind), 4, store.root, (("count", store.table("count").version),))
    store.shelf("copy").reset(kind, {})
    asked: list[int] = []
    rows = Table.rows
    monkeypatch.setattr(Table, "rows", lambda *given: asked.append(given[2] - given[1]) or rows(*given))
    assert Worker(job).run(Task(0, 1, 23)).ledger.num_rows == 22 and asked == [22]


@pytest.mark.parametrize("stage", ["count", "source"])
def test_the_ledger_tells_of_an_input_whose_worker_died(make, stage):
    store, _ = make({"count": {"use": "test.count", "count": 5}})
    from tests.stages import Count

    birth = Birth("next", "f", 7, store.table("count").kind)
    inputs = (("count", store.table("count").version),)
    job = Job(Count(), birth, 4, store.root, ()) if stage == "source" else Job(Pass(), birth, 4, store.root, inputs)
    done = work.lost(job, Task(0, 3, 4))
    [row] = done.ledger.to_pylist()
    assert done.ledger.schema.equals(LEDGER) and isinstance(done.ledger, pa.Table)
    assert row["input"] == ("3" if stage == "source" else store.table("count").column("id")[3].as_py())
    assert (row["status"], row["outputs"]) == ("failed", 0) and row["reason"].startswith("WorkerDied: ")
