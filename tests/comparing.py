"""Whether two runs made the same."""

from __future__ import annotations

import pyarrow as pa

from multisynth.store import Store

_TIMES = ("seconds", "joules", "tokens_cached")


def tables(store: Store) -> dict[str, pa.Table]:
    """All tables of a run, media and all, in their order."""
    whole = {name: store.table(name).rows(0, len(store.table(name))) for name in store.stages}
    for batch in whole.values():
        for column in batch.kind.media:
            batch.table = batch.table.append_column(column, batch.array(column))
    return {name: batch.table for name, batch in whole.items()}


def ledger(store: Store) -> pa.Table:
    """The ledger without what no two runs share."""
    return store.ledger().drop_columns([*_TIMES, "traceback"])


def assert_same(one: Store, other: Store) -> None:
    """The two runs hold the same samples and ledger rows, row for row."""
    left, right = tables(one), tables(other)
    assert list(left) == list(right)
    for name in left:
        a, b = left[name], right[name]
        assert a.column("id").to_pylist() == b.column("id").to_pylist(), f"{name}: other samples, or another order"
        assert a.equals(b), f"{name}: the samples differ"
    assert ledger(one).to_pylist() == ledger(other).to_pylist()
