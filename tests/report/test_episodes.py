"""Outcomes of episodes against a recount of the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from multisynth import report
from multisynth.report.episodes import growth, outcomes
from multisynth.report.intervals import wilson
from multisynth.report.picks import evenly_by
from multisynth.report.policies import names
from multisynth.report.tables import accounts
from tests.report import stages  # noqa: F401 — registers them

TURNS = {"use": "report.episodes", "count": 20, "tasks": ["push", "stack", "ramp"]}


def test_outcomes_are_told_by_task(make: Callable[..., Any]) -> None:
    store, _ = make({"rollouts": TURNS, "replayed": {"use": "report.replay", "from": "rollouts"}})
    samples = list(store.table("replayed").samples())
    found = outcomes(store.table("replayed"))
    assert [outcome.task for outcome in found] == ["push", "ramp", "stack"]
    for outcome in found:
        mine = [sample for sample in samples if sample["task"] == outcome.task]
        assert (outcome.engine, outcome.episodes) == ("none", len(mine))
        assert outcome.successes == sum(sample["success"] for sample in mine)
        assert outcome.reward == pytest.approx(np.mean([sample["rewards"].mean() for sample in mine]))
        assert outcome.length == pytest.approx(2.0), "20 steps at 10 Hz"
    assert {outcome.task: outcome.replayed for outcome in found} == {
        "push": "7 within 0.018 m", "stack": "7 bitwise", "ramp": "6 bitwise",
    }  # fmt: skip


def test_outcomes_are_told_by_the_policy_that_acted(make: Callable[..., Any]) -> None:
    store, _ = make(
        {
            "none": {"use": "report.practise", "count": 2},
            "adr": {"use": "report.practise", "count": 3},
            "last": {"use": "curate.last", "from": ["none", "adr"]},
            "acted": {"use": "report.act", "from": "last"},
            "early": {"use": "report.act", "from": "none"},
        }
    )
    found = accounts(store)

    def told(stage: str) -> list[tuple[str, int, int]]:
        shown = outcomes(store.table(stage), names(store, found, stage))
        return [(outcome.policy, outcome.successes, outcome.episodes) for outcome in shown]

    assert told("acted") == [("none", 1, 2), ("adr", 2, 2)]
    assert told("early") == [("none, iteration 0", 0, 2), ("none, iteration 1", 1, 2)]
    assert "<th>Policy</th>" in report.write(store).read_text("utf-8")


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (3, 3), (7, 20), (199, 200)])
def test_intervals_are_those_of_scipy(successes: int, trials: int) -> None:
    other = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson(successes, trials) == pytest.approx((other.low, other.high), abs=1e-4)


def test_growth_is_told_of_the_stage_that_grew(make: Callable[..., Any]) -> None:
    store, _ = make(
        {
            "demonstrations": {"use": "report.episodes", "count": 4},
            "grown": {"use": "report.grow", "from": "demonstrations"},
            "replayed": {"use": "report.replay", "from": "grown"},
        }
    )
    assert growth(store.table("demonstrations")) is None
    found = growth(store.table("grown"))
    assert found is not None
    assert (found.demonstrations, found.episodes, found.attempts) == (4, 1 + 2 + 3 + 4, 1 + 4 + 9 + 16)
    page = " ".join(report.write(store).read_text("utf-8").split())
    assert page.count("33.3 %") == 1, "10 of 30, and not again of what was handed on"


@pytest.mark.parametrize("most", [2, 3, 8, 100])
def test_tasks_that_take_turns_are_shown_alike(make: Callable[..., Any], most: int) -> None:
    store, _ = make({"rollouts": TURNS})
    table = store.table("rollouts")
    ids = [sample.id for sample in table.samples()]
    picked = list(evenly_by(table, "task", most))
    assert len(picked) == min(most, 20)
    counts = Counter(sample["task"] for sample in picked)
    assert max(counts.values()) - min(counts[task] for task in TURNS["tasks"]) <= 1  # type: ignore[attr-defined]
    rows = [ids.index(sample.id) for sample in picked]
    assert rows == sorted(set(rows)), "in the order of the table, none twice"


@pytest.mark.parametrize(("tables", "each"), [(1, 6), (2, 6), (4, 3), (9, 2)])
def test_many_tables_of_episodes_share_the_page(make: Callable[..., Any], tables: int, each: int) -> None:
    store, _ = make({f"rollouts{n}": {**TURNS, "count": 7} for n in range(tables)})
    assert report.write(store).read_text("utf-8").count('<article class="card episode">') == tables * each
