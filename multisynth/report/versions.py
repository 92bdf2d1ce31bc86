"""The same frame in each stage that changed it: clear, in fog, at night."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from multisynth.report.labels import drawn
from multisynth.report.picks import Budget
from multisynth.report.pictures import Picture
from multisynth.report.relatives import rows
from multisynth.report.svg import thin
from multisynth.report.tables import Account
from multisynth.report.words import excerpt, flat, given, number
from multisynth.sample import Sample
from multisynth.store import Store

_LOOKS = ("rgb", "temperature")
_TOLD = ("weather", "transmittance")


@dataclass(frozen=True)
class Version:
    """A frame as a stage left it, and what was drawn for that."""

    stage: str
    picture: Picture
    facts: list[tuple[str, str]]


def versions(store: Store, found: Mapping[str, Account], most: int, budget: Budget) -> Iterator[list[Version]]:
    """At most so many frames of each stage that began some and whose frames later stages changed."""
    made = {name: account for name, account in found.items() if account.kind == "frame" and account.outputs}
    for name, account in made.items():
        if any(feed in made for feed in account.feeds):
            continue
        table = store.table(name)
        for row in thin(len(table), most + 2)[1:-1] if len(table) > most + 1 else range(min(len(table), most)):
            [sample] = table.rows(int(row), int(row) + 1)
            line = list(_line(store, made, name, sample))
            if len(line) > 1:
                if not budget.take(sum(version.picture.size for version in line)):
                    return
                yield line


def _line(store: Store, made: Mapping[str, Account], first: str, sample: Sample) -> Iterator[Version]:
    """The frame and what became of it, stage after stage; stages that left its looks alone have no part."""
    seen = {column: {_digest(sample, column)} for column in _LOOKS}
    yield Version(first, drawn(sample, "rgb"), [])
    line, told = {sample.id}, {"rgb"}
    for name, account in made.items():
        if not any(feed in made for feed in account.feeds):
            continue
        children = rows(store, name, "origin", line)
        line |= {child.id for child in children}
        for child in children[:1]:
            now = store.table(name).find([child.id])[child.id]
            for column in _LOOKS:
                if (digest := _digest(now, column)) and digest not in seen[column]:
                    seen[column].add(digest)
                    if column not in told and given(sample, column):
                        yield Version(first, drawn(sample, column), [])
                    told.add(column)
                    yield Version(name, drawn(now, column), _facts(now))


def _digest(sample: Sample, column: str) -> bytes:
    data = given(sample, column)
    return hashlib.blake2b(data, digest_size=16).digest() if data else b""


def _facts(sample: Sample) -> list[tuple[str, str]]:
    told = {name: sample.meta[name] for name in _TOLD if name in sample.meta}
    return [
        (name.removeprefix("weather."), excerpt(number(value), 60)) for name, value in flat(told) if name != "weather"
    ]
