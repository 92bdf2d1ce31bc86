"""Rollback takes exactly the descendants, a re-run does not bring them back, restore does."""

from __future__ import annotations

import networkx
import pytest

from multisynth import lineage
from multisynth.errors import BadInput
from multisynth.store import Store
from tests import comparing

CHAIN = {
    "seeds": {"use": "test.draw", "count": 60},
    "parts": {"use": "test.split", "from": "seeds"},
    "unique": {"use": "test.first", "from": "parts", "buckets": 40},
    "more": {"use": "test.split", "from": ["unique", "seeds"]},
}


def graph(store: Store) -> networkx.DiGraph:
    found = networkx.DiGraph()
    for stage in store.stages:
        for sample in store.table(stage).samples():
            found.add_node(sample.id, stage=stage)
            found.add_edges_from((parent, sample.id) for parent in sample["parents"])
    return found


def ids(store: Store) -> dict[str, set[str]]:
    return {name: set(table.column("id").to_pylist()) for name, table in comparing.tables(store).items()}


def prolific(store: Store) -> str:
    whole = graph(store)
    return max(ids(store)["seeds"], key=lambda seed: len(networkx.descendants(whole, seed)))


def test_exactly_the_descendants_go_stay_gone_and_come_back(make):
    store, _ = make(CHAIN)
    before, tables = ids(store), comparing.tables(store)
    seed = prolific(store)
    doomed = networkx.descendants(graph(store), seed) | {seed}
    assert len(doomed) >= 4

    taken = lineage.rollback(store, seed, "a bad seed")

    assert {stage: before[stage] - ids(store)[stage] for stage in before} == {s: before[s] & doomed for s in before}
    assert taken.removed == {s: len(before[s] & doomed) for s in before if before[s] & doomed}

    store, _ = make(CHAIN)
    for stage, now in ids(store).items():
        assert not now & doomed, stage
    assert before["seeds"] - ids(store)["seeds"] == {seed}
    assert store.ledger().filter(lineage.pc.field("status") == "rolled_back").num_rows >= 1

    lineage.restore(store, taken.id)
    store, _ = make(CHAIN)
    assert ids(store) == before
    for stage, table in comparing.tables(store).items():
        assert table.sort_by("id").equals(tables[stage].sort_by("id")), stage


def test_a_rollback_in_the_middle_leaves_the_parents(make):
    store, _ = make(CHAIN)
    before = ids(store)
    whole = graph(store)
    middle = max(before["parts"], key=lambda part: len(networkx.descendants(whole, part)))
    doomed = networkx.descendants(whole, middle) | {middle}
    taken = lineage.rollback(store, middle, "one bad part")
    store, _ = make(CHAIN)
    assert ids(store)["seeds"] == before["seeds"]
    assert before["parts"] - ids(store)["parts"] == {middle}
    assert not set().union(*ids(store).values()) & doomed
    lineage.restore(store, taken.id)
    store, _ = make(CHAIN)
    assert ids(store) == before


def test_a_rollback_that_was_killed_after_its_tombstones_is_finished_by_the_next_run(make, monkeypatch):
    store, _ = make(CHAIN)
    seed = prolific(store)
    doomed = networkx.descendants(graph(store), seed) | {seed}
    real, calls = lineage.settle, []

    def killed(store: Store) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(store)

    monkeypatch.setattr(lineage, "settle", killed)
    with pytest.raises(KeyboardInterrupt):
        lineage.rollback(store, seed, "bad")
    assert doomed <= set().union(*ids(store).values())
    store, _ = make(CHAIN)
    assert not set().union(*ids(store).values()) & doomed


def test_trace_agrees_with_networkx(make):
    store, _ = make(CHAIN)
    whole = graph(store)
    leaf = sorted(ids(store)["more"])[0]
    node, ancestors, descendants = lineage.trace(store, leaf)
    assert node.stage == "more"
    assert {n.id for n in ancestors} == networkx.ancestors(whole, leaf)
    assert {n.id for n in descendants} == networkx.descendants(whole, leaf)
    seed = prolific(store)
    _, _, descendants = lineage.trace(store, seed)
    assert {n.id for n in descendants} == networkx.descendants(whole, seed)


def test_an_unknown_id_is_refused(make):
    store, _ = make({"seeds": CHAIN["seeds"]})
    with pytest.raises(BadInput, match="knows no id"):
        lineage.rollback(store, "0" * 32, "no such thing")
    with pytest.raises(BadInput, match="no rollback"):
        lineage.restore(store, "rb-none")
