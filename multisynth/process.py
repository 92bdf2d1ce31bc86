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

LEDGER = pa.schema(
    [
        pa.field("stage", pa.string()),
        pa.field("input", pa.string(), metadata={"doc": "id of the sample, or a source's ordinal"}),
        pa.field("status", pa.string(), metadata={"doc": "kept | dropped | failed | rolled_back"}),
        pa.field("reason", pa.string(), metadata={"doc": "of every drop, or the error; numbers follow a colon"}),
        pa.field("traceback", pa.string(), metadata={"doc": "of a failure"}),
        pa.field("outputs", pa.int32(), metadata={"doc": "samples made from it"}),
        pa.field("seconds", pa.float64(), metadata={"doc": "worker time; a batch's time shared out evenly"}),
        pa.field("tokens", pa.int64(), metadata={"doc": "language-model tokens read and written"}),
        pa.field("joules", pa.float64(), metadata={"doc": "measured energy; null where no meter is readable"}),
    ]
)

Inputs = Batch | range
Method = Callable[[Inputs], Iterable[Sample | Drop]]


@dataclass
class Outcome:
    """What became of some inputs: tables of samples, and ledger rows in the order of the inputs."""

    tables: list[pa.Table] = field(default_factory=list)
    ledgers: list[pa.Table] = field(default_factory=list)

    def ledger_table(self) -> pa.Table:
        """All ledger rows."""
        return pa.concat_tables([LEDGER.empty_table(), *self.ledgers])


def process(
    stage: Stage, method: Method, birth: Birth, inputs: Inputs, withheld: frozenset[str], outcome: Outcome
) -> None:
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
        failure = error
    else:
        failure = None
    if failure is not None:
        if len(keys) > 1:  # halved outside the handler, so that the culprit's traceback is its own alone
            middle = len(keys) // 2
            process(stage, method, birth, inputs[:middle], withheld, outcome)
            process(stage, method, birth, inputs[middle:], withheld, outcome)
        else:
            seconds, trace = time.perf_counter() - started, "".join(traceback.format_exception(failure))
            outcome.ledgers.append(_ledger(stage, birth, keys, ["failed"], [_headline(failure)], [trace], [0], seconds))
        return
    rolled_back: dict[str, int] = {}
    if withheld and table.num_rows:
        keep = [sample_id not in withheld for sample_id in table.column("id").to_pylist()]
        for kept, origin in zip(keep, table.column("origin").to_pylist(), strict=True):
            if not kept:
                rolled_back[origin] = rolled_back.get(origin, 0) + 1
                counts[origin] -= 1
        table = table.filter(pa.array(keep))
    if table.num_rows:
        outcome.tables.append(table)
    statuses: list[str] = []
    notes: list[str | None] = []
    for key, count in counts.items():
        status = "kept" if count else "rolled_back" if key in rolled_back else "dropped"
        statuses.append(status)
        notes.append(reasons.get(key) or _DEFAULT_REASONS[status])
    seconds = time.perf_counter() - started
    outcome.ledgers.append(
        _ledger(stage, birth, keys, statuses, notes, [None] * len(keys), list(counts.values()), seconds)
    )


_DEFAULT_REASONS = {"kept": None, "dropped": "nothing was made of it", "rolled_back": "rolled back"}


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


def _ledger(
    stage: Stage,
    birth: Birth,
    keys: list[str],
    statuses: list[str],
    reasons: list[str | None],
    traces: list[str | None],
    outputs: list[int],
    seconds: float,
) -> pa.Table:
    spent = stage.take_spent()
    columns = {
        "stage": [birth.stage] * len(keys),
        "input": keys,
        "status": statuses,
        "reason": reasons,
        "traceback": traces,
        "outputs": outputs,
        "seconds": [seconds / len(keys)] * len(keys),
        "tokens": [spent[key][0] if key in spent else 0 for key in keys],
        "joules": [(spent[key][1] or None) if key in spent else None for key in keys],
    }
    return pa.table(columns, schema=LEDGER)


def _headline(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
