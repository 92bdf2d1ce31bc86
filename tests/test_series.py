"""A series is the same however often it was stopped and whoever ran it, and it starts over when its inputs change."""

from __future__ import annotations

import lance
import pytest

from multisynth import lineage, seeds
from multisynth.store import Store
from tests import comparing
from tests.stages import Hop

HOPS = {"hops": {"use": "test.hop", "hops": 6}, "parts": {"use": "test.split", "from": "hops"}}
LEARNED = {"seeds": {"use": "test.draw", "count": 9}, "learned": {"use": "test.learn", "from": "seeds", "hops": 3}}


def test_each_sample_is_made_from_the_one_before(make):
    store, result = make(HOPS)
    assert result.ok
    samples, total = list(store.table("hops").samples()), 0
    for n, sample in enumerate(samples):
        drawn = seeds.rng(seeds.seed(7, "hops", str(n)), "hop").integers(1000, size=4)
        total += int((drawn**2).sum())
        assert sample["text"] == str(total)
        assert sample["parents"] == ([samples[n - 1].id] if n else [])


def test_equal_on_every_executor(make, several):
    one, _ = make(HOPS, out="one")
    other, result = make(HOPS, out="other", executor=several)
    assert result.ok
    comparing.assert_same(one, other)


def test_a_series_that_was_stopped_goes_on_where_it_was(make, monkeypatch):
    unbroken, _ = make(HOPS, out="unbroken")
    make({**HOPS, "hops": {"use": "test.hop", "hops": 2}}, out="stopped")
    monkeypatch.setenv("MULTISYNTH_TEST_STUMBLE", "4")
    store, result = make(HOPS, out="stopped")
    assert not result.ok and len(store.table("hops")) == 4
    failed = [row["reason"] for row in store.ledger().to_pylist() if row["status"] == "failed"]
    assert failed[0] == "RuntimeError: stumbled" and "failed or were taken back" in failed[1]
    monkeypatch.delenv("MULTISYNTH_TEST_STUMBLE")
    store, result = make(HOPS, out="stopped")
    assert result.ok
    comparing.assert_same(store, unbroken)


def test_a_series_is_committed_as_it_goes(make):
    """A sample may take minutes, which a kill must not cost again."""
    _, result = make({"hops": {"use": "test.slow_hop", "hops": 5}})
    assert result.ok
    dataset = lance.dataset(Store.open(result.root).shelf("hops").table_uri)
    assert len(dataset.versions()) >= 4


def test_what_was_learned_from_a_sample_goes_with_it_and_is_learned_anew(make):
    store, _ = make(LEARNED)
    ids = store.table("seeds").column("id").to_pylist()
    first, *rest = store.table("learned").samples()
    assert first["parents"] == ids and [len(sample["parents"]) for sample in rest] == [1, 1]
    fed = sum(len(sample["text"]) for sample in store.table("seeds").samples())
    assert [int(sample["text"]) for sample in store.table("learned").samples()] == [fed, 2 * fed, 3 * fed]

    taken = lineage.rollback(store, ids[0], "a bad seed")
    assert len(store.table("learned")) == 0
    store, _ = make(LEARNED)
    assert [len(s["parents"]) for s in store.table("learned").samples()] == [8, 1, 1]
    lineage.restore(store, taken.id)
    store, _ = make(LEARNED)
    fresh, _ = make(LEARNED, out="fresh")
    comparing.assert_same(store, fresh)


def test_a_series_that_takes_inputs_must_be_fed(make):
    from multisynth.errors import BadInput

    with pytest.raises(BadInput, match="needs samples to work on"):
        make({"learned": {"use": "test.learn"}})
    with pytest.raises(BadInput, match="takes no `from`"):
        make({"seeds": {"use": "test.draw"}, "hops": {"use": "test.hop", "from": "seeds"}})


@pytest.mark.parametrize("back", [None, 1, 2])
def test_no_more_of_the_past_is_kept_than_is_looked_at(make, monkeypatch, back):
    lengths, follow = [], Hop.follow

    def notes(self, past, ordinal, inputs, scatter):
        lengths.append([int(sample["origin"]) for sample in past])
        return follow(self, past, ordinal, inputs, scatter)

    unbroken, _ = make(HOPS, out="unbroken")
    monkeypatch.setattr(Hop, "follow", notes)
    monkeypatch.setattr(Hop, "looks_back", back)
    monkeypatch.setenv("MULTISYNTH_TEST_STUMBLE", "3")
    make(HOPS)
    monkeypatch.delenv("MULTISYNTH_TEST_STUMBLE")
    store, result = make(HOPS)
    assert result.ok
    comparing.assert_same(store, unbroken)
    assert lengths == [list(range(n - min(n, back or n), n)) for n in (0, 1, 2, 3, 3, 4, 5)]
