"""A run makes the same tables however it is cut, who does the work, and however often it is interrupted."""

from __future__ import annotations

import json

import pytest

from multisynth import tables
from multisynth.errors import BadInput
from multisynth.executors.local import LocalExecutor
from multisynth.store import Store
from tests import comparing

RECIPE = {
    "seeds": {"use": "test.draw", "count": 300},
    "parts": {"use": "test.split", "from": "seeds"},
    "unique": {"use": "test.first", "from": "parts", "buckets": 60},
    "more": {"use": "test.split", "from": ["unique", "seeds"]},
}


def sized(batch_size: int) -> dict:
    return {name: {**block, "needs": {"batch_size": batch_size}} for name, block in RECIPE.items()}


@pytest.fixture(scope="module")
def pool():
    executor = LocalExecutor(2)
    yield executor
    executor.close()


@pytest.mark.parametrize("batch_size", [1, 7, 256])
def test_equal_tables_for_any_batch_size_and_number_of_workers(make, pool, batch_size):
    reference, _ = make(RECIPE, out="reference")
    for name, executor in {"one": None, "two": pool}.items():
        store, result = make(sized(batch_size), out=name, executor=executor)
        assert result.ok
        comparing.assert_same(store, reference)


def test_another_seed_makes_other_samples(make):
    one, _ = make(RECIPE, out="one", seed=1)
    two, _ = make(RECIPE, out="two", seed=2)
    assert not set(one.table("seeds").column("id").to_pylist()) & set(two.table("seeds").column("id").to_pylist())
    assert one.table("seeds").column("text").to_pylist() != two.table("seeds").column("text").to_pylist()


def test_a_finished_run_called_again_commits_nothing(make):
    store, _ = make(RECIPE)
    versions = {name: store.table(name).version for name in store.stages}
    make(RECIPE)
    assert {name: store.table(name).version for name in store.stages} == versions


def test_raising_the_count_makes_only_what_is_new(make):
    small = {"seeds": {"use": "test.draw", "count": 100}, "parts": {"use": "test.split", "from": "seeds"}}
    large = {**small, "seeds": {"use": "test.draw", "count": 150}}
    whole, _ = make(large, out="whole")
    grown, _ = make(small, out="grown")
    first = grown.table("parts").column("id").to_pylist()
    grown, _ = make(large, out="grown")
    assert grown.table("parts").column("id").to_pylist()[: len(first)] == first
    comparing.assert_same(grown, whole)
    shrunk, _ = make(small, out="grown")
    reference, _ = make(small, out="small")
    comparing.assert_same(shrunk, reference)


def test_changing_an_option_makes_that_stage_and_what_follows_anew(make):
    store, _ = make(RECIPE, out="changed")
    seeds = store.table("seeds").version
    store, _ = make({**RECIPE, "unique": {**RECIPE["unique"], "buckets": 20}}, out="changed")
    reference, _ = make({**RECIPE, "unique": {**RECIPE["unique"], "buckets": 20}}, out="reference")
    assert store.table("seeds").version == seeds
    comparing.assert_same(store, reference)


def test_one_poisoned_sample_fails_alone_with_its_traceback(make):
    blocks = {
        "count": {"use": "test.count", "count": 10_000},
        "eat": {"use": "test.poison", "from": "count", "text": "document 4711"},
    }
    store, result = make(blocks)
    assert result.ok
    assert len(store.table("eat")) == 9_999
    ledger = store.shelf("eat").ledger().to_pylist()
    failed = [row for row in ledger if row["status"] == "failed"]
    assert len(ledger) == 10_000 and len(failed) == 1
    assert failed[0]["reason"] == "RuntimeError: poisoned by document 4711"
    assert 'raise RuntimeError(f"poisoned by {self.text}")' in failed[0]["traceback"]
    assert store.table("count").find([failed[0]["input"]])[failed[0]["input"]]["text"] == "document 4711"


def test_past_its_budget_a_stage_fails_and_blocks_what_it_feeds(make):
    blocks = {
        "count": {"use": "test.count", "count": 20},
        "eat": {"use": "test.poison", "from": "count", "text": "document 3", "errors": 0},
        "after": {"use": "test.pass", "from": "eat"},
        "aside": {"use": "test.pass", "from": "count"},
    }
    store, result = make(blocks)
    assert result.states == {"count": "done", "eat": "failed", "after": "blocked", "aside": "done"} and not result.ok
    mended = {**blocks, "eat": {**blocks["eat"], "text": ""}}
    store, result = make(mended)
    assert result.ok and len(store.table("after")) == 20


def test_failed_inputs_are_tried_again(make):
    blocks = {
        "count": {"use": "test.count", "count": 50},
        "eat": {"use": "test.poison", "from": "count", "text": "document 3"},
    }
    store, _ = make({**blocks, "eat": {**blocks["eat"], "errors": 1}})
    version = store.table("count").version
    store, _ = make({**blocks, "eat": {**blocks["eat"], "errors": 1}})
    assert len(store.table("eat")) == 49 and store.shelf("eat").ledger().num_rows == 50
    assert store.table("count").version == version


def test_every_input_is_on_the_ledger_once(make):
    store, _ = make(RECIPE)
    for name, feeds in {"parts": ["seeds"], "unique": ["parts"], "more": ["unique", "seeds"]}.items():
        inputs = [i for feed in feeds for i in store.table(feed).column("id").to_pylist()]
        assert store.shelf(name).ledger().column("input").to_pylist() == inputs
        rows = store.shelf(name).ledger().to_pylist()
        assert sum(row["outputs"] for row in rows) == len(store.table(name))
        assert all(row["reason"] for row in rows if row["status"] == "dropped")


