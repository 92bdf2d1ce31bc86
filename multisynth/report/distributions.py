"""How what was drawn, or measured, is distributed: panels of the leaves of a JSON column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import bars, histogram
from multisynth.report.picks import cells
from multisynth.report.words import flat, number
from multisynth.tables import Table

ROWS = 4096
"""Rows looked at, evenly spaced, in a larger table."""
_FEW = 12
_ENOUGH, _RATIO = 8, 30
_LOOKS = frozenset({"light", "camera", "colour", "colours", "jitter"})
"""Words in the names of what only changes how things look, which comes after what changes how they move."""


@dataclass(frozen=True)
class Panel:
    """One quantity's distribution."""

    name: str
    note: str
    drawing: Markup


@dataclass(frozen=True)
class Audit:
    """The z-scores of a watermark's detector over a table (Kirchenbauer et al., arXiv 2301.10226)."""

    texts: int
    median: float
    detected: int
    drawing: Markup

    THRESHOLD = 4.0
    """A text without a watermark exceeds it once in 31,600."""


Values = dict[str, dict[str, list[Any]]]


def leaves(table: Table, column: str, group: Callable[[Mapping[str, Any]], str] | None = None, by: str = "") -> Values:
    """The leaves of a JSON column by name, then by group; what is no JSON object is left out.

    Things that are numbered go together, `block0.mass` and `block1.mass` as `block….mass`. Of what changes again and
    again, `friction.schedule` as [[s, value], …], all values are taken.

    Args:
        table: Whose rows.
        column: The column.
        group: Names a row's group, from the column `by`.
        by: A further column that `group` reads.
    """
    found: Values = {}
    for row in cells(table, [column, *([by] if by else [])], ROWS):
        try:
            values = json.loads(row[column] or "{}")
        except ValueError:
            continue
        if isinstance(values, dict):
            for name, value in flat(values):
                every = _changed(value) if name.endswith(".schedule") else [value]
                found.setdefault(name, {}).setdefault(group(row) if group else "", []).extend(every)
    return _together(found)


def _changed(schedule: Any) -> list[Any]:
    changes = schedule if isinstance(schedule, list) else []
    return [change[1] for change in changes if isinstance(change, list) and len(change) == 2]


def _together(values: Values) -> Values:
    families: dict[str, list[str]] = {}
    for name in values:
        families.setdefault(re.sub(r"\d+(?=\.)", "…", name), []).append(name)
    found: Values = {}
    for family, names in families.items():
        pooled = found.setdefault(family if len(names) > 1 else names[0], {})
        for name in names:
            for group, given in values[name].items():
                pooled.setdefault(group, []).extend(given)
    return found


def panels(values: Values, groups: list[str], rows: int, most: int = 120) -> list[Panel]:
    """A histogram of each quantity, or bars where it is named values; what never varies or is free text is left out.

    Plain quantities come first, then those that are nested, then looks, then the components of vectors; and among
    them what most rows have.

    Args:
        values: As `leaves` has them.
        groups: By which they are stacked.
        rows: How many there are; a quantity that is not given once in each says how often it is.
        most: Panels.
    """
    found = []
    counts = {name: sum(map(len, by_group.values())) for name, by_group in values.items()}
    for name, by_group in sorted(values.items(), key=lambda item: (*_rank(item[0]), -counts[item[0]])):
        every = [value for group in by_group.values() for value in group]
        times = "" if counts[name] == rows else f"; {number(counts[name])} times"
        if _numeric(every):
            numbers = {group: _finite(by_group.get(group, [])) for group in groups}
            whole = np.concatenate(list(numbers.values()))
            if len(whole) and np.ptp(whole) > 0:
                low, middle, high = (number(float(np.quantile(whole, q))) for q in (0, 0.5, 1))
                log = _spans_ratios(whole)
                note = f"{low} to {high}, median {middle}{times}{'; logarithmic' if log else ''}"
                found.append(Panel(name, note, histogram(numbers, name, log=log)))
        elif 1 < len(words := _counted(every)) <= max(_FEW, len(every) // 4):
            named = {group: _counted(by_group.get(group, [])) for group in groups}
            found.append(Panel(name, f"{len(words)} values{times}", bars(named, name)))
    return found[:most]


def _rank(name: str) -> tuple[bool, bool, int]:
    return name[-1:].isdigit(), not _LOOKS.isdisjoint(re.split(r"[._\d…]+", name)), name.count(".")


def audit(values: Values) -> Audit | None:
    """The watermark's audit, where a measurement called `watermark_z` is among these."""
    scores = [value for name, groups in values.items() if _is_z(name) for value in groups.get("", [])]
    z = _finite(scores)
    if not len(z):
        return None
    drawing = histogram({"texts": z}, "watermark z-scores", normal=True)
    return Audit(len(z), float(np.median(z)), int((z > Audit.THRESHOLD).sum()), drawing)


def _is_z(name: str) -> bool:
    return name.replace(".", "_").endswith("watermark_z")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numeric(values: list[Any]) -> bool:
    given = [value for value in values if value is not None]
    return bool(given) and all(_is_number(value) for value in given)


def _finite(values: list[Any]) -> np.ndarray:
    numbers = np.array(
        [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e300]
    )
    return numbers[np.isfinite(numbers)] if len(numbers) else np.zeros(0)


def _spans_ratios(values: np.ndarray) -> bool:
    """Whether values differ by factors, such as visibilities from 20 m to 5 km, not by amounts."""
    if len(values) < _ENOUGH or values.min() <= 0:
        return False
    low, high = np.quantile(values, [0.05, 0.95])
    return bool(high > _RATIO * low)


def _counted(values: list[Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        if isinstance(value, str | bool):
            counts[str(value)] = counts.get(str(value), 0) + 1
    return counts
