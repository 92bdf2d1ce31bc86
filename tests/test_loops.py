"""A loop is the recipe that one would have written out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from multisynth.errors import BadInput
from multisynth.recipe import Recipe
from tests import comparing

BODY = {
    "halves": {"use": "test.split", "from": ["drawn", "halves@previous"]},
    "stamped": {"use": "test.stamp", "within": "halves", "count": 3},
}
LOOP = {
    "drawn": {"use": "test.draw", "count": 4},
    "rounds": {"loop": 3, "stages": BODY},
    "all": {"use": "test.split", "from": "halves"},
    "last": {"use": "test.stamp", "within": "halves", "count": 2},
}
BY_HAND = {
    "drawn": LOOP["drawn"],
    "halves-1": {"use": "test.split", "from": "drawn"},
    "stamped-1": {"use": "test.stamp", "within": "halves-1", "count": 3},
    "halves-2": {"use": "test.split", "from": ["drawn", "halves-1"]},
    "stamped-2": {"use": "test.stamp", "within": "halves-2", "count": 3},
    "halves-3": {"use": "test.split", "from": ["drawn", "halves-2"]},
    "stamped-3": {"use": "test.stamp", "within": "halves-3", "count": 3},
    "all": {"use": "test.split", "from": ["halves-1", "halves-2", "halves-3"]},
    "last": {"use": "test.stamp", "within": "halves-3", "count": 2},
}


def test_a_loop_makes_what_its_rounds_written_out_make(make):
    loop, result = make(LOOP, out="loop")
    assert result.ok
    by_hand, _ = make(BY_HAND, out="by hand")
    comparing.assert_same(loop, by_hand)
    assert len(loop.table("halves-3")) > len(loop.table("halves-1")) > 0


def test_more_rounds_go_on_from_a_finished_run(make):
    shorter = {**LOOP, "rounds": {"loop": 2, "stages": BODY}}
    make(shorter, out="grown")
    grown, result = make(LOOP, out="grown")
    assert result.ok
    whole, _ = make(LOOP, out="whole")
    comparing.assert_same(grown, whole)


def test_an_option_that_reads_the_round_before_falls_away_in_the_first():
    body = {"stamped": {"use": "test.stamp", "within": "halves@previous", "count": 1}, "halves": BODY["halves"]}
    loop = {"drawn": LOOP["drawn"], "rounds": {"loop": 2, "stages": body}}
    recipe = Recipe.of({"name": "r", "stages": loop})
    assert recipe.step("stamped-1").stage.beside() == {}
    assert recipe.step("stamped-2").stage.beside() == {"within": "halves-1"}


def test_an_option_that_lists_stages_means_the_last_that_there_is():
    within = ["drawn", "halves@previous"]
    body = {"stamped": {"use": "test.stamp", "within": within, "count": 1}, "halves": BODY["halves"]}
    recipe = Recipe.of({"name": "r", "stages": {"drawn": LOOP["drawn"], "rounds": {"loop": 2, "stages": body}}})
    assert recipe.step("stamped-1").stage.beside() == {"within": "drawn"}
    assert recipe.step("stamped-2").stage.beside() == {"within": "halves-1"}


@pytest.mark.parametrize("within", [[], ["drawn", {"halves": 1}], {"drawn": 1}])
def test_what_names_no_stage_is_said(within):
    body = {"stamped": {"use": "test.stamp", "within": within, "count": 1}, "halves": BODY["halves"]}
    with pytest.raises(BadInput, match="within"):
        Recipe.of({"name": "r", "stages": {"drawn": LOOP["drawn"], "rounds": {"loop": 2, "stages": body}}})
    with pytest.raises(BadInput, match="within"):
        Recipe.of({"name": "r", "stages": {"drawn": LOOP["drawn"], "stamped": {**body["stamped"], "from": "drawn"}}})


def test_exports_take_the_last_round(make, tmp_path):
    recipe = Recipe.of({
        "name": "r", "stages": {k: LOOP[k] for k in ("drawn", "rounds")},
        "exports": {"lines": {"to": "jsonl", "from": "halves"}},
    })  # fmt: skip
    assert recipe.deliveries[0].source == "halves-3"


WRONG = """\
name: wrong
stages:
  drawn: {use: test.draw, count: 4}
  rounds:
    loop: 3
    stages:
      halves: {use: test.split, from: drawn, colour: red}
      others: {use: test.split, from: [halfs@previous, drawn]}
"""


def test_what_is_wrong_in_a_loop_is_said_once_with_its_line(tmp_path: Path):
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    with pytest.raises(BadInput) as caught:
        Recipe.load(file)
    said = str(caught.value)
    assert said.count("has no option `colour`") == 1 and f"{file}:7" in said
    assert said.count("`halfs@previous` names no stage of the loop `rounds`") == 1 and f"{file}:8" in said
    assert "did you mean `halves`?" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rounds": {"loop": 0, "stages": BODY}}, "`loop` is 0"),
        ({"rounds": {"loop": True, "stages": BODY}}, "`loop` is True"),
        (
            {"rounds": {"loop": 2, "stages": {"halves": {**BODY["halves"], "from": "halves@previous"}}}},
            "`from` of `halves` names the round before alone, and the first round has none\n  → name a stage .*$",
        ),
        ({"rounds": {"loop": 2}}, "`stages.rounds.stages` holds nothing"),
        ({"rounds": {"loop": 2, "stages": BODY, "until": "late"}}, "a loop has no `until`"),
        ({"rounds": {"loop": 2, "stages": {"inner": {"loop": 2, "stages": BODY}}}}, "holds another"),
        ({"halves-2": LOOP["drawn"]}, "would both be called `halves-2`"),
        ({"halves": LOOP["drawn"]}, "would both be called `halves`"),
        ({"all": {"use": "test.split", "from": "halves@previous"}}, "`from` names `halves@previous`"),
    ],
)
def test_a_loop_that_cannot_be_meant_is_refused(change, said):
    with pytest.raises(BadInput, match=said):
        Recipe.of({"name": "r", "stages": {**LOOP, **change}})