def test_a_retried_input_stands_in_its_place(make, monkeypatch):
    blocks = {
        "count": {"use": "test.count", "count": 40},
        "eat": {"use": "test.flaky", "from": "count", "text": "document 3", "errors": 1},
        "unique": {"use": "test.first", "from": "eat", "buckets": 15},
    }
    whole, _ = make(blocks, out="whole")
    monkeypatch.setenv("MULTISYNTH_TEST_FLAKY", "1")
    store, _ = make(blocks)
    assert len(store.table("eat")) == 39
    monkeypatch.delenv("MULTISYNTH_TEST_FLAKY")
    store, _ = make(blocks)
    comparing.assert_same(store, whole)


def test_extending_one_of_two_feeds_ends_like_a_fresh_run(make):
    blocks = {
        "one": {"use": "test.draw", "count": 10},
        "two": {"use": "test.draw", "count": 10},
        "both": {"use": "test.split", "from": ["one", "two"]},
    }
    more = {**blocks, "one": {"use": "test.draw", "count": 14}}
    make(blocks)
    store, _ = make(more)
    fresh, _ = make(more, out="fresh")
    comparing.assert_same(store, fresh)
    turned = {**more, "both": {"use": "test.split", "from": ["two", "one"]}}
    store, _ = make(turned)
    fresh, _ = make(turned, out="turned")
    comparing.assert_same(store, fresh)


def test_what_follows_a_reduce_notices_that_it_decided_anew(make):
    blocks = {
        "count": {"use": "test.count", "count": 3},
        "rank": {"use": "test.rank", "from": "count"},
        "after": {"use": "test.pass", "from": "rank"},
    }
    make(blocks)
    more = {**blocks, "count": {"use": "test.count", "count": 5}}
    store, _ = make(more)
    assert store.table("after").column("text").to_pylist() == [f"document {n} of 5" for n in range(5)]
    fresh, _ = make(more, out="fresh")
    comparing.assert_same(store, fresh)


def test_feeding_a_stage_another_kind_makes_it_anew(make):
    feeds = {"count": {"use": "test.count", "count": 3}, "ask": {"use": "test.ask", "count": 4}}
    make({**feeds, "pass": {"use": "test.either", "from": "count"}})
    store, result = make({**feeds, "pass": {"use": "test.either", "from": "ask"}})
    assert result.ok and store.table("pass").kind.name == "problem" and len(store.table("pass")) == 4


@pytest.mark.parametrize("commit", [0, 1])
def test_killed_while_a_stage_is_emptied_for_other_options(make, monkeypatch, commit):
    one = {"count": {"use": "test.count", "count": 6}, "rank": {"use": "test.first", "from": "count", "buckets": 9}}
    two = {**one, "rank": {"use": "test.first", "from": "count", "buckets": 2}}
    whole, _ = make(one, out="whole")
    make(one)
    real, calls = tables.replace, []

    def killed(*arguments):
        if len(calls) == commit:
            raise KeyboardInterrupt
        calls.append(1)
        real(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tables, "replace", killed)
        make(two)
    store, _ = make(one)
    comparing.assert_same(store, whole)


@pytest.mark.parametrize("name", ["tables/count.lance", "ledger/count.lance", "artifacts.lance", "rollbacks.lance"])
def test_a_folder_that_a_kill_left_without_a_version_is_no_table(make, tmp_path, name):
    (tmp_path / "run" / name / "data").mkdir(parents=True)
    store, result = make(
        {"count": {"use": "test.count", "count": 3}, "answers": {"use": "test.model", "from": "count"}}
    )
    assert result.ok and len(store.table("answers")) == 3 and len(store.artifacts()) == 1


def test_a_stage_that_does_not_open_fails_alone(make):
    blocks = {
        "count": {"use": "test.count", "count": 3},
        "broken": {"use": "test.unopened", "from": "count"},
        "after": {"use": "test.pass", "from": "broken"},
        "aside": {"use": "test.pass", "from": "count"},
    }
    store, result = make(blocks, exports={"rows": {"to": "jsonl", "from": "aside"}})
    assert result.states == {"count": "done", "broken": "failed", "after": "blocked", "aside": "done"}
    assert "no such device" in result.errors["broken"] and "no such device" in store.info["errors"]["broken"]
    assert store.info["state"] == "failed" and not result.exports


def test_zero_inputs_and_a_reduce_of_nothing(make):
    blocks = {name: {**block} for name, block in RECIPE.items()}
    blocks["seeds"]["count"] = 0
    store, result = make(blocks)
    assert result.ok and all(len(store.table(name)) == 0 for name in store.stages)


def test_outputs_without_a_ledger_row_are_swept_away(make):
    store, _ = make(RECIPE, out="killed")
    reference, _ = make(RECIPE, out="reference")
    shelf = store.shelf("parts")
    last = shelf.ledger(["input"]).column("input").to_pylist()[-40:]
    import lance

    lance.dataset(shelf.ledger_uri).delete("input IN ({})".format(", ".join(f"'{i}'" for i in last)))
    store, _ = make(RECIPE, out="killed")
    comparing.assert_same(store, reference)


def test_two_writers_are_refused(make, tmp_path):
    store, _ = make({"seeds": RECIPE["seeds"]})
    with Store(store.root).locked(), pytest.raises(BadInput, match="another process"):
        make({"seeds": RECIPE["seeds"]})


def test_run_json_says_how_it_ended(make):
    store, _ = make(RECIPE)
    info = json.loads((store.root / "run.json").read_text())
    assert info["state"] == "done" and set(info["states"].values()) == {"done"} and info["seed"] == 7
