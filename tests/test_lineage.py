"""Rollback takes exactly the descendants, a re-run does not bring them back, restore puts them where they were."""

from __future__ import annotations

import random

import networkx
import pytest

from multisynth import cli, lineage
from multisynth.errors import BadInput
from multisynth.store import Store
from tests import comparing

CHAIN = {
    "seeds": {"use": "test.draw", "count": 60},
    "parts": {"use": "test.split", "from": "seeds"},
    "unique": {"use": "test.first", "from": "parts", "buckets": 40},
    "more": {"use": "test.split", "from": ["unique", "seeds"]},
}
PICTURES = {
    "pictures": {"use": "test.paint", "count": 12},
    "passed": {"use": "test.look", "from": "pictures"},
}


def graph(store: Store) -> networkx.DiGraph:
    found = networkx.DiGraph()
    for stage in store.stages:
        for sample in store.table(stage).samples():
            found.add_node(sample.id, stage=stage)
            found.add_edges_from((parent, sample.id) for parent in sample["parents"])
    return found


def ids(store: Store) -> dict[str, set[str]]:
    return {name: set(store.table(name).column("id").to_pylist()) for name in store.stages}


def offspring(store: Store, ancestor: str) -> set[str]:
    return networkx.descendants(graph(store), ancestor) | {ancestor}


def prolific(store: Store, stage: str = "seeds") -> str:
    whole = graph(store)
    return max(sorted(ids(store)[stage]), key=lambda one: len(networkx.descendants(whole, one)))


def test_exactly_the_descendants_go_stay_gone_and_come_back(make):
    store, _ = make(CHAIN)
    untouched, _ = make(CHAIN, out="untouched")
    before = ids(store)
    seed = prolific(store)
    doomed = offspring(store, seed)
    assert len(doomed) >= 4

    taken = lineage.rollback(store, seed, "a bad seed")
    assert {stage: before[stage] - ids(store)[stage] for stage in before} == {s: before[s] & doomed for s in before}
    assert taken.removed == {s: len(before[s] & doomed) for s in before if before[s] & doomed}

    store, _ = make(CHAIN)
    for stage, now in ids(store).items():
        assert not now & doomed, stage
    assert before["seeds"] - ids(store)["seeds"] == {seed}

    lineage.restore(store, taken.id)
    assert all(before[stage] <= now for stage, now in ids(store).items())
    store, _ = make(CHAIN)
    comparing.assert_same(store, untouched)


def test_restore_without_a_run_between_leaves_no_trace(make):
    store, _ = make(CHAIN)
    untouched, _ = make(CHAIN, out="untouched")
    taken = [lineage.rollback(store, seed, "bad").id for seed in sorted(ids(store)["seeds"])[:3]]
    for name in taken:
        lineage.restore(store, name)
    comparing.assert_same(store, untouched)


def test_a_rollback_in_the_middle_leaves_the_parents(make):
    store, _ = make(CHAIN)
    before = ids(store)
    middle = prolific(store, "parts")
    doomed = offspring(store, middle)
    lineage.rollback(store, middle, "one bad part")
    store, _ = make(CHAIN)
    assert ids(store)["seeds"] == before["seeds"]
    assert before["parts"] - ids(store)["parts"] == {middle}
    assert not set().union(*ids(store).values()) & doomed


def test_media_come_back_whole(make):
    store, _ = make(PICTURES)
    untouched, _ = make(PICTURES, out="untouched")
    victim = store.table("pictures").column("id")[4].as_py()
    taken = lineage.rollback(store, victim, "a face in it")
    assert taken.removed == {"pictures": 1, "passed": 1}
    lineage.restore(store, taken.id)
    comparing.assert_same(store, untouched)
    assert store.table("passed").rows(4, 5)[0]["rgb"] == b"\x89PNG 4"


def test_a_child_does_not_come_back_while_its_ancestor_is_held(make):
    store, _ = make(CHAIN)
    untouched, _ = make(CHAIN, out="untouched")
    seed = prolific(store)
    child = next(s.id for s in store.table("parts").samples() if s["origin"] == seed)
    first = lineage.rollback(store, child, "the child")
    second = lineage.rollback(store, seed, "the seed")
    assert lineage.restore(store, first.id) == {}
    store, _ = make(CHAIN)
    assert not {seed, child} & set().union(*ids(store).values())
    lineage.restore(store, second.id)
    store, _ = make(CHAIN)
    comparing.assert_same(store, untouched)


def test_a_stage_that_left_the_recipe_is_reached_too(make):
    seeds = {"seeds": CHAIN["seeds"]}
    both = {**seeds, "parts": CHAIN["parts"]}
    store, _ = make(both)
    seed = prolific(store)
    doomed = offspring(store, seed)
    store, _ = make(seeds)
    assert lineage.rollback(store, seed, "bad").removed["parts"] == len(doomed) - 1
    store, _ = make(both)
    assert not set().union(*ids(store).values()) & doomed


def test_changed_options_leave_nothing_of_the_old_to_restore(make):
    one = {"seeds": CHAIN["seeds"], "few": {"use": "test.poison", "from": "seeds", "text": "x"}}
    two = {"seeds": CHAIN["seeds"], "few": {"use": "test.poison", "from": "seeds", "text": "y"}}
    store, _ = make(one)
    taken = lineage.rollback(store, store.table("few").column("id")[0].as_py(), "bad")
    store, _ = make(two)
    lineage.restore(store, taken.id)
    reference, _ = make(two, out="reference")
    comparing.assert_same(store, reference)


