"""What the page tells of runs of language models: against counts by hand, closed forms and scipy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.stats import binomtest

from multisynth import report
from multisynth.kinds import MODEL, REASONING
from multisynth.report.accuracy import Score, graded
from multisynth.report.charts import by_round
from multisynth.report.debates import contests, transcripts
from multisynth.report.examples import example
from multisynth.report.flow import flow
from multisynth.report.models import models
from multisynth.report.pairs import margins, pairs
from multisynth.report.prose import Part, parts
from multisynth.report.rounds import folded, last_rounds, rounds
from multisynth.report.tables import accounts
from multisynth.report.trees import level, searches, trees, view
from multisynth.sample import Sample
from multisynth.testing import inputs_of, run_stage
from tests.report.drawn import parse, titles
from tests.report.hostile import HOSTILE
from tests.report.stages.text import Ask, Route, Search

LOOP: dict[str, dict[str, Any]] = {
    "problems": {"use": "report.ask", "count": 10},
    "rounds": {
        "loop": 16,
        "stages": {
            "tuned": {"use": "report.train"},
            "answers": {"use": "report.solve", "from": ["problems"]},
            "graded": {"use": "report.grade", "from": ["answers", "graded@previous"]},
            "rationales": {"use": "report.route", "from": "problems"},
        },
    },
}


def test_the_rounds_of_a_loop_are_one(make: Callable[..., Any]) -> None:
    blocks = {**LOOP, "rounds": {**LOOP["rounds"], "loop": 3}}
    store, result = make(blocks, exports={"out": {"to": "jsonl", "from": "rationales"}})
    assert result.ok
    every, loops = accounts(store), rounds(store.info)
    assert loops == {name: [f"{name}-{k}" for k in (1, 2, 3)] for name in ("tuned", "answers", "graded", "rationales")}
    found = folded(every, loops)
    assert set(found) == {"problems", *loops}
    for column in ("inputs", "kept", "dropped", "outputs", "read", "written"):
        assert sum(getattr(one, column) for one in found.values()) == sum(
            getattr(one, column) for one in every.values()
        )
    assert found["rationales"].dropped == 6 and found["rationales"].reasons[0].dropped == 6
    assert found["graded"].feeds == ["answers", "graded"], "a round reads the one before"
    assert found["graded"].fed == ["answers-1", "answers-2", "graded-1", "answers-3", "graded-2"]
    assert {one.name for one in last_rounds(list(every.values()), loops)} == {"problems", *(f"{n}-3" for n in loops)}
    assert titles(flow(found, {}, {})).count("to the next round") == 1


def test_sixteen_rounds_are_legible(make: Callable[..., Any]) -> None:
    store, result = make(LOOP)
    assert result.ok
    page = report.write(store).read_text("utf-8")
    drawing = page[page.index("<svg viewBox") :].partition("</svg>")[0]
    assert drawing.count('class="node"') == 5, "a node for each stage of the recipe"
    assert float(re.search(r'width="([\d.]+)"', drawing)[1]) < 1200  # type: ignore[index]
    samples = page[page.index('<section id="texts">') :].partition("</section>")[0]
    shown = re.findall(r'<span class="stage">([\w-]+)', samples)
    assert sorted(shown[:-1]) == ["graded-16", "rationales-16"] and shown[-1] == "problems"
    assert len(page) < 400_000
    links, ids = set(re.findall(r'href="#([^"]+)"', page)), set(re.findall(r'id="([^"]+)"', page))
    assert links <= ids


def test_accuracy_is_counted_by_subject_and_round(make: Callable[..., Any]) -> None:
    store, _ = make({**LOOP, "rounds": {**LOOP["rounds"], "loop": 2}})
    every, loops = accounts(store), rounds(store.info)
    found = {one.name: one for one in graded(store, folded(every, loops), every)}
    assert set(found) == {"graded", "rationales"}, "what nobody judged is no accuracy"
    first = found["graded"].scored[0]
    # 10 problems of three attempts, but of 0 none and of 3, 6, 9 one: 21 answers; odd ones are right at first only
    counts = {domain: (score.right, score.answers) for domain, score in first.domains.items()}
    assert counts == {"0": (10, 10), "1": (5, 11)}
    assert first.whole is not None and (first.whole.right, first.whole.answers, first.whole.solved) == (15, 21, 9)
    assert first.repeated
    [whole, by_subject] = found["graded"].curves
    said = [title for title in titles(whole) if title.startswith("all, round")]
    low, high = first.whole.interval
    assert said[0] == f"all, round 1: {15 / 21:.4f} ({round(low, 4):g} to {round(high, 4):g})"
    assert {"0, round 1: 1", "1, round 2: 0.4545"} <= set(titles(by_subject))
    # of ten, those with the remainder 4 by 5 give none, and with 3 are rationalised
    assert [one.routes for one in found["rationales"].rounds] == [{"attempt": 6, "rationalised": 2}] * 2
    page = report.write(store).read_text("utf-8")
    assert "answers to one question count" in page
    assert "<b>71 %</b><span>right, graded-2</span>" in page


def test_intervals_are_wilsons_where_answers_are_independent() -> None:
    score = Score()
    for n in range(40):
        score.add(f"question {n}", n % 3 == 0)
    other = binomtest(score.right, 40).proportion_ci(0.95, method="wilson")
    assert score.interval == pytest.approx((other.low, other.high), abs=1e-4)


@pytest.mark.parametrize("right", [0, 7, 12])
def test_the_same_answer_five_times_counts_as_one(right: int) -> None:
    score = Score()
    for n in range(12):
        for _ in range(5):
            score.add(f"question {n}", n < right)
    other = binomtest(right, 12).proportion_ci(0.95, method="wilson")
    assert score.interval == pytest.approx((other.low, other.high), abs=0.02)
    assert other.low - 0.02 <= score.interval[0]


def test_a_stage_that_keeps_what_is_right_shows_no_accuracy(make: Callable[..., Any]) -> None:
    store, _ = make(
        {
            "problems": {"use": "report.ask", "count": 6},
            "answers": {"use": "report.solve", "from": "problems"},
            "graded": {"use": "report.grade", "from": "answers"},
            "even": {"use": "report.even", "from": "graded"},
        }
    )
    every = accounts(store)
    assert every["even"].dropped
    assert [one.name for one in graded(store, every, every)] == ["graded"]


def test_a_debate_stands_beside_its_vote(make: Callable[..., Any]) -> None:
    store, _ = make(
        {
            "problems": {"use": "report.ask", "count": 12},
            "debates": {"use": "report.debate", "from": "problems"},
            "dilemmas": {"use": "report.debate", "from": "problems", "verified": False},
        }
    )
    every = accounts(store)
    [held, open_ended] = contests(store, every)
    assert (held.debates, held.judged, held.right, held.vote_right, held.both) == (12, 12, 4, 6, 2)
    assert (held.flagged, held.flagged_judged, held.flagged_right) == (3, 3, 1)
    for name, right, share, interval, _ in held.sides:
        other = binomtest(right, 12).proportion_ci(0.95, method="wilson")
        assert interval == pytest.approx((other.low, other.high), abs=1e-4), name
        assert share == right / 12
    assert [side[-1] for side in held.sides] == [sum(range(100, 112)), sum(range(200, 212))]
    assert (open_ended.judged, open_ended.flagged) == (0, 3)
    first = next(transcripts(store, every["debates"]))
    assert [turn.against for turn in first.turns] == [None, None, None, 1, None]
    assert first.votes == [("b", 2), ("so", 1)]
    page = report.write(store).read_text("utf-8")
    assert "Both are right in 2, the debate alone in 2, the vote alone in 4, neither in 4." in page
    assert "nothing to verify by" in page
    shown = [one for stage in ("debates", "dilemmas") for one in transcripts(store, every[stage])]
    assert page.count("contradicts turn 1: so") == sum(bool(turn.against) for one in shown for turn in one.turns)


def test_searches_are_counted_and_drawn(make: Callable[..., Any]) -> None:
    store, _ = make(
        {"problems": {"use": "report.ask", "count": 9}, "trees": {"use": "report.search", "from": "problems"}}
    )
    every = accounts(store)
    [found] = searches(store, every)
    # right at 2, 4, 6, 8 (0 has no end); first right at 4, 8
    assert (found.trees, found.solved, found.first, found.later) == (9, 4, 2, 2)
    assert (found.rollouts, found.tokens) == (36, 360)
    shown = list(trees(store, every["trees"]))
    assert [dict(tree.facts)["answer"] for tree in shown] == ["2", "6", "4"], "those that a later rollout solved first"
    drawn = parse(shown[0].drawing)
    circles = [circle.attrib for circle in drawn.iter("circle")]
    assert [circle["class"] for circle in circles] == ["v0", "v2", "v4"], "values 0, 0.5 and 1"
    assert [float(c["cx"]) for c in circles] == sorted(float(c["cx"]) for c in circles)
    assert titles(shown[0].drawing)[-1] == "step 2\nvisits 8, value 1.00, prior 0.5\nright"
    assert "✓ right" in [text.text for text in drawn.iter("text")]


def test_large_and_broken_trees_are_drawn() -> None:
    def drawing(nodes: list[dict[str, Any]]) -> ElementTree.Element:
        [problem] = run_stage(Ask(count=1)).samples
        [tree] = run_stage(Search(nodes=json.dumps(nodes)), [problem]).samples
        return ElementTree.fromstring(str(view(tree).drawing))

    node = {"text": HOSTILE, "prior": 0.1, "visits": 1, "value": 1e308, "ends": False, "right": None}
    wide = [{**node, "parent": -1, "visits": 5000}, *({**node, "parent": 0, "visits": k} for k in range(5000))]
    circles = list(drawing(wide).iter("circle"))
    assert len(circles) == 60
    said = [title.text or "" for title in drawing(wide).iter("title")][2:]
    assert {int(re.search(r"visits ([\d,]+)", text)[1].replace(",", "")) for text in said} == set(range(4941, 5000))  # type: ignore[index]
    broken = [{**node, "parent": 3}, {**node, "parent": 1}, {**node, "parent": 0}, {**node, "parent": 900}]
    assert len(list(drawing(broken).iter("circle"))) == 0
    assert len(list(drawing([]).iter("circle"))) == 0
    empty = dict.fromkeys(node) | {"parent": -1}
    assert len(list(drawing([empty, {**empty, "parent": 0}]).iter("circle"))) == 2
    deep = [{**node, "parent": k - 1, "visits": 3} for k in range(500)]
    assert float(drawing(deep).attrib["width"]) < 5000


def test_preferences_stand_side_by_side(make: Callable[..., Any]) -> None:
    store, _ = make(
        {"problems": {"use": "report.ask", "count": 11}, "pairs": {"use": "report.prefer", "from": "problems"}}
    )
    account = accounts(store)["pairs"]
    spread = margins(store, account)
    assert spread is not None and spread.note == "0 to 1, median 0.5"
    assert sum(int(re.search(r": (\d+) pairs", said)[1]) for said in titles(spread.drawing)[1:]) == 11  # type: ignore[index]
    shown = list(pairs(store, account))
    assert len(shown) == 6
    assert shown[0].chosen == [Part("good", True)] and shown[0].rejected == [Part("not good")]
    assert [role for role, _ in shown[0].prompt] == ["user", "good"]


def test_models_tell_what_they_were_made_from(make: Callable[..., Any]) -> None:
    store, _ = make(
        {
            "tuned": {"use": "report.train", "count": 3},
            "rounds": {"loop": 2, "stages": {"again": {"use": "report.train"}}},
            "best": {"use": "curate.last", "from": "tuned"},
        }
    )
    every = accounts(store)
    found = {one.name: one for one in models(store, folded(every, rounds(store.info)), every)}
    assert set(found) == {"tuned", "again"}, "what was only chosen was not trained there"
    assert [model.step for model in found["tuned"].models] == [50, 100, 150]
    last = found["tuned"].models[-1]
    assert (last.parents, last.tokens, last.before, last.held_out) == (7, 150_000, 0.25, pytest.approx(0.7))
    assert last.loss == pytest.approx(np.mean(1 / np.arange(136, 151)))
    assert [model.stage for model in found["again"].models] == ["again-1", "again-2"]
    names = [title for curve in found["again"].curves for title in titles(curve)]
    assert {"round 1", "round 2", "held out, round 2: 0.5"} <= set(names)


def test_weights_are_left_where_they_are(make: Callable[..., Any], columns_read: list[str]) -> None:
    store, _ = make({"tuned": {"use": "report.train", "count": 2}})
    columns_read.clear()
    every = accounts(store)
    assert list(models(store, every, every))
    assert "losses" in columns_read
    assert not set(columns_read) & set(MODEL.media)


def test_programs_stand_apart_from_prose() -> None:
    text = f"{HOSTILE}\n\n```python\nfor k in 1, 2:\n    print(k)\n```\nthen\n~~~\n```\n~~~\n```\ncut off"
    assert parts(text) == [
        Part(HOSTILE), Part("for k in 1, 2:\n    print(k)", True, "python"), Part("then"), Part("```", True),
        Part("cut off", True),
    ]  # fmt: skip
    assert parts("x = 1", code=True) == [Part("x = 1", True)]
    assert parts(None) == parts("") == parts("\n\n") == []
    assert sum(len(part.text) for part in parts("```" * 100_000)) <= 3000
    assert "".join(part.text for part in parts("a ``b`` ```c``` d")) == "a ``b`` ```c``` d"


def test_steps_are_coloured_by_their_value() -> None:
    samples = run_stage(Route(words=HOSTILE), run_stage(Ask(count=2)).samples).samples
    plain, stepwise = (example(sample) for sample in samples)
    assert plain.steps == []
    assert stepwise.steps == [(f"{HOSTILE} first\n", 0.25, 1), ("last", 1.0, 4)]
    assert [level(value) for value in (-1.0, 0.0, 0.2, 0.999, 1.0, 7.0, np.nan, None)] == [0, 0, 1, 4, 4, 4, None, None]


def test_what_is_empty_takes_no_room() -> None:
    columns = {"question": "Why?", "answer": "", "domain": "d", "verifier": "", "model": "m", "attempt": 0}
    meta = {"flaw": "", "right": False, "generated": 0, "said": [{"critique": "", "revision": "So."}]}
    made = Sample(REASONING, 0, meta=meta, completion="", token_ids=[], **columns)
    shown = example(inputs_of([made])[0])
    assert shown.texts == [("question", "Why?"), ("completion", "")]
    assert shown.facts == [("domain", "d"), ("attempt", "0"), ("model", "m")]
    assert shown.measured == [("generated", "0"), ("right", "False"), ("said.0.revision", "So.")]


@pytest.mark.parametrize("points", [[], [(np.nan,) * 3], [(0.5, 0.5, 0.5)], [(0.1, 0.0, 0.3), (np.nan,) * 3]])
def test_rounds_without_values_are_left_out(points: list[tuple[float, float, float]]) -> None:
    drawn = by_round(list(range(1, len(points) + 1)), {HOSTILE: points}, HOSTILE)
    known = sum(bool(np.isfinite(point[0])) for point in points)
    assert (str(drawn).count("<circle") if drawn else 0) == known
    if drawn:
        parse(drawn)
