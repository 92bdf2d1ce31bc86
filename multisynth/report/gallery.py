"""Frames with their labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from multisynth.report.labels import drawn, labels
from multisynth.report.picks import Budget, evenly
from multisynth.report.pictures import Picture
from multisynth.report.relatives import Relative, ancestors
from multisynth.report.words import given, measured
from multisynth.sample import Sample
from multisynth.store import Store
from multisynth.tables import Table

_CHANGED = {"rgb": "RGB", "temperature": "Temperature"}
"""Labels that weather changes, which are shown as they were as well."""
_MEASURED = 28


@dataclass(frozen=True)
class FrameView:
    """A frame as shown."""

    id: str
    time: float
    size: str
    pictures: list[Picture]
    measured: list[tuple[str, str]]


def frames(store: Store, table: Table, most: int, budget: Budget) -> Iterator[FrameView]:
    """At most so many frames of a table with every label that they have, until the budget is spent.

    A frame that a later stage has changed is shown as it was before, too.
    """
    chosen = list(evenly(table, most))
    above = ancestors(store, [sample.id for sample in chosen], origins_only=True)
    for sample in chosen:
        pictures = labels(sample)
        pictures[1:1] = before(store, sample, above)
        if not budget.take(sum(picture.size for picture in pictures)):
            return
        size = f"{sample['width']}×{sample['height']} px"
        told = [(name, value) for name, value in measured(sample, _MEASURED) if value not in ("[]", "{}")]
        yield FrameView(sample.id, sample["time"] or 0.0, size, pictures, told)


def before(store: Store, sample: Sample, above: dict[str, Relative]) -> list[Picture]:
    """What stages changed in a frame, as it was in the nearest ancestor where it was different."""
    changed = {column: sample[column] for column in _CHANGED if given(sample, column) is not None}
    found, here = [], above.get(above[sample.id].origin) if sample.id in above else None
    while here is not None and here.kind == sample.kind.name and changed:
        old = store.table(here.stage).find([here.id])[here.id]
        for column in [name for name, data in changed.items() if given(old, name) not in (None, data)]:
            found.append(drawn(old, column, f"{_CHANGED[column]} in {here.stage}"))
            del changed[column]
        here = above.get(here.origin)
    return found
