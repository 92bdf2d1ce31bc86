"""A recipe executed into a store.

`run` may be stopped at any instant and called again: what the ledger says is done is not done again, what is new or
failed is, and what no longer follows from the recipe goes. A finished run called again does nothing.
"""

from __future__ import annotations

import hashlib
import pickle
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

import multisynth
from multisynth.deliver import deliver
from multisynth.executors import Executor
from multisynth.executors.local import LocalExecutor
from multisynth.lineage import settle
from multisynth.process import LEDGER
from multisynth.recipe import Recipe, Step
from multisynth.rows import Birth
from multisynth.stage import Reduce, Source
from multisynth.store import Shelf, Store
from multisynth.work import Done, Job, Task

_COMMIT_EVERY = 2.0  # s: about the most work that a kill loses, and few enough versions
_FIRST_COMMIT = 0.25  # s: doubled with each commit, so that even a run that is killed at once, again and again, gets on
_TASK_SECONDS = 2.0
_LARGEST_TASK = 16384


class Progress(Protocol):
    """Is told how a run goes on."""

    def begin(self, stage: str, total: int, done: int) -> None:
        """A stage starts: inputs in all, and those that an earlier run did."""

    def advance(self, stage: str, kept: int, dropped: int, failed: int, outputs: int) -> None:
        """Inputs were committed."""

    def end(self, stage: str, state: str) -> None:
        """A stage is `done`, `failed` past its budget, or `blocked` by one that is."""


class Silent:
    """Progress for nobody."""

    def begin(self, stage: str, total: int, done: int) -> None:
        """Say nothing."""

    def advance(self, stage: str, kept: int, dropped: int, failed: int, outputs: int) -> None:
        """Say nothing."""

    def end(self, stage: str, state: str) -> None:
        """Say nothing."""


@dataclass
class Result:
    """How a run ended.

    Args:
        root: Its folder.
        states: For each stage ``done``, ``failed`` or ``blocked``.
        exports: Records in each export.
    """

    root: Path
    states: dict[str, str] = field(default_factory=dict)
    exports: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every stage stayed within its budget of failures."""
        return all(state == "done" for state in self.states.values())


def run(recipe: Recipe, out: Path | str, executor: Executor | None = None, progress: Progress | None = None) -> Result:
    """Execute a recipe into a folder, or go on with it.

    Args:
        recipe: What to make.
        out: The run's folder.
        executor: Who does the work; one process by default. It is closed by whoever made it.
        progress: Is told how it goes.

    Raises:
        BadInput: Something the recipe needs cannot be had, or another process writes the folder.
    """
    own = LocalExecutor() if executor is None else None
    store = Store(Path(out))
    artifacts = {step.name: step.artifacts() for step in recipe.steps}
    try:
        with store.locked():
            return _Run(recipe, store, executor or own or LocalExecutor(), progress or Silent(), artifacts).run()
    finally:
        if own is not None:
            own.close()


class _Run:
    def __init__(
        self, recipe: Recipe, store: Store, executor: Executor, progress: Progress, artifacts: dict[str, Any]
    ) -> None:
        self.recipe, self.store, self.executor, self.progress, self.artifacts = (
            recipe,
            store,
            executor,
            progress,
            artifacts,
        )

    def run(self) -> Result:
        started = time.perf_counter()
        before = self.store.info if (self.store.root / "run.json").exists() else {}
        info = {**_describe(self.recipe), "started": before.get("started") or _now(), "state": "running"}
        self.store.write_info(info)
        settle(self.store)
        result = Result(self.store.root)
        for step in self.recipe.steps:
            if any(result.states[feed] != "done" for feed in step.inputs):
                result.states[step.name] = "blocked"
            else:
                result.states[step.name] = self.stage(step)
            self.progress.end(step.name, result.states[step.name])
        if result.ok:
            for delivery in self.recipe.deliveries:
                result.exports[delivery.name] = deliver(self.store, delivery)
        seconds = before.get("seconds", 0.0) + time.perf_counter() - started
        self.store.write_info({
            **info, "state": "done" if result.ok else "failed", "states": result.states, "exported": result.exports,
            "finished": _now(), "seconds": round(seconds, 3),
        })  # fmt: skip
        return result

    def stage(self, step: Step) -> str:
        shelf = self.store.shelf(step.name)
        artifacts = self.artifacts[step.name]
        fingerprint = step.fingerprint(self.recipe.seed, artifacts)
        inputs = self.inputs(step)
        marks = {"fingerprint": fingerprint}
        if isinstance(step.stage, Reduce):
            marks["inputs"] = _digest(inputs)
        ledger = self.prepare(shelf, step, marks, inputs)
        self.store.add_artifacts(artifacts, step.name)

        birth = Birth(
            step.name,
            fingerprint,
            self.recipe.seed,
            step.makes,
            tuple(a.id for a in artifacts),
            getattr(step.stage, "license", ""),
        )
        versions = tuple((name, self.store.table(name).version) for name in step.inputs)
        job = Job(step.stage, birth, step.needs.batch_size, self.store.root, versions)
        total = sum(len(ids) for ids in inputs)
        done = ledger.num_rows
        self.progress.begin(step.name, total, done)
        todo = _ranges(inputs, ledger.column("input").combine_chunks())
        if todo and isinstance(step.stage, Reduce):
            job = self.resolve(step, job, inputs)
        return "done" if self.commit(shelf, step, job, todo, step.errors * total) else "failed"

    def inputs(self, step: Step) -> list[pa.Array]:
        """The names of a stage's inputs, for each table that feeds it."""
        if isinstance(step.stage, Source):
            return [pc.cast(pa.array(range(step.stage.count_of()), pa.int64()), pa.string())]
        return [self.store.table(name).column("id") for name in step.inputs]

    def prepare(self, shelf: Shelf, step: Step, marks: dict[str, str], inputs: list[pa.Array]) -> pa.Table:
        """Bring a stage's table and ledger into step with the recipe; return the ledger of what need not be done."""
        if not shelf.exists() or shelf.marks() != marks:
            shelf.reset(step.makes, marks)
            return shelf.ledger(["input", "status"])
        shelf.sweep()
        ledger = shelf.ledger(["input", "status"])
        known = pa.concat_arrays([*inputs, self.store.tombstones().column("id").combine_chunks()])
        gone = pc.and_(pc.invert(pc.is_in(ledger["input"], known)), pc.not_equal(ledger["status"], "rolled_back"))
        again = pc.or_(gone, pc.equal(ledger["status"], "failed"))
        shelf.forget(ledger.filter(again).column("input").to_pylist())
        return ledger.filter(pc.invert(again))

    def resolve(self, step: Step, job: Job, inputs: list[pa.Array]) -> Job:
        """The first two steps of a `Reduce`: sketch everything, decide once."""
        assert isinstance(step.stage, Reduce)
        tasks = _Cutter(_ranges(inputs, pa.array([], pa.string())), step.needs.batch_size)
        sketch = Job(job.stage, job.birth, job.batch_size, job.root, job.inputs, phase="sketch")
        sketches = []
        for done in self.executor.map(sketch, step.needs, iter(tasks)):
            tasks.observe(done)
            sketches.append(done.sketches)
        step.stage.bind(step.name, self.recipe.seed)
        path = self.store.root / ".work" / f"{step.name}.decision"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(step.stage.resolve(pa.concat_tables(sketches))))
        return Job(job.stage, job.birth, job.batch_size, job.root, job.inputs, decision=path)

    def commit(self, shelf: Shelf, step: Step, job: Job, todo: list[Task], budget: float) -> bool:
        """Have everything done and committed, in order; False once more inputs failed than the budget allows."""
        if not todo:
            return True
        tasks = _Cutter(todo, step.needs.batch_size)
        pending: list[Done] = []
        last, every, failed = time.monotonic(), _FIRST_COMMIT, 0
        results = self.executor.map(job, step.needs, iter(tasks))
        for done in results:
            tasks.observe(done)
            pending.append(done)
            if time.monotonic() - last >= every:
                failed += self.append(shelf, step, pending)
                pending, last, every = [], time.monotonic(), min(2 * every, _COMMIT_EVERY)
                if failed > budget:
                    break
        failed += self.append(shelf, step, pending)
        return failed <= budget

    def append(self, shelf: Shelf, step: Step, pending: list[Done]) -> int:
        ledger = pa.concat_tables([LEDGER.empty_table(), *(done.ledger for done in pending)])
        shelf.append([fragment for done in pending for fragment in done.fragments], ledger)
        counts = {row["values"]: row["counts"] for row in pc.value_counts(ledger["status"]).to_pylist()}
        outputs = pc.sum(ledger["outputs"]).as_py() or 0
        self.progress.advance(
            step.name, counts.get("kept", 0), counts.get("dropped", 0), counts.get("failed", 0), outputs
        )
        return int(counts.get("failed", 0))


