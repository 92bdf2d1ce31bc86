"""A stage's method on a batch: outputs, ledger rows, and the culprit of a failure found by halving."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

import pyarrow as pa

from multisynth.errors import BadInput, Hopeless
from multisynth.rows import Birth, origin_key, to_table
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Reduce, Spent, Stage

LEDGER = pa.schema(
    [
        pa.field("stage", pa.string()),
        pa.field("input", pa.string(), metadata={"doc": "id of the sample, or a source's ordinal"}),
        pa.field("status", pa.string(), metadata={"doc": "kept | dropped | failed"}),
        pa.field("reason", pa.string(), metadata={"doc": "of every drop, or the error; numbers follow a colon"}),
        pa.field("traceback", pa.string(), metadata={"doc": "of a failure; of bad input its message with the remedy"}),
        pa.field("outputs", pa.int32(), metadata={"doc": "samples made from it"}),
        pa.field(
            "seconds",
            pa.float64(),
            metadata={"doc": "worker time; that of batches shared out evenly"},
        ),
        pa.field("tokens_read", pa.int64(), metadata={"doc": "of prompts that language models were asked"}),
        pa.field("tokens_written", pa.int64(), metadata={"doc": "that language models made"}),
        pa.field("tokens_cached", pa.int64(), metadata={"doc": "of both, those of answers that the request cache had"}),
        pa.field("joules", pa.float64(), metadata={"doc": "measured energy; null where no meter is readable"}),
    ]
)

Inputs = Batch | range
Method = Callable[[Inputs], Iterable[Sample | Drop]]
T = TypeVar("T")


@dataclass
class Outcome:
    """What became of some inputs: tables of samples or sketches, and ledger rows, in the order of the inputs.

    `hopeless` is why the last of them is where the stage has to stop.
    """

    tables: list[pa.Table] = field(default_factory=list)
    ledgers: list[pa.Table] = field(default_factory=list)
    sketches: list[pa.Table] = field(default_factory=list)
    hopeless: Hopeless | None = None

    def ledger_table(self) -> pa.Table:
        """All ledger rows."""
        return pa.concat_tables([LEDGER.empty_table(), *self.ledgers])

    def sketch_table(self) -> pa.Table | None:
        """All sketches; None where no sample could be sketched."""
        # A column that is null throughout one batch has a type of its own, which `default` reconciles with the others'.
        return pa.concat_tables(self.sketches, promote_options="default") if self.sketches else None


def process(stage: Stage, method: Method, birth: Birth, inputs: Inputs, outcome: Outcome) -> None:
    """Run a stage's method on a batch and put outputs and ledger rows into `outcome`, in the order of the inputs.

    A batch that raises is halved until the inputs that raise stand alone; those are `failed` with their traceback.
    An input that the method says nothing about is `dropped`. After one that is `Hopeless` none is tried.

    Args:
        stage: The stage, opened.
        method: `generate`, `process` or `apply` of it.
        birth: What the outputs have in common.
        inputs: A batch, or a source's ordinals.
        outcome: Where the results go.
    """

    def work(part: Inputs) -> tuple[pa.Table | None, list[int], list[str | None]]:
        stage.take_spent()  # by a batch that raised, whose halves spend it anew
        samples, ordinals, counts, reasons = _collect(method(part), _keys(part))
        return to_table(birth, samples, ordinals) if samples else None, counts, reasons

    for part, seconds, result in _halving(work, inputs):
        keys, spent = _keys(part), stage.take_spent()
        if isinstance(result, BaseException):
            outcome.ledgers.append(_failed(birth, keys[0], result, seconds, spent))
            if isinstance(result, Hopeless):
                outcome.hopeless = _bare(result)
                return
            continue
        table, counts, reasons = result
        if table is not None:
            outcome.tables.append(table)
        statuses = ["kept" if count else "dropped" for count in counts]
        notes = [
            reason or (None if count else "nothing was made of it")
            for count, reason in zip(counts, reasons, strict=True)
        ]
        outcome.ledgers.append(_ledger(birth, keys, statuses, notes, [None] * len(keys), counts, seconds, spent))


def sketch(stage: Reduce, birth: Birth, samples: Batch, outcome: Outcome) -> None:
    """Sketch a batch into `outcome`: a row for each sample, its id in the column `id`, and `failed` for the culprits.

    What is spent on it goes on no ledger: a row there tells of the input's way through `apply`.
    """

    def work(part: Inputs) -> pa.Table:
        assert isinstance(part, Batch)
        table = stage.sketch(part)
        if table.num_rows != len(part):
            raise ValueError(f"{type(stage).__name__}.sketch made {table.num_rows} rows of {len(part)} samples")
        return table.append_column("id", part.array("id"))

    for part, seconds, result in _halving(work, samples):
        stage.take_spent()
        if isinstance(result, BaseException):
            outcome.ledgers.append(_failed(birth, _keys(part)[0], result, seconds, {}))
            if isinstance(result, Hopeless):
                outcome.hopeless = _bare(result)
                return
        else:
            outcome.sketches.append(result)


def failed(birth: Birth, key: str, reason: str, trace: str) -> pa.Table:
    """The ledger row of an input that failed for a reason outside the stage's Python."""
    return _ledger(birth, [key], ["failed"], [reason], [trace], [0], 0.0, {})


