"""Stages that go wrong in ways that a worker's process must survive, or not."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field

from multisynth import registry
from multisynth.kinds import DOCUMENT, Column, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs, Reduce, Source


class Killer(Map):
    """Kills its process on some documents: each time, or once."""

    takes = (DOCUMENT,)
    on: list[int] = Field([], description="Ordinals of those documents.")
    once: str = Field("", description="A file that remembers that it has killed.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if int(sample["text"].split()[1]) in self.on and not (self.once and Path(self.once).exists()):
                if self.once:
                    Path(self.once).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            yield sample


class KillerSketch(Reduce):
    """Kills its process when it sketches document 3."""

    takes = (DOCUMENT,)

    def sketch(self, samples: Batch) -> pa.Table:
        if "document 3" in samples["text"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return pa.table({"x": [0] * len(samples)})

    def resolve(self, sketches: pa.Table) -> Any:
        return sketches.num_rows

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        yield from (sample.with_meta(of=decision) for sample in samples)


class Unpicklable(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"odd: {one} and {two}")


class Broken(Map):
    """Does not open."""

    takes = (DOCUMENT,)
    how: str = Field("", description="In which way.")

    def open(self) -> None:
        if self.how == "exit":
            sys.exit("no model")
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise Unpicklable(1, 2)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        yield from samples


class Slow(Map):
    """Notes when and where each document was under way, and how many threads the process may use."""

    takes = (DOCUMENT,)
    first: float = Field(0.05, description="Seconds that document 0 takes.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            start = time.time()
            time.sleep(self.first if sample["text"] == "document 0" else 0.05)
            yield sample.with_meta(
                pid=os.getpid(), start=start, stop=time.time(), threads=os.environ["OMP_NUM_THREADS"]
            )


PICTURE = Kind(
    "test_picture",
    {"n": Column(pa.int32(), "ordinal"), "image": Column(pa.large_binary(), "bytes", media=True)},
    image="image",
)


class Pictures(Source):
    """Pictures of a size."""

    makes = PICTURE
    needs: ClassVar[Needs] = Needs(batch_size=4)
    count: int = Field(0, ge=0, description="How many.")
    size: int = Field(1 << 20, description="Bytes.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            yield Sample(PICTURE, n, n=n, image=bytes([n % 256]) * self.size)


for _name, _stage in {
    "test.killer": Killer, "test.killer_sketch": KillerSketch, "test.broken": Broken, "test.slow": Slow,
    "test.pictures": Pictures,
}.items():  # fmt: skip
    registry.add(_name, _stage)
