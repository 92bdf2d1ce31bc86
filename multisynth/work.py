"""What a worker does: read a range of inputs, run the stage on it, write the outputs as Lance fragments.

Workers write data and never commit: the driver appends the fragments and the ledger rows, in the order of the inputs,
so that tables are the same whatever the workers' number and speed.
"""

from __future__ import annotations

import contextlib
import pickle
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
from lance.fragment import FragmentMetadata, write_fragments

from multisynth.errors import BadInput, Hopeless
from multisynth.process import Inputs, Method, Outcome, failed, process, sketch
from multisynth.rows import Birth, batch_of
from multisynth.sample import Batch, Sample
from multisynth.stage import Map, Reader, Reduce, Scatter, Series, Source, Stage
from multisynth.store import Store

if TYPE_CHECKING:
    from multisynth.tables import Table

T = TypeVar("T")
R = TypeVar("R")
_BYTES_AT_ONCE = 64 << 20  # outputs that a worker holds before it writes them


@dataclass(frozen=True)
class Job:
    """All that a worker must know about a stage.

    Args:
        stage: The stage.
        birth: What its outputs have in common.
        batch_size: Inputs for one call.
        root: The store; an absolute path, since a worker need not share the driver's folder.
        inputs: Name and version of each input table; none for a source.
        phase: ``make`` for outputs, ``sketch`` for the first step of a `Reduce`.
        decision: The file with a `Reduce`'s pickled decision.
        beside: Option, name and version of each further table that the stage reads.
    """

    stage: Stage
    birth: Birth
    batch_size: int
    root: Path
    inputs: tuple[tuple[str, int], ...]
    phase: str = "make"
    decision: Path | None = None
    beside: tuple[tuple[str, str, int], ...] = ()

    def bind(self, stage: Stage) -> None:
        """Tell a stage its name, seed and what it reads."""

        def reader(name: str, version: int) -> Reader:
            def read(last: bool = False) -> Iterator[Sample]:
                table = Store(self.root).shelf(name).table(version)
                return iter(table.rows(max(len(table) - 1, 0), len(table))) if last else table.samples(batch_size=1)

            return read

        beside = {option: reader(name, version) for option, name, version in self.beside}
        stage.bind(self.birth.stage, self.birth.run_seed, beside)


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
    """What came of a task.

    Args:
        task: The task, or the part of it that this tells of.
        fragments: The outputs, written and not committed.
        ledger: What became of the inputs; of a sketch, only those that could not be sketched.
        sketches: A row for each sample that was sketched, its id in the column `id`; None where there is none.
        seconds: How long it took.
        hopeless: Why the stage cannot do any other input either; the ledger ends with the input that showed it.
    """

    task: Task
    fragments: tuple[FragmentMetadata, ...]
    ledger: pa.Table
    sketches: pa.Table | None
    seconds: float
    hopeless: Hopeless | None = None


