from multisynth.store import Store


def test_the_last_of_each_stage_stays(make):
    store, result = make(
        {
            "a": {"use": "test.hop", "hops": 4},
            "b": {"use": "test.draw", "count": 3},
            "ends": {"use": "curate.last", "from": ["a", "b"]},
        }
    )
    assert result.ok and isinstance(store, Store)
    kept = [sample["text"] for sample in store.table("ends").samples()]
    assert kept == [list(store.table(name).samples())[-1]["text"] for name in "ab"]
    assert sum(row["status"] == "dropped" and row["stage"] == "ends" for row in store.ledger().to_pylist()) == 5
