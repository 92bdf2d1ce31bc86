"""Policies: how they got better as they practised, and how far their curriculum opened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import band, curves
from multisynth.report.distributions import Panel
from multisynth.report.relatives import inputs_of
from multisynth.report.tables import Account
from multisynth.report.words import count, flat, number
from multisynth.store import Store
from multisynth.tables import Table

UNIT = "episodes"
"""What iterations are laid out by: how much was practised until each was over."""
_FACTS = ("task", "robot", "learner", "engine", "control", "rate", "history")
_COLUMNS = [*_FACTS, "iteration", "episodes", "steps", "success", "reward", "entropy", "curriculum", "meta"]


@dataclass(frozen=True)
class Buffer:
    """A parameter of a curriculum after the last iteration; what was achieved at each bound since it last moved."""

    name: str
    calibrated: str
    low: str
    high: str
    at_low: str
    at_high: str


@dataclass(frozen=True)
class Training:
    """A stage's policies as shown.

    Args:
        facts: What is the same for all of them, and where they ended.
        curves: Over the episodes practised.
        bounds: Of each of the curriculum's parameters, over the same.
        buffers: The curriculum's state at the end.
        note: What the curve of the entropy leaves out.
    """

    facts: list[tuple[str, str]]
    curves: list[Markup]
    bounds: list[Panel]
    buffers: list[Buffer]
    note: str


@dataclass(frozen=True)
class _Dimension:
    """A parameter of the curriculum over the iterations; NaN where an iteration does not have it. [T]"""

    name: str
    low: np.ndarray
    high: np.ndarray
    calibrated: float | None
    last: dict[str, Any]


def trainings(accounts: Iterable[Account]) -> list[Account]:
    """Stages whose policies were trained there: those that make policies and are not fed any."""
    every = {account.name: account for account in accounts if account.kind == "policy"}
    return [account for account in every.values() if account.outputs and not set(account.feeds) & every.keys()]


def names(store: Store, accounts: Mapping[str, Account], stage: str) -> dict[str, str]:
    """What to call the policies that feed a stage, by their ids: where they were trained, and when if need be."""
    trained = {account.name for account in trainings(accounts.values())}
    feeds = [name for name in accounts[stage].feeds if name in accounts and accounts[name].kind == "policy"]
    found: dict[str, tuple[str, int]] = {}
    for feed in feeds:
        for row in store.table(feed).dataset.to_table(columns=["id", "origin", "iteration"]).to_pylist():
            home, origin = feed, row["origin"]
            while home not in trained and (homes := inputs_of(store, accounts[home].feeds, [origin])):
                home = homes[origin]
                origin = store.table(home).find([origin])[origin]["origin"]
            found[row["id"]] = home, row["iteration"] or 0
    every = [home for home, _ in found.values()]
    ranked = sorted(found.items(), key=lambda item: (list(accounts).index(item[1][0]), item[1][1]))
    return {id: home if every.count(home) == 1 else f"{home}, iteration {n}" for id, (home, n) in ranked}


def training(table: Table) -> Training | None:
    """A stage's policies, in the order of their iterations; None where there are none. Media are not read."""
    rows = table.dataset.to_table(columns=_COLUMNS, scan_in_order=True).to_pylist()
    rows.sort(key=lambda row: row["iteration"] or 0)
    if not rows:
        return None
    practised = np.array([row["episodes"] or 0 for row in rows], float)
    states, entropy = [_object(row["curriculum"]) for row in rows], _numbers(rows, "entropy")
    dimensions = list(_dimensions(states))
    charts: list[tuple[str, np.ndarray]] = [
        ("success, share of an iteration's episodes", _numbers(rows, "success")),
        ("reward, mean over steps", _numbers(rows, "reward")),
        ("entropy, nats a dimension of the curriculum", entropy),
        *_told(rows),
    ]
    return Training(
        _facts(rows, entropy), [_curve(practised, *chart) for chart in charts if np.isfinite(chart[1]).any()],
        [_bounds(practised, dimension) for dimension in dimensions],
        [_buffer(dimension) for dimension in dimensions], _note(dimensions, entropy, practised),
    )  # fmt: skip


def _curve(practised: np.ndarray, title: str, values: np.ndarray) -> Markup:
    known, name = np.isfinite(values), title.partition(",")[0]
    return curves(
        practised[known], {name: values[known]}, title, unit=UNIT, along=(0.0, float(practised[-1])),
        within=(0.0, 1.0) if name == "success" else (np.inf, -np.inf),
    )  # fmt: skip


