"""Run a stage by itself, for tests of stages here and elsewhere."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import pyarrow as pa

from multisynth.kinds import Kind
from multisynth.process import Inputs, Method, Outcome, process, sketch
from multisynth.rows import Birth, batch_of
from multisynth.sample import Batch, Sample
from multisynth.stage import Map, Reduce, Series, Source, Stage
from multisynth.work import Following


@dataclass(frozen=True)
class Ran:
    """What a stage made of its inputs."""

    samples: Batch
    ledger: pa.Table

    @property
    def drops(self) -> list[tuple[str, str]]:
        """Input and reason of everything dropped."""
        return [(row["input"], row["reason"]) for row in self.ledger.to_pylist() if row["status"] == "dropped"]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Input and traceback of everything that failed."""
        return [(row["input"], row["traceback"]) for row in self.ledger.to_pylist() if row["status"] == "failed"]


def inputs_of(samples: Sequence[Sample]) -> Batch:
    """New samples, made with ordinals as their origins, as a stage would get them."""
    return batch_of(Birth("inputs", "test", 0, samples[0].kind, license="CC0-1.0"), samples)


def run_stage(
    stage: Stage,
    inputs: Batch | Sequence[Sample] | None = None,
    *,
    name: str = "stage",
    seed: int = 7,
    batch_size: int | None = None,
    beside: Mapping[str, Batch | Sequence[Sample]] | None = None,
) -> Ran:
    """Run a stage on all its inputs, as a run would: pickled first, `resolve` on a copy that was never opened.

    Args:
        stage: The stage.
        inputs: What it works on; nothing for a source.
        name: Its name in the recipe.
        seed: The run's seed.
        batch_size: How many inputs it gets at once, or all.
        beside: For options that name another stage, the samples of that.

    Raises:
        Hopeless: The stage finds that it can do none of its inputs.
    """
    packed = pickle.dumps(stage)
    stage, unopened = pickle.loads(packed), pickle.loads(packed)  # noqa: S301 — our own bytes
    others = {
        option: partial(_read, given if isinstance(given, Batch) or not given else inputs_of(list(given)))
        for option, given in (beside or {}).items()
    }
    for copy in (stage, unopened):
        copy.bind(name, seed, others)
    batch = inputs if isinstance(inputs, Batch) or inputs is None else inputs_of(list(inputs))
    if batch is None and not isinstance(stage, Source):
        raise ValueError(f"{type(stage).__name__} needs inputs")
    kind: Kind | None = stage.makes if stage.makes is not None else batch.kind if batch is not None else None
    assert kind is not None
    artifacts = tuple(artifact.id for artifact in stage.artifacts())
    licence = getattr(stage, "license", "")
    birth = Birth(name, "test", seed, kind, artifacts, licence, by_content=isinstance(stage, Reduce))
    outcome = Outcome()
    given: list[Inputs]
    method: Method
    stage.open()
    try:
        if isinstance(stage, Series):
            given = [range(ordinal, ordinal + 1) for ordinal in range(stage.count_of())]
            method = Following(stage, birth, lambda: iter(batch or ()))  # type: ignore[assignment]
        elif isinstance(stage, Source):
            given, method = [range(stage.count_of())], stage.generate  # type: ignore[assignment]
        elif isinstance(stage, Map):
            assert batch is not None
            given, method = [batch], stage.process  # type: ignore[assignment]
        else:
            assert isinstance(stage, Reduce) and isinstance(unopened, Reduce) and batch is not None
            for part in _cut(batch, batch_size):
                assert isinstance(part, Batch)
                sketch(stage, birth, part, outcome)
            sketches, reduce = outcome.sketch_table(), stage
            decision = None if sketches is None else pickle.loads(pickle.dumps(unopened.resolve(sketches)))  # noqa: S301
            given = _without(batch, set(outcome.ledger_table()["input"].to_pylist()))
            method = lambda part: reduce.apply(part, decision)  # type: ignore[arg-type]  # noqa: E731
        for whole in given:
            for part in _cut(whole, batch_size):
                process(stage, method, birth, part, outcome)
                if outcome.hopeless is not None:
                    raise outcome.hopeless
    finally:
        stage.close()
    tables = pa.concat_tables([kind.schema.empty_table(), *outcome.tables])
    return Ran(Batch(kind, tables), outcome.ledger_table())


def _read(samples: Batch | Sequence[Sample], last: bool = False) -> Iterator[Sample]:
    return iter([samples[len(samples) - 1]] if last and len(samples) else samples)


def _cut(inputs: Inputs, size: int | None) -> Iterator[Inputs]:
    size = size or max(len(inputs), 1)
    return (inputs[i : i + size] for i in range(0, len(inputs), size))


def _without(batch: Batch, culprits: set[str]) -> list[Inputs]:
    """The batch in pieces that hold none of these ids."""
    cuts = [-1, *(i for i, sample in enumerate(batch) if sample.id in culprits), len(batch)]
    return [batch[before + 1 : after] for before, after in pairwise(cuts) if after > before + 1]
