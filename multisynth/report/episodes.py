"""Episodes: how often they succeed, what was drawn for them, and how things moved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc
from markupsafe import Markup

from multisynth.report.charts import Mark, curves
from multisynth.report.intervals import wilson
from multisynth.report.maps import plan
from multisynth.report.picks import evenly_by
from multisynth.report.words import excerpt, flat, number
from multisynth.sample import Sample
from multisynth.tables import Table

_PATHS, _CHARTS, _SERIES, _DRAWN = 8, 6, 8, 200
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


@dataclass(frozen=True)
class Outcome:
    """How often a task was achieved in an engine, and how its episodes went.

    Args:
        policy: Who acted, where it was a trained one.
        interval: Of the rate of success at 95 % confidence (Wilson 1927), 0 to 1.
        reward: Mean over all steps.
        length: Mean, s.
        replayed: What replay validation found, where it was done.
    """

    policy: str
    task: str
    engine: str
    episodes: int
    successes: int
    interval: tuple[float, float]
    reward: float
    length: float
    replayed: str


@dataclass
class _Sums:
    episodes: int = 0
    successes: int = 0
    steps: int = 0
    reward: float = 0.0
    seconds: float = 0.0
    bitwise: int = 0
    strayed: list[float] = field(default_factory=list)


def outcomes(table: Table, policies: Mapping[str, str] | None = None) -> list[Outcome]:
    """Successes by policy, task and engine, over the whole table.

    Args:
        table: Of episodes.
        policies: What to call the trained policies that acted, by their ids, which are the episodes' origins.
    """
    found: dict[tuple[str, str, str], _Sums] = {}
    columns = ["origin", "task", "engine", "success", "rate", "rewards", "meta"]
    for batch in table.dataset.to_batches(columns=columns, scan_in_order=True):
        steps = pc.fill_null(pc.list_value_length(batch["rewards"]), 0).to_numpy(zero_copy_only=False)
        each = pc.fill_null(pc.list_flatten(batch["rewards"]), 0.0).to_numpy(zero_copy_only=False)
        rewards = np.bincount(np.repeat(np.arange(len(steps)), steps), np.nan_to_num(each), len(steps))
        for row, length, reward in zip(batch.drop_columns(["rewards"]).to_pylist(), steps, rewards, strict=True):
            policy = (policies or {}).get(row["origin"], "")
            sums = found.setdefault((policy, row["task"] or "", row["engine"] or ""), _Sums())
            sums.episodes += 1
            sums.successes += bool(row["success"])
            sums.steps, sums.reward = sums.steps + int(length), sums.reward + float(reward)
            sums.seconds += float(length) / row["rate"] if row["rate"] else 0.0
            replay = members(row["meta"], "replay")
            sums.bitwise += replay.get("bitwise") is True
            if isinstance(stray := replay.get("strayed"), dict) and isinstance(stray.get("metres"), int | float):
                sums.strayed.append(float(stray["metres"]))
    order = list(dict.fromkeys((policies or {}).values()))
    ranked = sorted(found.items(), key=lambda item: (order.index(item[0][0]) if item[0][0] in order else -1, *item[0]))
    return [_outcome(*key, sums) for key, sums in ranked]


def _outcome(policy: str, task: str, engine: str, sums: _Sums) -> Outcome:
    replayed = [f"{sums.bitwise:,} bitwise"] if sums.bitwise else []
    if sums.strayed:
        replayed.append(f"{len(sums.strayed):,} within {max(sums.strayed):.2g} m")
    return Outcome(
        policy, task, engine, sums.episodes, sums.successes, wilson(sums.successes, sums.episodes),
        sums.reward / max(sums.steps, 1), sums.seconds / sums.episodes, ", ".join(replayed),
    )  # fmt: skip


@dataclass(frozen=True)
class Growth:
    """What became of demonstrations: how many episodes were grown of so many, in how many attempts."""

    demonstrations: int
    episodes: int
    attempts: int


def growth(table: Table) -> Growth | None:
    """How often growth succeeded, counting attempts up to each demonstration's last success; None where none was.

    Args:
        table: Of the stage that grew them, whose origins are the demonstrations.
    """
    last: dict[str, int] = {}
    made = 0
    for batch in table.dataset.to_batches(columns=["origin", "meta"]):
        for row in batch.to_pylist():
            attempt = members(row["meta"], "growth").get("attempt")
            if isinstance(attempt, int):
                made += 1
                last[row["origin"]] = max(attempt, last.get(row["origin"], 0))
    return Growth(len(last), made, sum(last.values()) + len(last)) if last else None


def members(text: str | None, name: str) -> dict[str, Any]:
    """An object within a JSON object, or an empty one."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    inner = found.get(name) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def episodes(table: Table, most: int) -> Iterator[EpisodeView]:
    """At most so many episodes of a table, of each task alike."""
    for sample in evenly_by(table, "task", most):
        times, marks = np.nan_to_num(np.asarray(sample["times"], np.float64)), _marks(sample)
        rewards = np.nan_to_num(np.asarray(sample["rewards"], np.float64))
        length = f"{times[-1] - times[0]:.1f} s" if len(times) else "0 s"
        facts = [
            ("length", f"{length}, {len(times)} steps at {number(sample['rate'])} Hz"),
            ("robot", sample["robot"] or "none"),
            ("engine", sample["engine"] or ""),
            ("reward", f"{rewards.mean():.3g} a step, {rewards[-1]:.3g} at the end" if len(rewards) else "none"),
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
    """States in charts of what belongs together: `joint1.position (rad)` … in one, `hand.x (m)` … in another.

    The reward stands first, orientations last.
    """
    states = np.asarray(sample["states"], np.float64)
    names = list(sample["state_names"] or [])
    groups = {"reward": {"reward": rewards}} if len(rewards) == len(times) else {}
    if states.ndim == 2 and len(states) == len(times):
        for index in range(states.shape[1]):
            name = str(names[index]) if index < len(names) else f"state {index}"
            groups.setdefault(_stem(name), {})[_bare(name)] = np.nan_to_num(states[:, index])
    drawn = []
    for title, series in sorted(groups.items(), key=lambda group: group[0].endswith(" orientation")):
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
    return [(name, excerpt(number(value), 60)) for name, value in flat(drawn)][:_DRAWN]