def in_turn(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Do things one after another, in this process."""
    return [function(item) for item in items]


class Following:
    """A `Series` as a method of ordinals, which come in order.

    Args:
        stage: The series.
        birth: What its samples have in common, which gives the one before its id.
        inputs: Reads what feeds it.
        scatter: Does its parallel work.
        stored: Reads the first so many samples that an earlier run made.
    """

    def __init__(
        self,
        stage: Series,
        birth: Birth,
        inputs: Callable[[], Iterator[Sample]],
        scatter: Scatter = in_turn,
        stored: Callable[[int], list[Sample]] = lambda count: [],
    ) -> None:
        self._stage, self._birth, self._inputs, self._scatter, self._stored = stage, birth, inputs, scatter, stored
        self._past: list[Sample] = []
        self._made = 0

    def __call__(self, ordinals: range) -> Iterator[Sample]:
        """Make them, each from those before.

        Raises:
            BadInput: One of those failed, or was taken back.
            Hopeless: The stage says that it cannot make one, and so none of those that follow.
        """
        for ordinal in ordinals:
            if self._made != ordinal:
                self._past = self._stored(ordinal)
                self._made = len(self._past)
            if self._made != ordinal:
                problem = f"of the {ordinal} samples from which this one is made, {self._made} are there"
                raise BadInput(f"{problem}: others failed or were taken back", "run again once that is mended")
            if self._stage.looks_back is not None:
                del self._past[: -self._stage.looks_back]
            try:
                sample = self._stage.follow(tuple(self._past), ordinal, self._inputs, self._scatter)
            except BadInput as error:
                raise Hopeless(error.problem, error.remedy, error.where) from error
            taught = (self._past[-1].id,) if self._past else (sample.id for sample in self._inputs())
            sample.parents = (*taught, *sample.parents)
            self._past.append(batch_of(self._birth, [sample])[0])
            self._made += 1
            yield sample


class StageBroken(RuntimeError):
    """A stage cannot work at all, whatever the input: it does not open, or its workers die before they begin.

    Text alone, so that it comes out of any process whole: exceptions of libraries need not survive pickling.

    Args:
        stage: The stage's name.
        traceback: What happened, as Python prints it.
    """

    def __init__(self, stage: str, traceback: str) -> None:
        self.stage, self.traceback = stage, traceback
        super().__init__(stage, traceback)

    def __str__(self) -> str:
        return f"stage `{self.stage}` broke\n{self.traceback}"


class Worker:
    """A stage, opened.

    Args:
        job: The stage and all about it.
        scatter: What a `Series` gets for its parallel work.

    Raises:
        BadInput: The stage says that something it was given cannot be used.
        StageBroken: It does not open.
    """

    def __init__(self, job: Job, scatter: Scatter = in_turn) -> None:
        self.job, self._scatter = job, scatter
        self._tables: dict[int, Table] = {}
        self._output = Store(job.root).shelf(job.birth.stage).table_uri
        job.bind(job.stage)
        with _plain_errors(job.birth.stage):
            job.stage.open()
            self._method = self._choose()

    def _choose(self) -> Method:
        stage, job = self.job.stage, self.job
        if isinstance(stage, Series):
            return Following(stage, job.birth, self._inputs, self._scatter, self._stored)  # type: ignore[return-value]
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
        """Do a task; nothing is committed. Media are held a batch at a time, outputs until they fill a fragment."""
        started = time.perf_counter()
        outcome = Outcome()
        fragments: list[FragmentMetadata] = []
        held = written = 0
        for batch in self._batches(task):
            if outcome.hopeless is not None:
                break
            if self.job.phase == "sketch":
                assert isinstance(self.job.stage, Reduce) and isinstance(batch, Batch)
                sketch(self.job.stage, self.job.birth, batch, outcome)
                continue
            process(self.job.stage, self._method, self.job.birth, batch, outcome)
            held += sum(table.nbytes for table in outcome.tables[written:])
            written = len(outcome.tables)
            if held >= _BYTES_AT_ONCE:
                fragments += self._write(outcome)
                held = written = 0
        fragments += self._write(outcome)
        seconds = time.perf_counter() - started
        ledger, sketches = outcome.ledger_table(), outcome.sketch_table()
        return Done(task, tuple(fragments), ledger, sketches, seconds, outcome.hopeless)

    def _write(self, outcome: Outcome) -> list[FragmentMetadata]:
        tables, outcome.tables = outcome.tables, []
        return write_fragments(pa.concat_tables(tables), self._output, mode="append") if tables else []

    def _batches(self, task: Task) -> Iterator[Inputs]:
        size = 1 if isinstance(self.job.stage, Series) else self.job.batch_size
        if isinstance(self.job.stage, Source):
            yield from (range(i, min(i + size, task.stop)) for i in range(task.start, task.stop, size))
            return
        if task.table not in self._tables:
            self._tables[task.table] = _input(self.job, task)
        table = self._tables[task.table]
        # A batch keeps the media it was asked for, so each is read by itself; without media one scan is faster.
        step = size if table.kind.media else max(len(task), 1)
        for start in range(task.start, task.stop, step):
            rows = table.rows(start, min(start + step, task.stop))
            yield from (rows[i : i + size] for i in range(0, len(rows), size))

    def _inputs(self) -> Iterator[Sample]:
        tables = [Store(self.job.root).shelf(name).table(version) for name, version in self.job.inputs]
        if tables and not any(map(len, tables)):
            names = " and ".join(f"`{table.name}`" for table in tables)
            raise BadInput(f"{names} made no samples", "see on the ledger what became of the inputs")
        for table in tables:
            yield from table.samples()

    def _stored(self, count: int) -> list[Sample]:
        """What a source made of its first so many ordinals, as its table has it."""
        wanted = {str(ordinal) for ordinal in range(count)}
        return [s for s in Store(self.job.root).shelf(self.job.birth.stage).table().samples() if s["origin"] in wanted]

    def close(self) -> None:
        """Close the stage."""
        self.job.stage.close()


def lost(job: Job, task: Task) -> Done:
    """The ledger's word on a single input in whose hands the worker's process ended."""
    source = isinstance(job.stage, Source)
    key = str(task.start) if source else _input(job, task).rows(task.start, task.stop, []).array("id")[0].as_py()
    reason = "WorkerDied: out of memory, or a native crash"
    trace = "The worker's process ended while it worked on this input alone; there is no Python traceback.\n"
    return Done(task, (), failed(job.birth, key, reason, trace), None, 0.0)


def _input(job: Job, task: Task) -> Table:
    name, version = job.inputs[task.table]
    return Store(job.root).shelf(name).table(version)


@contextlib.contextmanager
def _plain_errors(stage: str) -> Iterator[None]:
    try:
        yield
    except (BadInput, StageBroken):
        raise
    except (Exception, SystemExit) as error:
        raise StageBroken(stage, "".join(traceback.format_exception(error))) from None


_open: tuple[bytes, Worker] | None = None


def perform(packed: bytes, stage: str, task: Task) -> Done:
    """Do a task of a pickled job in a worker's process, which keeps the stage of its last task open.

    A task without inputs only opens the stage.

    Args:
        packed: The job.
        stage: The stage's name, for where the job cannot be unpacked.
        task: The task.

    Raises:
        BadInput: The stage says that something it was given cannot be used.
        StageBroken: The job cannot be unpacked, the stage does not open, or its outputs cannot be written.
    """
    global _open
    with _plain_errors(stage):
        if _open is None or _open[0] != packed:
            if _open is not None:
                last, _open = _open[1], None
                with contextlib.suppress(Exception):  # its work is done; this stage is not to blame
                    last.close()
            _open = packed, Worker(pickle.loads(packed))  # noqa: S301 — from the driver
        return _open[1].run(task)
