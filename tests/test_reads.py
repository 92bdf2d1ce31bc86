"""A stage that reads another as a whole: it waits for it, has all of it for every input, and starts over with it."""

from __future__ import annotations

import pytest

from multisynth import lineage
from multisynth.errors import BadInput
from multisynth.sample import Sample
from multisynth.testing import run_stage
from tests import comparing, stages

STAMPED = {
    "stamped": {"use": "test.stamp", "within": "halves", "count": 7},
    "halves": {"use": "test.split", "from": "drawn"},
    "drawn": {"use": "test.draw", "count": 9},
}


def test_every_input_has_all_samples_of_the_other_stage(make):
    store, result = make(STAMPED)
    assert result.ok
    halves = list(store.table("halves").samples())
    assert len(halves) > 1
    for n, sample in enumerate(store.table("stamped").samples()):
        half = halves[n % len(halves)]
        assert sample["text"] == f"{n} within {half['text']}"
        assert sample["parents"] == [half.id] and sample["origin"] == str(n)


def test_equal_on_every_executor(make, several):
    one, _ = make(STAMPED, out="one")
    other, result = make(STAMPED, out="other", executor=several)
    assert result.ok
    comparing.assert_same(one, other)


def test_it_may_be_extended_and_starts_over_when_the_other_changes(make):
    make({**STAMPED, "stamped": {**STAMPED["stamped"], "count": 3}}, out="grown")
    grown, _ = make(STAMPED, out="grown")
    whole, _ = make(STAMPED, out="whole")
    comparing.assert_same(grown, whole)
    changed = {**STAMPED, "drawn": {"use": "test.draw", "count": 16}}
    later, _ = make(changed, out="grown")
    fresh, _ = make(changed, out="fresh")
    comparing.assert_same(later, fresh)
    assert len(later.table("halves")) > len(whole.table("halves"))


def test_what_was_made_with_a_sample_is_taken_back_with_it(make):
    store, _ = make(STAMPED)
    half = next(store.table("halves").samples())
    taken = lineage.rollback(store, half.id, "a bad half")
    assert not [s for s in store.table("stamped").samples() if half.id in s["parents"]]
    store, result = make(STAMPED)
    assert result.ok and len(store.table("stamped")) == 7
    assert half.id not in {parent for s in store.table("stamped").samples() for parent in s["parents"]}
    lineage.restore(store, taken.id)
    store, _ = make(STAMPED)
    fresh, _ = make(STAMPED, out="fresh")
    comparing.assert_same(store, fresh)


def test_it_is_blocked_with_the_stage_that_it_reads(make):
    _, result = make({
        "stamped": {"use": "test.stamp", "within": "bad"},
        "bad": {"use": "test.poison", "from": "drawn", "text": "document 0"},
        "drawn": {"use": "test.count", "count": 2},
    })  # fmt: skip
    assert result.states == {"drawn": "done", "bad": "failed", "stamped": "blocked"}


def test_an_option_may_stay_empty(make):
    store, result = make({"stamped": {"use": "test.stamp", "count": 2}})
    assert result.ok and not len(store.table("stamped"))


@pytest.mark.parametrize(
    ("within", "message"),
    [
        ("nowhere", "names `nowhere`, which is no stage"),
        ("stamped", "in a circle"),
        ("asked", "reads a document, and `asked` makes problem"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_recipe(make, within, message):
    with pytest.raises(BadInput, match=message):
        make({"stamped": {"use": "test.stamp", "within": within}, "asked": {"use": "test.ask"}})


def test_a_stage_alone_gets_what_it_reads():
    ran = run_stage(stages.Stamp(within="x", count=2), beside={"within": [Sample(stages.DOCUMENT, 0, text="hi")]})
    assert ran.samples["text"] == ["0 within hi", "1 within hi"]
