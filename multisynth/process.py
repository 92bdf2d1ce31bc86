"""A stage's method on a batch: outputs, ledger rows, and the culprit of a failure found by halving."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from multisynth.rows import Birth, origin_key, to_table
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Stage

LEDGER = pa.schema([
    pa.field("stage", pa.string()),
    pa.field("input", pa.string(), metadata={"doc": "id of the sample, or a source's ordinal"}),
    pa.field("status", pa.string(), metadata={"doc": "kept | dropped | failed | rolled_back"}),
    pa.field("reason", pa.string(), metadata={"doc": "of every drop, or the error; numbers follow a colon"}),
    pa.field("traceback", pa.string(), metadata={"doc": "of a failure"}),
    pa.field("outputs", pa.int32(), metadata={"doc": "samples made from it"}),
    pa.field("seconds", pa.float64(), metadata={"doc": "worker time; a batch's time shared out evenly"}),
    pa.field("tokens", pa.int64(), metadata={"doc": "language-model tokens read and written"}),
    pa.field("joules", pa.float64(), metadata={"doc": "measured energy; null where no meter is readable"}),
])

Inputs = Batch | range
Method = Callable[[Inputs], Iterable[Sample | Drop]]


@dataclass
class Outcome:
    """What became of some inputs."""

    tables: list[pa.Table] = field(default_factory=list)
    ledger: dict[str, list[object]] = field(default_factory=lambda: {name: [] for name in LEDGER.names})

    def ledger_table(self) -> pa.Table:
        """The ledger rows, in the order of the inputs."""
        return pa.table(self.ledger, schema=LEDGER)


def process(stage: Stage, method: Method, birth: Birth, inputs: Inputs, withheld: frozenset[str], outcome: Outcome) -> None:
    """Run a stage's method on a batch and put outputs and ledger rows into `outcome`.

    A batch that raises is halved until the inputs that raise stand alone; those are `failed` with their traceback.
    An input that the method says nothing about is `dropped`.

    Args:
        stage: The stage, opened.
        method: `generate`, `process` or `apply` of it.
        birth: What the outputs have in common.
        inputs: A batch, or a source's ordinals.
        withheld: Ids that were rolled back and must not be made again.
        outcome: Where the results go.
    """
    started = time.perf_counter()
    keys = [str(ordinal) for ordinal in inputs] if isinstance(inputs, range) else list(inputs.array("id").to_pylist())
    try:
        samples, ordinals, counts, reasons = _collect(method(inputs), keys)
        table = to_table(birth, samples, ordinals) if samples else birth.kind.schema.empty_table()
    except Exception as error:
        if len(keys) > 1:
            middle = len(keys) // 2
            process(stage, method, birth, inputs[:middle], withheld, outcome)
            process(stage, method, birth, inputs[middle:], withheld, outcome)
        else:
            _record(outcome, stage, birth.stage, keys[0], "failed", _headline(error), traceback.format_exc(), 0, time.perf_counter() - started)
        return
    rolled_back = dict.fromkeys(keys, 0) if withheld else {}
    if withheld and table.num_rows:
        keep = [sample_id not in withheld for sample_id in table.column("id").to_pylist()]
        for kept, origin in zip(keep, table.column("origin").to_pylist(), strict=True):
            rolled_back[origin] += not kept
            counts[origin] -= not kept
        table = table.filter(pa.array(keep))
    if table.num_rows:
        outcome.tables.append(table)
    seconds = (time.perf_counter() - started) / len(keys)
    for key in keys:
        if counts[key]:
            status, reason = "kept", reasons.get(key)
        elif rolled_back.get(key):
            status, reason = "rolled_back", "rolled back"
        else:
            status, reason = "dropped", reasons.get(key, "nothing was made of it")
        _record(outcome, stage, birth.stage, key, status, reason, None, counts[key], seconds)


def _collect(
    yielded: Iterable[Sample | Drop], keys: list[str]
) -> tuple[list[Sample], list[int], dict[str, int], dict[str, str]]:
    counts = dict.fromkeys(keys, 0)
    reasons: dict[str, str] = {}
    samples, ordinals = [], []
    for item in yielded:
        key = origin_key(item.origin)
        if key not in counts:
            raise ValueError(f"the stage answered for {key}, which is none of its inputs")
        if isinstance(item, Drop):
            reasons[key] = f"{reasons[key]}; {item.reason}" if key in reasons else item.reason
        else:
            samples.append(item)
            ordinals.append(counts[key])
            counts[key] += 1
    return samples, ordinals, counts, reasons


def _record(
    outcome: Outcome, stage: Stage, name: str, key: str, status: str, reason: str | None, trace: str | None, outputs: int, seconds: float
) -> None:
    tokens, joules = stage.take_spent(key)
    row = (name, key, status, reason, trace, outputs, seconds, tokens, joules or None)
    for values, value in zip(outcome.ledger.values(), row, strict=True):
        values.append(value)


def _headline(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
