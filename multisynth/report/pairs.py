"""Preferences: what was chosen beside what was rejected, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import histogram
from multisynth.report.distributions import ROWS
from multisynth.report.picks import cells, evenly
from multisynth.report.prose import Part, parts
from multisynth.report.tables import Account
from multisynth.report.words import excerpt, measured, number
from multisynth.store import Store

_SHOWN, _MESSAGES, _TEXT = 6, 6, 1500


@dataclass(frozen=True)
class Pair:
    """A preference as shown."""

    id: str
    prompt: list[tuple[str, list[Part]]]
    chosen: list[Part]
    rejected: list[Part]
    margin: str
    facts: list[tuple[str, str]]
    measured: list[tuple[str, str]]


@dataclass(frozen=True)
class Margins:
    """How the margins of a table are spread."""

    note: str
    drawing: Markup


def pairs(store: Store, account: Account) -> Iterator[Pair]:
    """A few preferences of a table."""
    for sample in evenly(store.table(account.name), _SHOWN):
        prompt = [
            (str(message["role"] or ""), parts(message["content"], _TEXT)) for message in (sample["prompt"] or [])
        ]
        facts = [(name, excerpt(sample[name] or "", 80)) for name in ("judge", "model", "domain") if sample[name]]
        yield Pair(
            sample.id, prompt[-_MESSAGES:], parts(sample["chosen"], _TEXT), parts(sample["rejected"], _TEXT),
            number(sample["margin"]), facts, measured(sample),
        )  # fmt: skip


def margins(store: Store, account: Account) -> Margins | None:
    """Of all pairs of a table, or of many evenly spaced; None where none is known."""
    rows = cells(store.table(account.name), ["margin"], ROWS)
    found = np.array([row["margin"] for row in rows if row["margin"] is not None], float)
    found = found[np.isfinite(found)]
    if not len(found):
        return None
    low, middle, high = (number(float(np.quantile(found, q))) for q in (0, 0.5, 1))
    return Margins(f"{low} to {high}, median {middle}", histogram({"pairs": found}, "margins"))
