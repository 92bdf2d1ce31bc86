"""Small stages that tests and benchmarks of the core run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pydantic import Field

from multisynth import registry
from multisynth.kinds import DOCUMENT
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs, Reduce, Source


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


for _name, _stage in {
    "test.count": Count, "test.draw": Draw, "test.pass": Pass, "test.split": Split, "test.poison": Poison,
    "test.first": FirstOfKind,
}.items():  # fmt: skip
    registry.add(_name, _stage)