def _halving(
    work: Callable[[Inputs], T], inputs: Inputs, lost: float = 0.0
) -> Iterator[tuple[Inputs, float, T | BaseException]]:
    """Parts of the inputs with the seconds and the result of each: of inputs that raise, one by one, the exception.

    `lost` are seconds of batches that raised, these inputs' share of them.
    """
    started = time.perf_counter()
    failure: BaseException | None = None
    try:
        result = work(inputs)
    except (Exception, SystemExit) as error:  # `sys.exit` in a stage or a library of its is a failure like another
        failure = error
    seconds = lost + time.perf_counter() - started
    if failure is None:
        yield inputs, seconds, result
    elif len(inputs) == 1:
        yield inputs, seconds, failure
    else:  # halved outside the handler, so that the culprit's traceback is its own alone
        failure, middle = None, len(inputs) // 2
        for half in (inputs[:middle], inputs[middle:]):
            yield from _halving(work, half, seconds * len(half) / len(inputs))


def _bare(error: Hopeless) -> Hopeless:
    """The same without its traceback, which holds on to all that the stage was working on."""
    return Hopeless(error.problem, error.remedy, error.where)


def _keys(inputs: Inputs) -> list[str]:
    return [str(ordinal) for ordinal in inputs] if isinstance(inputs, range) else list(inputs.array("id").to_pylist())


def _collect(
    yielded: Iterable[Sample | Drop], keys: list[str]
) -> tuple[list[Sample], list[int], list[int], list[str | None]]:
    """Samples in the order of their inputs with their ordinals; for each input its count of samples, and reasons."""
    places = {key: place for place, key in enumerate(keys)}
    counts = [0] * len(keys)
    reasons: list[str | None] = [None] * len(keys)
    samples, ordinals, order = [], [], []
    for item in yielded:
        key = origin_key(item.origin)
        place = places.get(key)
        if place is None:
            raise ValueError(f"the stage answered for {key}, which is none of its inputs")
        if isinstance(item, Drop):
            before = reasons[place]
            reasons[place] = item.reason if before is None else f"{before}; {item.reason}"
        else:
            samples.append(item)
            ordinals.append(counts[place])
            order.append(place)
            counts[place] += 1
    if any(after < before for before, after in pairwise(order)):
        # A stage may answer as its work gets done; tables must not depend on what shared a batch.
        straight = sorted(range(len(order)), key=order.__getitem__)
        samples, ordinals = [samples[i] for i in straight], [ordinals[i] for i in straight]
    return samples, ordinals, counts, reasons


def _failed(birth: Birth, key: str, error: BaseException, seconds: float, spent: dict[str, Spent]) -> pa.Table:
    # What was given is at fault, and the message says how: where in the code it was found helps nobody.
    told = isinstance(error, BadInput)
    trace = f"{type(error).__name__}: {error}" if told else "".join(traceback.format_exception(error))
    return _ledger(birth, [key], ["failed"], [_headline(error)], [trace], [0], seconds, spent)


def _ledger(
    birth: Birth,
    keys: list[str],
    statuses: list[str],
    reasons: list[str | None],
    traces: list[str | None],
    outputs: list[int],
    seconds: float,
    spent: dict[str, Spent],
) -> pa.Table:
    columns = {
        "stage": [birth.stage] * len(keys),
        "input": keys,
        "status": statuses,
        "reason": _written(reasons),
        "traceback": _written(traces),
        "outputs": outputs,
        "seconds": [seconds / len(keys)] * len(keys),
        "tokens_read": [spent[key].read if key in spent else 0 for key in keys],
        "tokens_written": [spent[key].written if key in spent else 0 for key in keys],
        "tokens_cached": [spent[key].cached if key in spent else 0 for key in keys],
        "joules": [None] * len(keys),
    }
    return pa.table(columns, schema=LEDGER)


_SURROGATE = re.compile("[\ud800-\udfff]")  # such as Python makes of file names that are not UTF-8


def _written(texts: Sequence[str | None]) -> list[str | None]:
    """Texts as UTF-8 can hold them."""
    return [text and _SURROGATE.sub("\ufffd", text) for text in texts]


def _headline(error: BaseException) -> str:
    try:
        text = str(error).strip().splitlines()
    except Exception:  # an exception that cannot say what it is must not stop the run
        text = []
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
