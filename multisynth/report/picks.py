"""Which samples are shown: evenly spaced by the order of the table, so that the same run shows the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from multisynth.report.svg import thin
from multisynth.sample import Sample
from multisynth.tables import Table


def evenly(table: Table, most: int) -> Iterator[Sample]:
    """At most so many samples of a table, one in memory at a time."""
    for row in thin(len(table), most):
        yield from table.rows(int(row), int(row) + 1)


def evenly_by(table: Table, column: str, most: int) -> Iterator[Sample]:
    """At most so many samples in the table's order: of each value of a column alike, evenly spaced among its own.

    What takes turns in a table, as tasks do, would else be shown by whichever the spacing happens to meet.
    """
    rows: dict[object, list[int]] = {}
    for row, value in enumerate(table.column(column).to_pylist()):
        rows.setdefault(value, []).append(row)
    share, more = divmod(most, max(len(rows), 1))
    for row in sorted(
        mine[int(k)] for n, mine in enumerate(rows.values()) for k in thin(len(mine), share + (1 if n < more else 0))
    ):
        yield from table.rows(row, row + 1)


def cells(table: Table, columns: list[str], most: int) -> list[dict[str, Any]]:
    """Some columns, none of them media, of at most so many rows."""
    rows = [int(row) for row in thin(len(table), most)]
    return list(table.dataset.take(rows, columns=columns).to_pylist()) if rows else []


class Budget:
    """Bytes that media may still take in the page."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> bool:
        """Whether there was room for so many bytes, which are then taken; base64 makes 4 of 3."""
        size = size * 4 // 3
        if size > self.left:
            return False
        self.left -= size
        return True
