"""How many answers are right, as stages judged them in `meta`: by subject, and round by round where there is a loop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import by_round
from multisynth.report.intervals import wilson
from multisynth.report.picks import cells
from multisynth.report.svg import legend
from multisynth.report.tables import Account
from multisynth.report.words import excerpt
from multisynth.store import Store

ROWS = 65536
"""Rows looked at, evenly spaced, in a larger table."""
_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")
_DOMAINS, _LINES, _ROUTES = 24, 6, 6


@dataclass
class Score:
    """How many are right.

    Args:
        right: Answers that are.
        answers: In all.
        problems: Different questions, each with its right answers and its answers.
    """

    right: int = 0
    answers: int = 0
    problems: dict[str, list[int]] = field(default_factory=dict)

    def add(self, question: str, right: bool) -> None:
        """Count one answer."""
        self.right, self.answers = self.right + right, self.answers + 1
        counts = self.problems.setdefault(question, [0, 0])
        counts[0], counts[1] = counts[0] + right, counts[1] + 1

    @property
    def share(self) -> float:
        """Right ones, 0 to 1."""
        return self.right / self.answers

    @property
    def solved(self) -> int:
        """Problems with a right answer at least."""
        return sum(right > 0 for right, _ in self.problems.values())

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share at 95 % confidence (Wilson 1927).

        Answers to one question are alike: they count as so many independent ones as their spread over questions tells,
        by Kish's design effect (1965).
        """
        return wilson(self.right / self._effect, self.answers / self._effect)

    @property
    def _effect(self) -> float:
        clusters, plain = len(self.problems), self.share * (1 - self.share) / self.answers
        if plain == 0 or clusters == 1:
            return self.answers / clusters
        if clusters == self.answers:
            return 1.0
        spread = sum((right - self.share * count) ** 2 for right, count in self.problems.values()) / self.answers**2
        return max(1.0, spread * clusters / (clusters - 1) / plain)


@dataclass(frozen=True)
class Grades:
    """What a stage's table says of its answers.

    Args:
        stage: Its name.
        model: Who answered, where it is one.
        whole: All of them; None where nothing is judged.
        domains: By subject, in alphabetical order.
        routes: How many answers came by each route.
        inputs: Problems that the stage began with.
        sampled: Whether these are not all rows of the table.
    """

    stage: str
    model: str
    whole: Score | None
    domains: dict[str, Score]
    routes: dict[str, int]
    inputs: int
    sampled: bool

    @property
    def repeated(self) -> bool:
        """Whether questions were answered more than once."""
        return self.whole is not None and len(self.whole.problems) < self.whole.answers

    @property
    def counted(self) -> int:
        """Problems, or samples where there are more of them."""
        return max(self.inputs, sum(self.routes.values()), 1)


@dataclass(frozen=True)
class Graded:
    """A stage with what became of it, or the rounds of one in a loop."""

    name: str
    rounds: list[Grades]
    curves: list[Markup]
    routes: list[str]
    legend: Markup

    @property
    def scored(self) -> list[Grades]:
        """Rounds whose answers were judged."""
        return [one for one in self.rounds if one.whole is not None]


def graded(store: Store, stages: Mapping[str, Account], accounts: Mapping[str, Account]) -> Iterator[Graded]:
    """Stages whose samples say whether they are right, or by which route they came; rounds of a loop together.

    Left out is what a stage made itself or kept for being right, since that says nothing of who answered.
    """
    for name, stage in stages.items():
        if stage.kind != "reasoning":
            continue
        parts = [accounts[one] for one in stage.rounds or [name]]
        judges = any(accounts[feed].kind == stage.kind for feed in stage.fed if feed in accounts)
        found = [_grades(store, part, judges) for part in parts if part.inputs]
        routes = sorted({route for one in found for route in one.routes})[:_ROUTES]
        routes = routes if stage.rounds or len(routes) > 1 else []
        if routes or any(one.whole is not None for one in found):
            scored = [one for one in found if one.whole is not None]
            yield Graded(name, found, list(_curves(scored)) if stage.rounds else [], routes, legend(routes))


def _grades(store: Store, account: Account, judges: bool) -> Grades:
    whole, domains, routes, models = Score(), dict[str, Score](), dict[str, int](), set[str]()
    table = store.table(account.name)
    for row in cells(table, ["question", "domain", "model", "meta"], ROWS):
        meta = _object(row["meta"])
        if isinstance(route := meta.get("route"), str) and (route in routes or len(routes) < _ROUTES):
            routes[route] = routes.get(route, 0) + 1
        models.add(row["model"] or "")
        if judges and isinstance(right := meta.get("right"), bool):
            domain = row["domain"] or ""
            whole.add(row["question"], right)
            if domain in domains or len(domains) < _DOMAINS:
                domains.setdefault(domain, Score()).add(row["question"], right)
    chosen = bool(account.dropped) and whole.right == whole.answers
    return Grades(
        account.name, excerpt(_ID.sub(r"\1…", models.pop()), 60) if len(models) == 1 else "",
        whole if whole.answers and not chosen else None,
        dict(sorted(domains.items())) if len(domains) > 1 else {}, routes, account.inputs, len(table) > ROWS,
    )  # fmt: skip


def _curves(rounds: Sequence[Grades]) -> Iterator[Markup]:
    scores = [one.whole for one in rounds if one.whole is not None]
    if len(scores) < 2:
        return
    at = [int(one.stage.rpartition("-")[2]) for one in rounds]
    yield by_round(at, {"all": [(score.share, *score.interval) for score in scores]}, "share right, 95 % interval")
    names = sorted({name for one in rounds for name in one.domains})
    if len(names) > 1:
        lines = {
            name: [(one.domains[name].share,) * 3 if name in one.domains else (np.nan,) * 3 for one in rounds]
            for name in names[:_LINES]
        }
        yield by_round(at, lines, "share right by subject")


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
