"""Run a stage by itself, for tests of stages here and elsewhere."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from multisynth.kinds import Kind
from multisynth.process import Inputs, Method, Outcome, process
from multisynth.rows import Birth, batch_of
from multisynth.sample import Batch, Sample
from multisynth.stage import Map, Reduce, Source, Stage


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
) -> Ran:
    """Run a stage on all its inputs.

    Args:
        stage: The stage. It is pickled first, as it is on its way to a worker.
        inputs: What it works on; nothing for a source.
        name: Its name in the recipe.
        seed: The run's seed.
        batch_size: How many inputs it gets at once, or all.
    """
    stage = pickle.loads(pickle.dumps(stage))  # noqa: S301 — our own bytes
    stage.bind(name, seed)
    batch = inputs if isinstance(inputs, Batch) or inputs is None else inputs_of(list(inputs))
    given: Inputs
    method: Method
    stage.open()
    try:
        if isinstance(stage, Source):
            given, method = range(stage.count_of()), stage.generate  # type: ignore[assignment]
        elif batch is None:
            raise ValueError(f"{type(stage).__name__} needs inputs")
        elif isinstance(stage, Map):
            given, method = batch, stage.process  # type: ignore[assignment]
        else:
            assert isinstance(stage, Reduce)
            reduce, size = stage, batch_size or max(len(batch), 1)
            sketches = pa.concat_tables([reduce.sketch(batch[i : i + size]) for i in range(0, len(batch), size)])
            decision = pickle.loads(pickle.dumps(reduce.resolve(sketches.append_column("id", batch.array("id")))))  # noqa: S301
            given, method = batch, lambda part: reduce.apply(part, decision)  # type: ignore[arg-type]
        kind: Kind | None = stage.makes if stage.makes is not None else batch.kind if batch is not None else None
        assert kind is not None
        artifacts = tuple(artifact.id for artifact in stage.artifacts())
        birth = Birth(name, "test", seed, kind, artifacts, getattr(stage, "license", ""))
        outcome = Outcome()
        for start in range(0, len(given), batch_size or max(len(given), 1)):
            process(stage, method, birth, given[start : start + (batch_size or len(given))], frozenset(), outcome)
    finally:
        stage.close()
    tables = pa.concat_tables([kind.schema.empty_table(), *outcome.tables])
    return Ran(Batch(kind, tables), outcome.ledger_table())
