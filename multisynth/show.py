"""What `multisynth inspect` shows of a run: its stages, a stage, or one sample, as plain data."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from multisynth.kinds import COMMON
from multisynth.lineage import unknown
from multisynth.report.tables import account, accounts
from multisynth.report.words import brief
from multisynth.sample import Sample
from multisynth.store import Store

_REASONS = 20


def run(store: Store) -> list[dict[str, Any]]:
    """One row a stage, in the recipe's order: what came in, what became of it, and what it cost.

    Returns:
        Rows with `stage, use, kind, state, inputs, kept, dropped, failed, outputs, seconds`; seconds are worker time.
    """
    return [
        {
            "stage": a.name, "use": a.use, "kind": a.kind, "state": a.state, "inputs": a.inputs, "kept": a.kept,
            "dropped": a.dropped, "failed": a.failed, "outputs": a.outputs, "seconds": round(a.seconds, 3),
        }
        for a in accounts(store).values()
    ]  # fmt: skip


def stage(store: Store, name: str, limit: int = 10) -> dict[str, list[dict[str, Any]]]:
    """A stage's first samples in short, and how often inputs were dropped for each reason.

    Args:
        store: The run.
        name: The stage's name in the recipe.
        limit: How many samples.

    Returns:
        `samples`: their id and the kind's own columns that are not media, tensors as shapes and texts cut;
        `reasons`: the most frequent ones, with an example; `failures`: the same for inputs that raised.

    Raises:
        BadInput: The run has no such stage, or it has not begun.
    """
    table = store.table(name)
    columns = [column for column in table.kind.columns if column not in table.kind.media]
    samples = islice(table.samples(["meta", *columns], batch_size=min(limit, 64)), limit)
    found = account(store, name)
    return {
        "samples": [{"id": s.id, **{column: brief(s[column], 60) for column in [*columns, "meta"]}} for s in samples],
        "reasons": [
            {"reason": r.text, "dropped": r.dropped, "in part": r.partly, "example": brief(r.examples[0][1], 120)}
            for r in found.reasons[:_REASONS]
        ],
        "failures": [
            {"error": brief(f.reason, 160), "inputs": f.count, "first": f.input, "traceback": f.traceback}
            for f in found.failures
        ],
    }


def sample(store: Store, sample_id: str) -> dict[str, Any]:
    """One sample in full: a tensor as its type and shape, media as their size.

    Raises:
        BadInput: No table of the run holds the id.
    """
    for name in store.stages:
        found = store.table(name).find([sample_id])
        if found:
            return _full(found[sample_id])
    raise unknown(store, sample_id)


def _full(sample: Sample) -> dict[str, Any]:
    shown = {name: sample.meta if name == "meta" else sample[name] for name in [*COMMON, *sample.kind.columns]}
    return {
        name: brief(value) if isinstance(value, np.ndarray) or name in sample.kind.media else value
        for name, value in shown.items()
    }