class _Cutter:
    """Cuts ranges of inputs into tasks that take about `_TASK_SECONDS`, judged by the last one."""

    def __init__(self, ranges: list[Task], batch_size: int) -> None:
        self._ranges, self._batch, self._size = ranges, batch_size, batch_size

    def observe(self, done: Done) -> None:
        if done.seconds > 0:
            wanted = min(len(done.task) * _TASK_SECONDS / done.seconds, 8 * len(done.task), _LARGEST_TASK)
            self._size = max(self._batch, int(wanted) // self._batch * self._batch)

    def __iter__(self) -> Iterator[Task]:
        for whole in self._ranges:
            start = whole.start
            while start < whole.stop:
                stop = min(start + self._size, whole.stop)
                yield Task(whole.table, start, stop)
                start = stop


def _ranges(inputs: list[pa.Array], done: pa.Array) -> list[Task]:
    """The inputs that are not done, as runs of neighbouring rows."""
    import numpy as np

    ranges = []
    for table, ids in enumerate(inputs):
        todo = np.flatnonzero(~np.asarray(pc.is_in(ids, done)))
        cuts = np.flatnonzero(np.diff(todo) > 1) + 1
        ranges += [Task(table, int(run[0]), int(run[-1]) + 1) for run in np.split(todo, cuts) if len(run)]
    return ranges


def _digest(inputs: list[pa.Array]) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for sample_id in sorted(sample_id for ids in inputs for sample_id in ids.to_pylist()):
        whole.update(sample_id.encode() + b"\n")
    return whole.hexdigest()


def _describe(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "seed": recipe.seed,
        "multisynth": multisynth.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "stages": {s.name: {"use": s.use, "from": list(s.inputs), "makes": s.makes.name} for s in recipe.steps},
        "exports": {d.name: {"to": d.to, "from": d.source} for d in recipe.deliveries},
        "recipe": recipe.data,
        "folder": str(recipe.folder),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
