"""A recipe executed into a store.

`run` may be stopped at any instant and called again: what the ledger says is done is not done again, what is new or
failed is, and what no longer follows from the recipe goes. A finished run called again does nothing.
"""

from __future__ import annotations

import hashlib
import pickle
import platform
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

import multisynth
from multisynth.artifact import Artifact
from multisynth.deliver import deliver
from multisynth.energy import Meter, gpus, meter
from multisynth.errors import BadInput
from multisynth.executors import Executor
from multisynth.executors.local import LocalExecutor
from multisynth.lineage import refuse_withdrawn, settle
from multisynth.process import LEDGER
from multisynth.recipe import Delivery, Recipe, Step
from multisynth.rows import Birth
from multisynth.shelf import Shelf
from multisynth.stage import Reduce, Series, Source
from multisynth.store import Store
from multisynth.work import Done, Job, StageBroken, Task

_COMMIT_EVERY = 2.0  # s: about the most work that a kill loses, and few enough versions
_FIRST_COMMIT = 0.25  # s: doubled with each commit, so that even a run that is killed at once, again and again, gets on
_TASK_SECONDS = 2.0
_LARGEST_TASK = 16384


class Progress(Protocol):
    """Is told how a run goes on."""

    def anew(self, stage: str, samples: int) -> None:
        """A stage that an earlier run did is another now: so many samples of it are set aside."""

    def begin(self, stage: str, total: int, done: int) -> None:
        """A stage starts: inputs in all, and those that an earlier run did."""

    def advance(self, stage: str, kept: int, dropped: int, failed: int, outputs: int) -> None:
        """Inputs were committed."""

    def end(self, stage: str, state: str) -> None:
        """A stage is `done`, `failed` past its budget, or `blocked` by one that is."""


class Silent:
    """Progress for nobody."""

    def anew(self, stage: str, samples: int) -> None:
        """Say nothing."""

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
        errors: For each stage or export that broke as a whole, its traceback.
    """

    root: Path
    states: dict[str, str] = field(default_factory=dict)
    exports: dict[str, int] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every stage stayed within its budget of failures, and every export was written."""
        return not self.errors and all(state == "done" for state in self.states.values())


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
    store = Store(Path(out).resolve())
    artifacts = {step.name: step.artifacts() for step in recipe.steps}
    with store.locked():
        return _Run(recipe, store, executor or LocalExecutor(), progress or Silent(), artifacts).run()


