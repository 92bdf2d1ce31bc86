"""What a stage is: options, what it takes and makes, and one method.

    Source.generate(ordinals)      makes samples out of nothing but their ordinals
    Series.follow(past, …)         makes each sample from those before it: training, a curriculum
    Map.process(samples)           turns each sample into any number of samples, or drops it
    Reduce                         sketch(batch) in parallel, resolve(sketches) once, apply(batch, decision) in parallel

A stage is a pydantic model whose fields are its options, so that it is validated, described and made again by name and
arguments alone. It must not depend on how its inputs are batched: each sample decides for itself (a `Reduce` where all
must be seen). Register it in the entry point group `multisynth.stages`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo

from multisynth import seeds
from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import Kind
from multisynth.sample import Batch, Drop, Sample


def _existing(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("folder")
    path = path.expanduser()
    path = path if path.is_absolute() or base is None else Path(base) / path
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    return path


InputPath = Annotated[Path, AfterValidator(_existing)]
"""A file or folder that a stage reads; in a recipe, relative to the recipe. Its content counts into the fingerprint."""

T = TypeVar("T")
R = TypeVar("R")


class Needs(BaseModel):
    """What a worker of a stage needs; a recipe may change it, and never changes what is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpus: float = Field(1, gt=0, description="Processor cores a worker.")
    gpus: float = Field(0, ge=0, description="GPUs a worker.")
    batch_size: int = Field(256, ge=1, description="Samples handed to one call.")
    concurrency: int | None = Field(None, ge=1, description="Workers at most; by default as many as fit.")


class Spent(NamedTuple):
    """Tokens of a language model; `cached` of them belong to answers that it had given before."""

    read: int = 0
    written: int = 0
    cached: int = 0


class Reader(Protocol):
    """Reads the samples of a stage that is done, in the order of its table."""

    def __call__(self, last: bool = False) -> Iterator[Sample]:
        """All of them, or the last one alone; none where there is none."""


class Stage(BaseModel):
    """A step of a recipe; see the module's head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: ClassVar[int] = 1
    """Counts up whenever the same options would make other samples."""
    takes: ClassVar[tuple[Kind, ...]] = ()
    """Kinds it accepts; empty for a source."""
    makes: ClassVar[Kind | None] = None
    """The kind it makes, or None where it hands on the kind it takes."""
    needs: ClassVar[Needs] = Needs()
    reads: ClassVar[Mapping[str, tuple[Kind, ...]]] = {}
    """Options that name another stage, with the kinds that it may make. All its samples are there for every input, as a
    volume is in which everything is filmed; see `read`. The stage starts over when they change."""

    _name: str = PrivateAttr("unnamed")
    _run_seed: int = PrivateAttr(0)
    _spent: dict[str, Spent] = PrivateAttr(default_factory=dict)
    _beside: Mapping[str, Reader] = PrivateAttr(default_factory=dict)

    @classmethod
    def accepts(cls, kind: Kind) -> bool:
        """Whether it can work on a kind: one that it names in `takes`, unless a stage judges by more than the name."""
        return kind.name in {taken.name for taken in cls.takes}

    def artifacts(self) -> Sequence[Artifact]:
        """Things that everything this stage makes is made with, such as model weights: they become its parents.

        Called once, before anything runs; a thing that cannot be had is a `BadInput`.
        """
        return ()

    def open(self) -> None:
        """Load what is costly, once a worker; kept in private attributes."""

    def close(self) -> None:
        """Let go of what `open` took."""

    def bind(self, name: str, run_seed: int, beside: Mapping[str, Reader] | None = None) -> None:
        """Tell the stage its name, the run's seed and what it reads; the core does this before `open`."""
        self._name, self._run_seed, self._beside = name, run_seed, beside or {}

    def read(self, option: str) -> Iterator[Sample]:
        """The samples of the stage that an option of `reads` names, in the order of its table; none if it names none.

        What is made with one of them has its id among its `parents`, so that it is taken back with it.
        """
        return self._beside[option]() if option in self._beside else iter(())

    def last_of(self, option: str) -> Sample:
        """The last sample of the stage that an option of `reads` names, such as a trained model; no other is read.

        Raises:
            BadInput: There is none.
        """
        last = next(self._beside[option](last=True), None) if option in self._beside else None
        if last is None:
            kinds = " or ".join(kind.name for kind in self.reads[option])
            raise BadInput(f"`{getattr(self, option)}` made no {kinds}", "see on its ledger what became of its inputs")
        return last

    def beside(self) -> dict[str, str]:
        """The stages that it reads, by the option that names them."""
        return {option: name for option in self.reads if (name := getattr(self, option))}

    def rng(self, origin: Sample | int, purpose: str) -> np.random.Generator:
        """The generator for draws about one input, the same whatever the batch, worker or order.

        Args:
            origin: The input: a sample, or in a source its ordinal.
            purpose: Names the stream; draws for other purposes do not disturb it.
        """
        return seeds.rng(self.seed(origin), purpose)

    def seed(self, origin: Sample | int) -> int:
        """The 64-bit seed of one input's draws, as its samples' `seed` column has it."""
        return seeds.seed(self._run_seed, self._name, str(origin) if isinstance(origin, int) else origin.id)

    def spend(self, origin: Sample | int, *, read: int = 0, written: int = 0, cached: int = 0) -> None:
        """Put a language model's tokens on the ledger's row of one input, whether the request cache had them or not.

        Args:
            origin: The input.
            read: Tokens of the prompts.
            written: Tokens that the model made.
            cached: How many of both belong to answers that the request cache had.

        Raises:
            TypeError: One of them is no integer.
        """
        key = str(origin) if isinstance(origin, int) else origin.id
        before = self._spent.get(key, Spent())
        self._spent[key] = Spent(*map(operator.add, before, map(operator.index, (read, written, cached))))

    def take_spent(self) -> dict[str, Spent]:
        """What was spent on each input since the last call."""
        spent, self._spent = self._spent, {}
        return spent