def _facts(rows: Sequence[dict[str, Any]], entropy: np.ndarray) -> list[tuple[str, str]]:
    last = rows[-1]
    facts = [(name, number(last[name])) for name in _FACTS if last[name] is not None]
    success = _numbers(rows, "success")
    best = int(np.argmax(np.nan_to_num(success, nan=-1.0)))
    facts += [
        ("practised", f"{count(last['episodes'] or 0)} episodes, {count(last['steps'] or 0)} steps"),
        ("iterations", count(len(rows))),
        ("success", f"{_share(success[-1])} in the last iteration, {_share(success[best])} in the best"),
    ]
    return [*facts, ("entropy", f"{entropy[-1]:.3f} nats a dimension")] if np.isfinite(entropy[-1]) else facts


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if np.isfinite(value) else "–"


def _note(dimensions: Sequence[_Dimension], entropy: np.ndarray, practised: np.ndarray) -> str:
    if not dimensions or np.isfinite(entropy).all():
        return ""
    why = "while a parameter has not left its calibrated value, the entropy is −∞"
    if np.isfinite(entropy).any():
        first = int(np.flatnonzero(np.isfinite(entropy))[0])
        gaps = "" if np.isfinite(entropy[first:]).all() else ", with gaps where one closed again"
        return f"The entropy's curve begins at {count(int(practised[first]))} episodes{gaps}: {why}."
    shut = [d.name for d in dimensions if not d.high[-1] > d.low[-1]]
    return f"The entropy has no curve: {why}. Not opened: {', '.join(shut)}." if shut else ""


def _told(rows: Sequence[dict[str, Any]]) -> list[tuple[str, np.ndarray]]:
    """What learning measured, such as losses, by name; NaN where it did not. [T] each"""
    metas = [dict(flat(_object(row["meta"]))) for row in rows]
    names = dict.fromkeys(name for meta in metas for name in meta)
    return [(name, np.array([_float(meta.get(name)) for meta in metas])) for name in names]


def _dimensions(states: Sequence[dict[str, Any]]) -> Iterable[_Dimension]:
    """The parameters of a curriculum, from its JSON: `{"dimensions": {name: {"low": …, "high": …}}, "base": …}`."""
    steps = [state["dimensions"] if isinstance(state.get("dimensions"), dict) else {} for state in states]
    steps = [{name: bounds for name, bounds in step.items() if isinstance(bounds, dict)} for step in steps]
    for name in dict.fromkeys(name for step in steps for name in step):
        low, high = (np.array([_float(step.get(name, {}).get(side)) for step in steps]) for side in ("low", "high"))
        if np.isfinite(low).any() and np.isfinite(high).any():
            last = next(step[name] for step in reversed(steps) if name in step)
            yield _Dimension(name, low, high, _calibrated(low, high, _object_in(states[0], "base").get(name)), last)


def _calibrated(low: np.ndarray, high: np.ndarray, base: Any) -> float | None:
    """The value that bounds began at, which they always hold between them; None where it cannot be told.

    It is where they had not yet opened, or else the curriculum's fixed term for it, if that lies between all bounds.
    """
    most, least = float(np.nanmax(low)), float(np.nanmin(high))
    if most == least:
        return most
    ends = base.get("uniform") if isinstance(base, dict) else None
    if isinstance(ends, list) and len(ends) == 2 and ends[0] == ends[1] and most <= _float(ends[0]) <= least:
        return _float(ends[0])
    return None


def _bounds(practised: np.ndarray, dimension: _Dimension) -> Panel:
    known = np.isfinite(dimension.low) & np.isfinite(dimension.high)
    x, low, high = practised[known], dimension.low[known], dimension.high[known]
    if dimension.calibrated is not None:  # before any practice it had not opened
        x, low, high = np.insert(x, 0, 0.0), *(np.insert(bound, 0, dimension.calibrated) for bound in (low, high))
    note = f"{number(float(low[-1]))} to {number(float(high[-1]))}"
    note += "" if dimension.calibrated is None else f", calibrated {number(dimension.calibrated)}"
    drawing = band(x, low, high, dimension.name, unit=UNIT, around=dimension.calibrated)
    return Panel(dimension.name, note, drawing)


def _buffer(dimension: _Dimension) -> Buffer:
    def achieved(values: Any) -> str:
        numbers = [_float(value) for value in values] if isinstance(values, list) else []
        return f"{np.mean(numbers):.2f} in {len(numbers)}" if numbers else "–"

    last = dimension.last
    return Buffer(
        dimension.name, "–" if dimension.calibrated is None else number(dimension.calibrated),
        number(_float(last.get("low"))), number(_float(last.get("high"))),
        achieved(last.get("at_low")), achieved(last.get("at_high")),
    )  # fmt: skip


def _numbers(rows: Sequence[dict[str, Any]], column: str) -> np.ndarray:
    """A column, NaN for null. [T]"""
    return np.array([_float(row[column]) for row in rows])


def _float(value: Any) -> float:
    """A finite number, or NaN; an entropy of −∞ is none."""
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else float("nan")


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _object_in(values: dict[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}
