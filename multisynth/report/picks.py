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
