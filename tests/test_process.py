"""What becomes of inputs whose stage answers oddly, or raises."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from pydantic import Field, PrivateAttr

from multisynth.kinds import DOCUMENT
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Reduce
from multisynth.testing import Ran, run_stage

TEXTS = [f"document {n}" for n in range(6)]


def run(stage: Map | Reduce, batch_size: int | None = None) -> Ran:
    samples = [Sample(DOCUMENT, n, text=text) for n, text in enumerate(TEXTS)]
    return run_stage(stage, samples, batch_size=batch_size)


class Backwards(Map):
    """Answers the last of a batch first, as an asynchronous stage may."""

    takes = (DOCUMENT,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for part in range(2):
            for sample in reversed(list(samples)):
                yield sample.child(DOCUMENT, text=f"{sample['text']} part {part}")


@pytest.mark.parametrize("batch_size", [1, 4, 6])
def test_outputs_stand_in_the_order_of_the_inputs(batch_size):
    ran = run(Backwards(), batch_size)
    assert ran.samples["text"] == [f"{text} part {part}" for text in TEXTS for part in range(2)]
    assert ran.samples["id"] == run(Backwards(), 6).samples["id"]


class Odd(Map):
    """Does something odd with the third document."""

    takes = (DOCUMENT,)
    how: str = Field("", description="What.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if sample["text"] != TEXTS[2]:
                yield sample
            elif self.how == "exit":
                sys.exit("enough")
            elif self.how == "number":
                yield Drop(sample, 5)  # type: ignore[arg-type]
            elif self.how == "silence":
                yield Drop(sample, " ")
            elif self.how == "surrogate":
                raise RuntimeError("cannot read caf\udce9.png")
            elif self.how == "mute":
                raise Mute
            elif self.how == "half a token":
                self.spend(sample, read=1.5)  # type: ignore[arg-type]


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no word")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("exit", "SystemExit: enough"),
        ("number", "TypeError: the reason of a Drop"),
        ("silence", "ValueError: a Drop without a reason"),
        ("surrogate", "RuntimeError: cannot read caf\ufffd.png"),
        ("mute", "Mute"),
        ("half a token", "TypeError: "),
    ],
)
def test_whatever_a_stage_does_fails_one_input(how, reason):
    ran = run(Odd(how=how))
    assert ran.samples["text"] == TEXTS[:2] + TEXTS[3:]
    [row] = [row for row in ran.ledger.to_pylist() if row["status"] != "kept"]
    assert row["status"] == "failed" and row["reason"].startswith(reason) and "process" in row["traceback"]


class Names(Map):
    """Drops with a name that is not UTF-8."""

    takes = (DOCUMENT,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        yield from (Drop(sample, "no such file: caf\udce9") for sample in samples)


def test_a_dropped_surrogate_is_replaced():
    assert {reason for _, reason in run(Names()).drops} == {"no such file: caf\ufffd"}


class Longest(Reduce):
    """Keeps the longest; cannot sketch some."""

    takes = (DOCUMENT,)
    cannot: tuple[int, ...] = Field((), description="Ordinals of the documents that it cannot sketch.")
    _model: Any = PrivateAttr(None)

    def open(self) -> None:
        self._model = len

    def sketch(self, samples: Batch) -> pa.Table:
        for sample in samples:
            self.spend(sample, written=5)
            if int(sample["text"].split()[1]) in self.cannot:
                raise RuntimeError(f"cannot sketch {sample['text']}")
        return pa.table({"length": [self._model(text) for text in samples["text"]]})

    def resolve(self, sketches: pa.Table) -> Any:
        return sketches.num_rows

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample.with_meta(of=decision)


@pytest.mark.parametrize("batch_size", [1, 4, 6])
def test_what_cannot_be_sketched_fails_alone_and_takes_no_part(batch_size):
    ran = run(Longest(cannot=(1, 5)), batch_size)
    assert ran.samples["text"] == [TEXTS[n] for n in (0, 2, 3, 4)]
    assert all(sample.meta == {"of": 4} for sample in ran.samples)
    assert [trace.strip().splitlines()[-1] for _, trace in ran.failures] == [
        f"RuntimeError: cannot sketch {TEXTS[n]}" for n in (1, 5)
    ]
    assert ran.ledger["tokens_written"].to_pylist() == [0] * 6


def test_nothing_is_decided_where_nothing_could_be_sketched():
    ran = run(Longest(cannot=tuple(range(6))))
    assert not len(ran.samples) and len(ran.failures) == 6


class Hoarder(Longest):
    """Leans on what `open` loaded where it must not."""

    def resolve(self, sketches: pa.Table) -> Any:
        return self._model(range(3))


def test_resolve_gets_a_stage_that_was_never_opened():
    with pytest.raises(TypeError, match="not callable"):
        run(Hoarder())


def test_ids_of_a_reduce_notice_another_decision():
    every, fewer = (run(Longest(cannot=cannot)).samples["id"] for cannot in ((), (5,)))
    assert not set(every) & set(fewer)
