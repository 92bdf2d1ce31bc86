"""Small stages that tests and benchmarks of the core run."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from multisynth import registry
from multisynth.artifact import Artifact
from multisynth.kinds import DOCUMENT, FRAME, PROBLEM
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs, Reduce, Scatter, Series, Source


class Count(Source):
    """Documents that hold their ordinal."""

    makes = DOCUMENT
    needs = Needs(batch_size=4096)
    count: int = Field(10, ge=0, description="How many.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            yield Sample(DOCUMENT, n, text=f"document {n}", source="count")


class Draw(Source):
    """Documents that hold a random number."""

    makes = DOCUMENT
    count: int = Field(10, ge=0, description="How many.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            yield Sample(DOCUMENT, n, text=f"drew {self.rng(n, 'text').integers(1 << 40)}")


class Stamp(Source):
    """Documents that hold their ordinal, and one of the documents that it reads."""

    makes = DOCUMENT
    reads = {"within": (DOCUMENT,)}
    count: int = Field(10, ge=0, description="How many.")
    within: str | None = Field(None, description="The stage that makes the documents.")

    def open(self) -> None:
        self._stamps = list(self.read("within"))

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            if not self._stamps:
                yield Drop(n, "nothing to stamp with")
                continue
            stamp = self._stamps[n % len(self._stamps)]
            yield Sample(DOCUMENT, n, parents=[stamp.id], text=f"{n} within {stamp['text']}")


class Pass(Map):
    """Hands everything on."""

    takes = (DOCUMENT,)
    needs = Needs(batch_size=4096)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        yield from samples


class Split(Map):
    """Makes 0, 1 or 2 documents of each, by a draw; drops the rest."""

    takes = (DOCUMENT,)
    makes = DOCUMENT
    pause: float = Field(0.0, ge=0, description="Seconds a sample takes.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            time.sleep(self.pause)
            rng = self.rng(sample, "split")
            parts = int(rng.integers(3))
            if not parts:
                yield Drop(sample, f"unlucky: {parts}")
            for part in range(parts):
                yield sample.child(
                    DOCUMENT, text=f"{sample['text']} part {part} {rng.integers(1000)}", meta={"part": part}
                )


class Poison(Map):
    """Raises on one text."""

    takes = (DOCUMENT,)
    text: str = Field("", description="The text that it cannot bear.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if sample["text"] == self.text:
                raise RuntimeError(f"poisoned by {self.text}")
            yield sample


class FirstOfKind(Reduce):
    """Keeps the first document of each hash bucket."""

    takes = (DOCUMENT,)
    buckets: int = Field(50, ge=1, description="How many buckets.")

    def sketch(self, samples: Batch) -> pa.Table:
        return pa.table(
            {"bucket": [int(hashlib.sha256(t.encode()).hexdigest(), 16) % self.buckets for t in samples["text"]]}
        )

    def resolve(self, sketches: pa.Table) -> Any:
        first: dict[int, str] = {}
        for row in sketches.to_pylist():
            first.setdefault(row["bucket"], row["id"])
        return frozenset(first.values())

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample if sample.id in decision else Drop(sample, "not the first")


class Paint(Source):
    """Frames whose image is their ordinal, every third without depth."""

    makes = FRAME
    count: int = Field(10, ge=0, description="How many.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            yield Sample(
                FRAME, n, width=1, height=1, intrinsics=np.eye(3), world_to_camera=np.eye(4), time=float(n),
                rgb=b"\x89PNG %d" % n, depth=None if n % 3 else b"",
            )  # fmt: skip


class Look(Map):
    """Hands frames on."""

    takes = (FRAME,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample.with_meta(bytes=len(sample["rgb"]))


class Answer(Map):
    """Makes documents with an artifact."""

    takes = (DOCUMENT,)
    makes = DOCUMENT

    def artifacts(self) -> Sequence[Artifact]:
        return (Artifact("sha256:" + "0" * 64, "model", "toy"),)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample.child(DOCUMENT, text=f"answer to {sample['text']}")


class Rank(Reduce):
    """Writes into each document how many there are."""

    takes = (DOCUMENT,)

    def sketch(self, samples: Batch) -> pa.Table:
        return pa.table({"length": [len(text) for text in samples["text"]]})

    def resolve(self, sketches: pa.Table) -> Any:
        return sketches.num_rows

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample.replace(text=f"{sample['text']} of {decision}")


class Flaky(Map):
    """Raises on one text for as long as the environment says so."""

    takes = (DOCUMENT,)
    text: str = Field("", description="The text that it cannot bear.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if sample["text"] == self.text and "MULTISYNTH_TEST_FLAKY" in os.environ:
                raise RuntimeError("not now")
            yield sample


class Broken(Map):
    """Does not open."""

    takes = (DOCUMENT,)

    def open(self) -> None:
        raise OSError("no such device")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        yield from samples


class Either(Map):
    """Hands on documents or problems."""

    takes = (DOCUMENT, PROBLEM)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        yield from samples


class Ask(Source):
    """Problems that hold their ordinal."""

    makes = PROBLEM
    count: int = Field(10, ge=0, description="How many.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            yield Sample(PROBLEM, n, question=f"{n} + 1?", answer=str(n + 1), domain="addition")


def square(number: int) -> int:
    return number * number


class Hop(Series):
    """Documents with the sum of squares of random numbers so far; may be made to stumble."""

    makes = DOCUMENT
    extent = "hops"
    hops: int = Field(5, ge=0, description="How many.")

    def follow(
        self, past: Sequence[Sample], ordinal: int, inputs: Callable[[], Iterator[Sample]], scatter: Scatter
    ) -> Sample:
        if os.environ.get("MULTISYNTH_TEST_STUMBLE") == str(ordinal):
            raise RuntimeError("stumbled")
        drawn = self.rng(ordinal, "hop").integers(1000, size=4).tolist()
        total = sum(scatter(square, drawn)) + (int(past[-1]["text"]) if past else 0)
        return Sample(DOCUMENT, ordinal, text=str(total))


class SlowHop(Hop):
    """Takes its time."""

    def follow(
        self, past: Sequence[Sample], ordinal: int, inputs: Callable[[], Iterator[Sample]], scatter: Scatter
    ) -> Sample:
        time.sleep(0.6)
        return super().follow(past, ordinal, inputs, scatter)


class Learn(Hop):
    """Likewise, from the lengths of the documents that feed it."""

    takes = (DOCUMENT,)

    def follow(
        self, past: Sequence[Sample], ordinal: int, inputs: Callable[[], Iterator[Sample]], scatter: Scatter
    ) -> Sample:
        total = sum(len(sample["text"]) for sample in inputs()) + (int(past[-1]["text"]) if past else 0)
        return Sample(DOCUMENT, ordinal, text=str(total))


for _name, _stage in {
    "ask": Ask, "unopened": Broken, "count": Count, "draw": Draw, "either": Either, "first": FirstOfKind,
    "flaky": Flaky, "hop": Hop, "learn": Learn, "look": Look, "model": Answer, "paint": Paint, "pass": Pass,
    "poison": Poison, "rank": Rank, "slow_hop": SlowHop, "split": Split, "stamp": Stamp,
}.items():  # fmt: skip
    registry.add(f"test.{_name}", _stage)
