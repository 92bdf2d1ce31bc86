"""Language models: what they were trained from, on how much, and how their losses fell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import by_round, curves
from multisynth.report.svg import thin
from multisynth.report.tables import Account
from multisynth.report.words import excerpt
from multisynth.store import Store

_LINES, _POINTS, _LAST = 8, 200, 0.1
_COLUMNS = ["id", "parents", "base", "method", "step", "tokens", "losses", "held_out", "meta"]


@dataclass(frozen=True)
class Trained:
    """A model as it stood at a checkpoint.

    Args:
        stage: That trained it.
        checkpoint: 1, 2, … of those of the stage.
        checkpoints: How many it has.
        base: What it began as.
        method: sft | dpo | distil.
        step: Optimiser steps so far.
        parents: Samples that it was made from.
        tokens: Read in training so far.
        loss: Mean over the last tenth of the steps, nats; None where there are none.
        before: The measure on samples held out before training.
        held_out: The same after it.
        losses: At each step. [S]
    """

    id: str
    stage: str
    checkpoint: int
    checkpoints: int
    base: str
    method: str
    step: int
    parents: int
    tokens: int
    loss: float | None
    before: float | None
    held_out: float | None
    losses: np.ndarray


@dataclass(frozen=True)
class Training:
    """A stage's models, or those of all rounds of one in a loop."""

    name: str
    models: list[Trained]
    curves: list[Markup]


def models(store: Store, stages: Mapping[str, Account], accounts: Mapping[str, Account]) -> Iterator[Training]:
    """Stages that trained language models themselves, rounds of a loop together. Weights are not read."""
    for name, stage in stages.items():
        if stage.kind != "model" or any(accounts[f].kind == "model" for f in stage.fed if f in accounts):
            continue
        trained = [_models(store, one) for one in stage.rounds or [name] if accounts[one].outputs]
        if trained:
            every = [model for round in trained for model in round]
            last = [round[-1] for round in trained]
            yield Training(name, every if len(trained) == 1 else last, list(_curves(trained, bool(stage.rounds))))


def _models(store: Store, stage: str) -> list[Trained]:
    rows = store.table(stage).dataset.to_table(columns=_COLUMNS, scan_in_order=True).to_pylist()
    rows.sort(key=lambda row: row["step"] or 0)
    return [_trained(stage, n + 1, len(rows), row) for n, row in enumerate(rows)]


def _trained(stage: str, checkpoint: int, of: int, row: Mapping[str, Any]) -> Trained:
    losses = np.array([value if value is not None else np.nan for value in row["losses"] or ()], float)
    tail = losses[-max(1, int(_LAST * len(losses))) :]
    loss = float(tail.mean()) if len(tail) and np.isfinite(tail).all() else None
    return Trained(
        row["id"], stage, checkpoint, of, excerpt(row["base"] or "–", 60), excerpt(row["method"] or "–", 20),
        row["step"] or 0, len(row["parents"] or ()), row["tokens"] or 0, loss, _before(row["meta"]),
        _finite(row["held_out"]), losses,
    )  # fmt: skip


def _curves(rounds: list[list[Trained]], loop: bool) -> Iterator[Markup]:
    """Losses by the steps that all have, of many rounds some; what was held out, by round or step."""
    last = [models[-1] for models in rounds]
    shown = [last[int(n)] for n in thin(len(last), _LINES) if len(last[int(n)].losses)]
    if shown:
        most = min(len(model.losses) for model in shown)
        at = np.arange(0.5, _POINTS) * most / _POINTS if most > _POINTS else np.arange(most) + 1.0
        lines = {_round(model) if loop else "loss": _windows(model.losses, at, most) for model in shown}
        yield curves(
            at, lines, "loss, nats" + (", means of windows" if most > _POINTS else ""), unit="step", whole=True
        )
    measured = [model for model in (last if loop else rounds[0]) if model.held_out is not None]
    if len(measured) > 1 and loop:
        at_round = [int(model.stage.rpartition("-")[2]) for model in measured]
        values = [model.held_out for model in measured if model.held_out is not None]
        points = {"held out": [(value, value, value) for value in values]}
        yield by_round(at_round, points, "measure on samples held out", within=(np.inf, -np.inf))
    elif len(measured) > 1:
        steps = np.array([model.step for model in measured], float)
        held = np.array([model.held_out for model in measured], float)
        yield curves(steps, {"held out": held}, "measure on samples held out", unit="step", whole=True)


def _windows(losses: np.ndarray, at: np.ndarray, most: int) -> np.ndarray:
    """The first losses, or their means over as many windows as are drawn. [P]"""
    if most <= _POINTS:
        return losses[:most]
    edges = np.linspace(0, most, len(at) + 1).round().astype(int)
    return np.array([losses[a:b].mean() for a, b in pairwise(edges)])


def _round(model: Trained) -> str:
    return f"round {model.stage.rpartition('-')[2]}"


def _before(meta: str | None) -> float | None:
    try:
        found = json.loads(meta or "{}")
    except (ValueError, RecursionError):
        return None
    return _finite(found.get("held_out_before")) if isinstance(found, dict) else None


def _finite(value: Any) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
    return float(value) if fits else None
