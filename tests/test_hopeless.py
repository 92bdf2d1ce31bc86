"""A stage that can do none of its inputs stops at once; the ledger tells of the input that showed it, and no other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from pydantic import Field

from multisynth import Recipe, registry, run
from multisynth.errors import BadInput, Hopeless
from multisynth.executors.local import LocalExecutor
from multisynth.kinds import DOCUMENT
from multisynth.sample import Batch, Drop, Sample
from multisynth.serving.asking import Ask, Asking
from multisynth.serving.protocol import Completion, Request
from multisynth.stage import Map, Reduce, Scatter, Series
from multisynth.store import Store
from tests import comparing

COUNT = {"use": "test.count", "count": 24, "needs": {"batch_size": 4}}
CAUSE = "HOPELESS_CAUSE"


def tried(number: int) -> None:
    """Do the work on an input, which needs something that is not there from the tenth on."""
    if number >= 9 and Path(os.environ[CAUSE]).exists():
        raise BadInput("the disc is full", "make room")


class Needy(Map):
    """Needs what may not be there."""

    takes = (DOCUMENT,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            try:
                tried(int(sample["text"].split()[1]))
            except BadInput as error:
                raise Hopeless(error.problem, error.remedy) from error
            yield sample


class NeedySketch(Reduce):
    """Needs it for its sketches."""

    takes = (DOCUMENT,)

    def sketch(self, samples: Batch) -> pa.Table:
        list(Needy().process(samples))
        return pa.table({"x": [1] * len(samples)})

    def resolve(self, sketches: pa.Table) -> Any:
        return sketches.num_rows

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        yield from (sample.with_meta(of=decision) for sample in samples)


class NeedySeries(Series):
    """Needs it for each of its samples."""

    makes = DOCUMENT
    count: int = Field(12, ge=0, description="How many.")

    def follow(self, past: Sequence[Sample], ordinal: int, inputs: Iterable[Sample], scatter: Scatter) -> Sample:
        tried(ordinal)
        return Sample(DOCUMENT, ordinal, text=f"{len(past)} before it")


class Listening(Asking):
    """Asks about every document at once."""

    takes: ClassVar = (DOCUMENT,)
    makes: ClassVar = DOCUMENT

    def artifacts(self) -> tuple[()]:
        return ()

    def asks(self, sample: Sample, other: Any = None) -> Ask:
        async def ask(request: Request) -> Completion:
            try:
                tried(int(sample["text"].split()[1]))
            except BadInput as error:
                raise Hopeless(error.problem, error.remedy) from error
            return Completion("yes", (), None, "stop", 3, 1)

        return ask

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        answer = await ask(self.request("?", sample, "ask"))
        return [sample.child(DOCUMENT, text=f"{sample['text']}: {answer.text}")]


for _name, _stage in {"map": Needy, "reduce": NeedySketch, "series": NeedySeries, "asking": Listening}.items():
    registry.add(f"test.needy_{_name}", _stage)


def recipe(use: str, batch_size: int) -> Recipe:
    needy: dict[str, Any] = {"use": f"test.needy_{use}", "errors": 1.0, "needs": {"batch_size": batch_size}}
    blocks = {"count": COUNT, "needy": needy | ({} if use == "series" else {"from": "count"})}
    return Recipe.of({"name": "test", "seed": 7, "stages": {**blocks, "after": {"use": "test.pass", "from": "needy"}}})


@pytest.fixture
def cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cause"
    path.touch()
    monkeypatch.setenv(CAUSE, str(path))
    return path


@pytest.mark.parametrize(
    ("use", "batch_size", "workers"),
    [("map", 1, 1), ("map", 7, 1), ("map", 7, 2), ("asking", 24, 1), ("series", 1, 1), ("reduce", 6, 1)],
)
def test_the_input_is_on_the_ledger_and_the_next_run_goes_on_with_it(cause, tmp_path, use, batch_size, workers) -> None:
    given, executor = recipe(use, batch_size), LocalExecutor(workers)
    result = run(given, tmp_path / "run", executor)
    assert result.states == {"count": "done", "needy": "failed", "after": "blocked"}
    assert result.errors == {"needy": "the disc is full\n  → make room"}
    store = Store.open(tmp_path / "run")
    rows = store.shelf("needy").ledger().to_pylist()
    names = [str(n) for n in range(12)] if use == "series" else store.table("count").column("id").to_pylist()
    assert {row["input"]: row["status"] for row in rows if row["status"] == "failed"} == {names[9]: "failed"}
    assert rows[-1]["reason"] == "Hopeless: the disc is full"
    assert rows[-1]["traceback"] == "Hopeless: the disc is full\n  → make room"
    done = [] if use == "reduce" else names[:9]
    assert [row["input"] for row in rows] == [*done, names[9]]
    assert len(store.table("needy")) == len(done)

    cause.unlink()
    assert run(given, tmp_path / "run", executor).ok
    assert run(recipe(use, batch_size), tmp_path / "unbroken").ok
    executor.close()
    assert {row["status"] for row in store.ledger().to_pylist()} == {"kept"}
    comparing.assert_same(store, Store.open(tmp_path / "unbroken"))