class Source(Stage):
    """Makes samples out of ordinals 0 … count - 1."""

    extent: ClassVar[str] = "count"
    """The option that says how many ordinals there are. It is not part of the fingerprint, so raising it in a finished
    run makes only what is new."""
    extends: ClassVar[bool] = True
    """Whether raising that leaves what was made before as it was; if not, it is part of the fingerprint."""

    license: str = Field("CC0-1.0", description="SPDX identifier given to what is made.")

    def count_of(self) -> int:
        """How many ordinals there are."""
        return int(getattr(self, self.extent))

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        """Make the samples of these ordinals, in order, each from its own ordinal alone."""
        raise NotImplementedError  # abstract


class Scatter(Protocol):
    """Does many independent things at once, on whatever executor runs the recipe."""

    def __call__(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """The function of each item, in the order of the items.

        Args:
            function: One that can be pickled; what it returns depends on the item alone.
            items: Likewise.
        """


class Series(Source):
    """Makes each sample from those before it, so that a stage can learn as it goes; the last is its parent.

    One with kinds in `takes` learns from the samples that feed it, all of which are parents of its first; it starts
    over when they change. It runs in the driver, one sample after another. What a sample takes from the past must be in
    the samples before it: then a run that was stopped and goes on makes what an unbroken one makes.
    """

    needs: ClassVar[Needs] = Needs(batch_size=1)
    looks_back: ClassVar[int | None] = None
    """How many of the samples before it one is made from, 1 or more; the others need no memory. All unless it says."""

    def follow(
        self, past: Sequence[Sample], ordinal: int, inputs: Callable[[], Iterator[Sample]], scatter: Scatter
    ) -> Sample:
        """Make a sample.

        Args:
            past: The samples before, as the table has them; of many the last `looks_back`.
            ordinal: How many there are before; the new sample's origin.
            inputs: Reads what feeds it from the start, in the order of the tables, a few at once in memory.
            scatter: For the work within it that can be done in parallel.
        """
        raise NotImplementedError  # abstract


class Map(Stage):
    """Turns each sample into any number of samples."""

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Yield what becomes of every sample of the batch: samples made from it, or a `Drop` with the reason.

        The order between samples is free; the samples made from one keep theirs.
        """
        raise NotImplementedError  # abstract


class Reduce(Stage):
    """Decides about each sample in the light of all.

    What it makes depends on all inputs, so ids of its outputs hash their content, weight and meta too: what follows
    notices when a decision came out differently.
    """

    def sketch(self, samples: Batch) -> pa.Table:
        """A small row for each sample of the batch, in its order. [N rows]

        What it spends is on no ledger. A sample that makes it raise is `failed` and takes no part.
        """
        raise NotImplementedError  # abstract

    def resolve(self, sketches: pa.Table) -> Any:
        """Look at all sketches, in the inputs' order, their ids in column `id`; return a picklable decision.

        Called on a fresh copy of the stage that knows its name and seed but was never opened: it must need nothing
        that `open` loads, and nothing that `sketch` left in the stage.
        """
        raise NotImplementedError  # abstract

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        """As `Map.process`, knowing the decision."""
        raise NotImplementedError  # abstract