def test_nothing_more_is_made_with_an_artifact_that_was_taken_back(make):
    blocks = {"seeds": {"use": "test.count", "count": 4}, "answers": {"use": "test.model", "from": "seeds"}}
    store, _ = make(blocks)
    model = store.artifacts()[0]["id"]
    taken = lineage.rollback(store, model, "licence withdrawn")
    assert taken.removed == {"answers": 4} and len(store.table("seeds")) == 4
    with pytest.raises(BadInput, match="taken back"):
        make({**blocks, "seeds": {"use": "test.count", "count": 6}})
    lineage.restore(store, taken.id)
    store, _ = make({**blocks, "seeds": {"use": "test.count", "count": 6}})
    assert len(store.table("answers")) == 6


@pytest.mark.parametrize("point", ["add_rollback", "withdraw", "give_back", "arrange"])
def test_killed_in_the_middle_and_finished_by_the_next_command(make, monkeypatch, point):
    untouched, _ = make(CHAIN, out="untouched")
    store, _ = make(CHAIN)
    seed = prolific(store)
    doomed = offspring(store, seed)
    from multisynth import shelf
    from multisynth import store as stores

    owner = stores.Store if point == "add_rollback" else shelf.Shelf
    real = getattr(owner, point)

    def killed_after(*arguments):
        real(*arguments)
        raise KeyboardInterrupt

    if point in ("add_rollback", "withdraw"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(owner, point, killed_after)
            lineage.rollback(store, seed, "bad")
        store, _ = make(CHAIN)
        assert not set().union(*ids(store).values()) & doomed
        (name,) = [row["rollback"] for row in store.rollbacks()]
    else:
        name = lineage.rollback(store, seed, "bad").id
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(owner, point, killed_after)
            lineage.restore(store, name)
    if store.rollbacks():
        lineage.restore(store, name)
    store, _ = make(CHAIN)
    comparing.assert_same(store, untouched)


def test_any_order_of_rollbacks_runs_extensions_and_restores_ends_like_a_fresh_run(make):
    draws = random.Random(5)
    for trial in range(4):
        count = 30
        store, _ = make({**CHAIN, "seeds": {"use": "test.draw", "count": count}}, out=f"walk{trial}")
        for _ in range(6):
            held = [row["rollback"] for row in store.rollbacks()]
            act = draws.choice(["rollback", "rollback", "run", "extend", "restore"])
            if act == "rollback":
                everything = sorted(set().union(*ids(store).values()))
                lineage.rollback(store, draws.choice(everything), "drawn")
            elif act == "restore" and held:
                lineage.restore(store, draws.choice(held))
            else:
                count += 5 if act == "extend" else 0
                store, _ = make({**CHAIN, "seeds": {"use": "test.draw", "count": count}}, out=f"walk{trial}")
        for row in store.rollbacks():
            lineage.restore(store, row["rollback"])
        blocks = {**CHAIN, "seeds": {"use": "test.draw", "count": count}}
        store, _ = make(blocks, out=f"walk{trial}")
        fresh, _ = make(blocks, out=f"fresh{trial}")
        comparing.assert_same(store, fresh)


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


def test_an_unknown_id_is_refused_and_one_taken_back_says_by_whom(make):
    store, _ = make({"seeds": CHAIN["seeds"]})
    with pytest.raises(BadInput, match="knows no id"):
        lineage.rollback(store, "0" * 32, "no such thing")
    with pytest.raises(BadInput, match="no rollback"):
        lineage.restore(store, "rb-none")
    seed = store.table("seeds").column("id")[0].as_py()
    taken = lineage.rollback(store, seed, "a reason")
    for again in (lambda: lineage.rollback(store, seed, "twice"), lambda: lineage.trace(store, seed)):
        with pytest.raises(BadInput, match=f"taken back by {taken.id}: a reason"):
            again()


def test_a_rollback_names_the_models_that_learned_from_it(make, capsys):
    blocks = {
        "sums": {"use": "text.addition", "problems": 4, "digits": [1]},
        "lessons": {"use": "text.demonstrate", "from": "sums"},
        "taught": {
            "use": "text.tune", "from": "lessons", "steps": 1, "checkpoints": 1,
            "fresh": {"layers": 1, "width": 32, "heads": 1},
        },
        "further": {"use": "text.tune", "from": "lessons", "start": "taught", "steps": 1},
        "apart": {"use": "text.tune", "from": "others", "steps": 1, "fresh": {"layers": 1, "width": 32, "heads": 1}},
        "others": {"use": "text.demonstrate", "from": "more"},
        "more": {"use": "text.addition", "problems": 2, "digits": [2]},
    }  # fmt: skip
    store, result = make(blocks)
    assert result.ok, result.errors
    lesson = store.table("lessons").column("id")[1].as_py()
    (taught,), (further,) = (store.table(stage).column("id").to_pylist() for stage in ("taught", "further"))
    _, _, descendants = lineage.trace(store, lesson)
    assert [(node.id, node.stage, node.kind) for node in descendants] == [
        (taught, "taught", "model"), (further, "further", "model"),
    ]  # fmt: skip
    cli.rollback(store.root, lesson, "copied from the exam")
    said = capsys.readouterr().out.splitlines()
    assert f"model {taught} of taught learned from it, and was taken back with it" in said
    assert f"model {further} of further learned from it, and was taken back with it" in said
    assert sum(line.startswith("model ") for line in said) == 2 and ids(store)["apart"]
    name = said[-1].split()[-1]
    assert lineage.restore(store, name) == {"lessons": 1, "taught": 1, "further": 1}
    taken = lineage.rollback(store, store.table("sums").column("id")[1].as_py(), "the sum itself")
    assert [(model.id, model.stage, model.removed) for model in taken.models] == [
        (taught, "taught", True), (further, "further", True),
    ]  # fmt: skip
