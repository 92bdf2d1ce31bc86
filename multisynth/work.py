"""What a worker does: read a range of inputs, run the stage on it, write the outputs as Lance fragments.

Workers write data and never commit: the driver appends the fragments and the ledger rows, in the order of the inputs,
so that tables are the same whatever the workers' number and speed.
"""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from lance.fragment import FragmentMetadata, write_fragments

from multisynth.process import LEDGER, Inputs, Method, Outcome, process
from multisynth.rows import Birth
from multisynth.stage import Map, Reduce, Source, Stage
from multisynth.store import Store, Table


@dataclass(frozen=True)
class Job:
    """All that a worker must know about a stage.

    Args:
        stage: The stage.
        birth: What its outputs have in common.
        batch_size: Inputs for one call.
        root: The store.
        inputs: Name and version of each input table; none for a source.
        phase: ``make`` for outputs, ``sketch`` for the first step of a `Reduce`.
        decision: The file with a `Reduce`'s pickled decision.
    """

    stage: Stage
    birth: Birth
    batch_size: int
    root: Path
    inputs: tuple[tuple[str, int], ...]
    phase: str = "make"
    decision: Path | None = None


@dataclass(frozen=True)
class Task:
    """Rows [start, stop) of one input table, or ordinals of a source."""

    table: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Done:
    """What came of a task."""

    task: Task
    fragments: tuple[FragmentMetadata, ...]
    ledger: pa.Table
    sketches: pa.Table | None
    seconds: float


class Worker:
    """A stage, opened."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._tables: dict[int, Table] = {}
        store = Store(job.root)
        self._output = store.shelf(job.birth.stage).table_uri
        self._withheld = store.withheld(job.birth.stage)
        job.stage.bind(job.birth.stage, job.birth.run_seed)
        job.stage.open()
        self._method = self._choose()

    def _choose(self) -> Method:
        stage, job = self.job.stage, self.job
        if isinstance(stage, Source):
            return stage.generate  # type: ignore[return-value]
        if isinstance(stage, Map):
            return stage.process  # type: ignore[return-value]
        assert isinstance(stage, Reduce)
        if job.decision is None:
            return lambda batch: ()
        decision = pickle.loads(job.decision.read_bytes())  # noqa: S301 — written by this run's driver
        return lambda batch: stage.apply(batch, decision)  # type: ignore[arg-type]

    def run(self, task: Task) -> Done:
        """Do a task; nothing is committed."""
        started = time.perf_counter()
        if self.job.phase == "sketch":
            sketches = pa.concat_tables([self._sketch(batch) for batch in self._batches(task)])
            return Done(task, (), LEDGER.empty_table(), sketches, time.perf_counter() - started)
        outcome = Outcome()
        for batch in self._batches(task):
            process(self.job.stage, self._method, self.job.birth, batch, self._withheld, outcome)
        fragments: list[FragmentMetadata] = []
        if outcome.tables:
            fragments = write_fragments(pa.concat_tables(outcome.tables), self._output, mode="append")
        ledger = outcome.ledger_table()
        return Done(task, tuple(fragments), ledger, None, time.perf_counter() - started)

    def _sketch(self, batch: Any) -> pa.Table:
        assert isinstance(self.job.stage, Reduce)
        sketches = self.job.stage.sketch(batch)
        if sketches.num_rows != len(batch):
            raise ValueError(
                f"{type(self.job.stage).__name__}.sketch made {sketches.num_rows} rows of {len(batch)} samples"
            )
        return sketches.append_column("id", batch.array("id"))

    def _batches(self, task: Task) -> list[Inputs]:
        size = self.job.batch_size
        if isinstance(self.job.stage, Source):
            return [range(i, min(i + size, task.stop)) for i in range(task.start, task.stop, size)]
        if task.table not in self._tables:
            name, version = self.job.inputs[task.table]
            self._tables[task.table] = Table(Store(self.job.root).shelf(name).table_uri, name, version)
        rows = self._tables[task.table].rows(task.start, task.stop)
        return [rows[i : i + size] for i in range(0, len(rows), size)]

    def close(self) -> None:
        """Close the stage."""
        self.job.stage.close()


_open: tuple[bytes, Worker] | None = None


def perform(packed: bytes, task: Task) -> Done:
    """Do a task of a pickled job in a worker's process, which keeps the stage of its last task open."""
    global _open
    if _open is None or _open[0] != packed:
        if _open is not None:
            _open[1].close()
            _open = None
        _open = packed, Worker(pickle.loads(packed))  # noqa: S301 — from the driver
    return _open[1].run(task)