class _Run:
    def __init__(
        self,
        recipe: Recipe,
        store: Store,
        executor: Executor,
        progress: Progress,
        artifacts: dict[str, tuple[Artifact, ...]],
    ) -> None:
        self.recipe, self.store, self.artifacts = recipe, store, artifacts
        self.executor, self.progress = executor, progress
        self.meter = Meter([]) if executor.spread else meter()
        self.info: dict[str, Any] = {}
        self.worked = False

    def run(self) -> Result:
        started = time.perf_counter()
        before = self.before()
        machine = {name: before[name] for name in ("cores", "gpus", "meters") if name in before}
        self.info = {
            **_describe(self.recipe),
            **(machine or self.hardware()),
            "started": before.get("started") or _now(),
            "state": "running",
        }
        result = Result(self.store.root)
        try:
            self.store.write_info(self.info)
            settle(self.store)
            for step in self.recipe.steps:
                refuse_withdrawn(self.store, step.name, self.artifacts[step.name])
            for step in self.recipe.steps:
                self.step(step, result)
            self.info["states"] = result.states
            self.store.write_info(self.info)
            for delivery in self.recipe.deliveries if result.ok else ():
                self.deliver(delivery, result)
            self.info["state"] = "done" if result.ok else "failed"
        except BaseException:
            self.info["state"] = "stopped"
            raise
        finally:
            seconds = before.get("seconds", 0.0) + time.perf_counter() - started
            how = {"states": result.states, "exported": result.exports, "errors": result.errors}
            self.store.write_info({**self.info, **how, "finished": _now(), "seconds": round(seconds, 3)})
            self.meter.close()
        return result

    def hardware(self) -> dict[str, Any]:
        """What the run has to work with, for its account: cores, GPUs where they are this machine's, and meters."""
        known = None if self.executor.spread else gpus()
        return {"cores": self.executor.workers, "gpus": known, "meters": self.meter.names}

    def before(self) -> dict[str, Any]:
        """What `run.json` said; nothing where there is none, or where it is spoilt."""
        try:
            return self.store.info
        except (OSError, BadInput):
            return {}

    def step(self, step: Step, result: Result) -> None:
        """Run a stage; what goes wrong with it as a whole stops what it feeds, and nothing else."""
        if any(result.states[feed] != "done" for feed in (*step.inputs, *step.stage.beside().values())):
            result.states[step.name] = "blocked"
        else:
            try:
                result.states[step.name] = self.stage(step)
            except BadInput as error:
                result.states[step.name], result.errors[step.name] = "failed", str(error)
            except StageBroken as error:
                result.states[step.name], result.errors[step.name] = "failed", error.traceback
            except (Exception, SystemExit):
                result.states[step.name], result.errors[step.name] = "failed", traceback.format_exc()
        self.progress.end(step.name, result.states[step.name])

    def deliver(self, delivery: Delivery, result: Result) -> None:
        try:
            result.exports[delivery.name] = deliver(self.store, delivery)
        except BadInput as error:
            result.errors[delivery.name] = str(error)
        except (Exception, SystemExit):
            result.errors[delivery.name] = traceback.format_exc()

    def stage(self, step: Step) -> str:
        shelf, artifacts = self.store.shelf(step.name), self.artifacts[step.name]
        inputs = self.inputs(step)
        reduces, follows = isinstance(step.stage, Reduce), isinstance(step.stage, Series)
        marks = {"fingerprint": step.fingerprint(self.recipe.seed, artifacts), "makes": _digest(str(step.makes.schema))}
        if reduces or follows:
            marks["inputs"] = _digest(*(i for name in step.inputs for i in self.names(name)))
        beside = step.stage.beside()
        if beside:
            marks["beside"] = _digest(*(i for name in beside.values() for i in self.names(name)))
        done = self.prepare(shelf, step, marks, inputs)
        self.store.add_artifacts(artifacts, step.name)
        birth = Birth(
            step.name,
            marks["fingerprint"],
            self.recipe.seed,
            step.makes,
            tuple(artifact.id for artifact in artifacts),
            getattr(step.stage, "license", ""),
            by_content=reduces,
        )
        versions = tuple((name, self.store.table(name).version) for name in step.inputs)
        asides = tuple((option, name, self.store.table(name).version) for option, name in beside.items())
        job = Job(step.stage, birth, step.needs.batch_size, self.store.root, versions, beside=asides)
        total = sum(len(ids) for ids in inputs)
        begun = pc.is_in(pa.concat_arrays(inputs), done)
        self.progress.begin(step.name, total, pc.sum(begun).as_py() or 0)
        self.meter.take()  # what was used before is no stage's
        failed = 0
        if reduces and not pc.all(begun, min_count=0).as_py():
            job, broken = self.resolve(step, job, inputs)
            failed = self.append(shelf, step, [broken])
            if broken.hopeless is not None:
                raise broken.hopeless
            done = pa.concat_arrays([done, broken.ledger.column("input").combine_chunks()])
        within = self.commit(shelf, step, job, _ranges(inputs, done), failed, step.budget(total))
        if len(done):
            shelf.arrange(pa.concat_arrays(inputs))
        return "done" if within else "failed"

    def names(self, stage: str) -> list[str]:
        """The ids of all samples of a stage."""
        ids: list[str] = self.store.table(stage).column("id").to_pylist()
        return ids

    def inputs(self, step: Step) -> list[pa.Array]:
        """The names of a stage's inputs, for each table that feeds it."""
        if isinstance(step.stage, Source):
            return [pc.cast(pa.array(range(step.stage.count_of()), pa.int64()), pa.string())]
        return [self.store.table(name).column("id") for name in step.inputs]

    def prepare(self, shelf: Shelf, step: Step, marks: dict[str, str], inputs: list[pa.Array]) -> pa.Array:
        """Bring a stage's tables into step with the recipe; return the inputs that need not be done."""
        withdrawn = self.store.withdrawn(step.inputs)
        if (
            not shelf.exists()
            or {**shelf.marks(), "inputs": ""} != {**marks, "inputs": ""}
            or not shelf.holds(step.makes)
        ) or (isinstance(step.stage, Series) and shelf.marks() != marks):
            if shelf.exists() and (samples := len(shelf.table())):
                self.progress.anew(step.name, samples)
            shelf.reset(step.makes, marks)
        elif isinstance(step.stage, Reduce):
            ledger = shelf.ledger(["input", "status"])
            if shelf.marks() != marks or pc.any(pc.equal(ledger["status"], "failed"), min_count=0).as_py():
                shelf.reset(step.makes, marks, keep=withdrawn)
        shelf.sweep()
        ledger = shelf.ledger(["input", "status"])
        gone = pc.invert(pc.is_in(ledger["input"], pa.concat_arrays([*inputs, withdrawn])))
        again = pc.or_(gone, pc.equal(ledger["status"], "failed"))
        shelf.forget(ledger.filter(again).column("input").to_pylist())
        return ledger.filter(pc.invert(again)).column("input").combine_chunks()

    def resolve(self, step: Step, job: Job, inputs: list[pa.Array]) -> tuple[Job, Done]:
        """The first two steps of a `Reduce`: sketch everything, decide once; and what could not be sketched."""
        stage = step.stage
        assert isinstance(stage, Reduce)
        tasks = _Cutter(_ranges(inputs, pa.array([], pa.string())), step.needs.batch_size)
        sketches, ledgers, hopeless = [], [LEDGER.empty_table()], None
        for done in self.executor.map(replace(job, phase="sketch"), step.needs, iter(tasks)):
            tasks.observe(done)
            ledgers.append(done.ledger)
            if done.sketches is not None and done.sketches.num_rows:
                sketches.append(done.sketches)
            if hopeless := done.hopeless:
                break
        path = self.store.root / ".work" / f"{step.name}.decision"
        path.parent.mkdir(exist_ok=True)
        fresh = type(stage).model_validate(stage.model_dump())
        job.bind(fresh)
        path.write_bytes(
            pickle.dumps(fresh.resolve(pa.concat_tables(sketches, promote_options="default")) if sketches else None)
        )
        broken = Done(Task(0, 0, 0), (), pa.concat_tables(ledgers), None, 0.0, hopeless)
        return replace(job, decision=path), broken

    def commit(self, shelf: Shelf, step: Step, job: Job, todo: list[Task], failed: int, budget: int) -> bool:
        """Have everything done and committed, in order; False once more inputs failed than the budget allows.

        Raises:
            Hopeless: An input shows that none can be done; what became of those before it, and of it, is committed.
        """
        if not todo:
            return failed <= budget
        tasks = _Cutter(todo, step.needs.batch_size)
        pending: list[Done] = []
        last, every = time.monotonic(), _FIRST_COMMIT
        for done in self.executor.map(job, step.needs, iter(tasks)):
            tasks.observe(done)
            pending.append(done)
            if done.hopeless is not None or time.monotonic() - last >= every:
                failed += self.append(shelf, step, pending)
                pending, last, every = [], time.monotonic(), min(2 * every, _COMMIT_EVERY)
                if done.hopeless is not None:
                    raise done.hopeless
                if failed > budget:
                    return False
        return failed + self.append(shelf, step, pending) <= budget

    def append(self, shelf: Shelf, step: Step, pending: list[Done]) -> int:
        ledger = pa.concat_tables([LEDGER.empty_table(), *(done.ledger for done in pending)])
        if ledger.num_rows:
            ledger = _shared_out(self.meter.take(), ledger)
            if not self.worked:  # the account is of the machine that last did any work
                self.worked = True
                self.info |= self.hardware()
                self.store.write_info(self.info)
        shelf.append([fragment for done in pending for fragment in done.fragments], ledger)
        counts = {row["values"]: row["counts"] for row in pc.value_counts(ledger["status"]).to_pylist()}
        outputs = pc.sum(ledger["outputs"]).as_py() or 0
        self.progress.advance(
            step.name, counts.get("kept", 0), counts.get("dropped", 0), counts.get("failed", 0), outputs
        )
        return int(counts.get("failed", 0))


def _shared_out(joules: float | None, ledger: pa.Table) -> pa.Table:
    """Ledger rows with the energy that was used since the last were committed, by their seconds."""
    if joules is None:
        return ledger
    seconds = ledger["seconds"].to_numpy()
    shares = seconds / seconds.sum() if seconds.sum() else 1 / ledger.num_rows + 0 * seconds
    place = ledger.schema.get_field_index("joules")
    return ledger.set_column(place, LEDGER.field("joules"), pa.array(joules * shares, pa.float64()))


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


def _digest(*names: str) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for name in names:
        whole.update(name.encode() + b"\n")
    return whole.hexdigest()


def _describe(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "seed": recipe.seed,
        "multisynth": multisynth.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "stages": {
            s.name: {"use": s.use, "from": list(s.inputs), "reads": s.stage.beside(), "makes": s.makes.name}
            for s in recipe.steps
        },
        "exports": {d.name: {"to": d.to, "from": d.source} for d in recipe.deliveries},
        "recipe": recipe.data,
        "folder": str(recipe.folder),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
