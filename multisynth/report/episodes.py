"""Episodes: how often they succeed, what was drawn for them, and how things moved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import Mark, curves, plan
from multisynth.report.picks import evenly
from multisynth.report.words import excerpt, flat, number
from multisynth.sample import Sample
from multisynth.tables import Table

_PATHS, _CHARTS, _SERIES = 8, 6, 8
_MOVED = 0.005  # m; what moves less is left out of the plan
_STEADY = 1e-3  # in a state's own unit; what varies less is left out of the charts


@dataclass(frozen=True)
class EpisodeView:
    """An episode as shown."""

    id: str
    title: str
    instruction: str
    success: bool | None
    facts: list[tuple[str, str]]
    plan: Markup
    curves: list[Markup]
    parameters: list[tuple[str, str]]
    events: list[tuple[str, str, str, str, str]]


@dataclass
class Outcome:
    """How often a task was achieved."""

    task: str
    episodes: int = 0
    successes: int = 0


def outcomes(table: Table) -> list[Outcome]:
    """Successes by task, over the whole table."""
    found: dict[str, Outcome] = {}
    for batch in table.dataset.to_batches(columns=["task", "success"]):
        for row in batch.to_pylist():
            outcome = found.setdefault(row["task"] or "", Outcome(row["task"] or ""))
            outcome.episodes += 1
            outcome.successes += bool(row["success"])
    return sorted(found.values(), key=lambda outcome: outcome.task)


def episodes(table: Table, most: int) -> Iterator[EpisodeView]:
    """At most so many episodes of a table."""
    for sample in evenly(table, most):
        times, marks = np.nan_to_num(np.asarray(sample["times"], np.float64)), _marks(sample)
        rewards = np.nan_to_num(np.asarray(sample["rewards"], np.float64))
        length = f"{times[-1] - times[0]:.1f} s" if len(times) else "0 s"
        facts = [
            ("length", f"{length}, {len(times)} steps at {number(sample['rate'])} Hz"),
            ("robot", sample["robot"] or "none"),
            ("engine", sample["engine"] or ""),
            ("reward", f"{rewards.sum():.3g} in all"),
        ]
        yield EpisodeView(
            sample.id, sample["task"] or "episode", sample["instruction"] or "", sample["success"], facts,
            plan(_paths(sample), marks), _curves(sample, times, rewards, marks), _parameters(sample),
            [_row(event) for event in sample["events"] or []],
        )  # fmt: skip


def _marks(sample: Sample) -> list[Mark]:
    marks = []
    for event in sample["events"] or []:
        place, name = (
            event["position"],
            f"{event['kind']}: {' → '.join(map(str, event['bodies'] or []))}, {event['time'] or 0:.2f} s",
        )
        marks.append(Mark(event["time"] or 0.0, None if place is None or None in place else (place[0], place[1]), name))
    return marks


def _row(event: dict[str, Any]) -> tuple[str, str, str, str, str]:
    def figure(value: float | None, unit: str) -> str:
        return f"{value:.3g} {unit}" if value else "–"

    bodies = " → ".join(map(str, event["bodies"] or []))
    return (
        f"{event['time'] or 0:.2f} s",
        event["kind"] or "",
        bodies,
        figure(event["speed"], "m/s"),
        figure(event["impulse"], "N·s"),
    )


def _paths(sample: Sample) -> dict[str, np.ndarray]:
    """Where bodies went, from above: of a body of many parts, such as a robot, the part that travels farthest."""
    poses = np.asarray(sample["poses"])
    if poses.ndim != 3 or not poses.size:
        return {}
    places = np.nan_to_num(poses[:, :, :3].astype(np.float64))  # [T, B, 3]
    travelled = np.linalg.norm(np.diff(places, axis=0), axis=2).sum(axis=0)  # [B]
    farthest: dict[str, int] = {}
    for part, (body, _) in enumerate(_moving(sample["scene"], places.shape[1])):
        if body not in farthest or travelled[part] > travelled[farthest[body]]:
            farthest[body] = part
    names = _moving(sample["scene"], places.shape[1])
    moved = sorted((part for part in farthest.values() if travelled[part] > _MOVED), key=lambda part: -travelled[part])
    return {_name(*names[part]): places[:, part, :2] for part in sorted(moved[:_PATHS])}


def _moving(scene: str, count: int) -> list[tuple[str, str]]:
    """Body and part of each moving part, in the order of the poses."""
    try:
        bodies = json.loads(scene)["bodies"]
        parts = [(str(b["name"]), str(p["name"])) for b in bodies for p in b["parts"] if p.get("moves", True)]
    except (ValueError, KeyError, TypeError, AttributeError):
        parts = []
    return parts if len(parts) == count else [(f"part {n}", "") for n in range(count)]


def _name(body: str, part: str) -> str:
    return body if not part or part == body else f"{body}: {part}" if len(part) < 24 else body


def _curves(sample: Sample, times: np.ndarray, rewards: np.ndarray, marks: list[Mark]) -> list[Markup]:
    """States in charts of what belongs together: `joint1.position (rad)` … in one, `hand.x (m)` … in another."""
    states = np.asarray(sample["states"], np.float64)
    names = list(sample["state_names"] or [])
    groups: dict[str, dict[str, np.ndarray]] = {}
    if states.ndim == 2 and len(states) == len(times):
        for index in range(states.shape[1]):
            name = str(names[index]) if index < len(names) else f"state {index}"
            groups.setdefault(_stem(name), {})[_bare(name)] = np.nan_to_num(states[:, index])
    if len(rewards) == len(times):
        groups["reward"] = {"reward": rewards}
    drawn = []
    for title, series in groups.items():
        moving = {name: values for name, values in series.items() if np.ptp(values) > _STEADY} if len(times) else {}
        if moving:
            drawn.append(curves(times, dict(list(moving.items())[:_SERIES]), title, marks))
    return drawn[:_CHARTS]


def _bare(name: str) -> str:
    """A state's name without its unit."""
    return re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*$", "", name) or name


def _stem(name: str) -> str:
    """A state's name without number and axis, but with its unit."""
    bare = _bare(name)
    unit = name[len(bare) :].strip()
    bare = re.sub(r"[._ ](q)?[xyzw]$", lambda axis: " orientation" if axis[1] else "", re.sub(r"\d+", "", bare))
    return f"{bare} {unit}" if unit else bare


def _parameters(sample: Sample) -> list[tuple[str, str]]:
    try:
        drawn = json.loads(sample["parameters"] or "{}")
    except ValueError:
        return []
    return [(name, excerpt(number(value), 60)) for name, value in flat(drawn)][:60]
