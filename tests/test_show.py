"""What `inspect` shows, against the tables themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from multisynth import show
from multisynth.errors import BadInput
from multisynth.lineage import rollback

BLOCKS: dict[str, dict[str, Any]] = {
    "texts": {"use": "test.count", "count": 30},
    "parts": {"use": "test.split", "from": "texts"},
    "poisoned": {"use": "test.poison", "from": "texts", "text": "document 3", "errors": 0.5},
    "episodes": {"use": "report.episodes", "count": 2},
    "clips": {"use": "report.film", "from": "episodes"},
}


@pytest.fixture
def store(make: Callable[..., Any]) -> Any:
    from tests.report import stages  # noqa: F401 — registers them

    return make(BLOCKS)[0]


def test_a_run_is_one_row_a_stage(store: Any) -> None:
    rows = {row["stage"]: row for row in show.run(store)}
    assert sorted(rows) == sorted(BLOCKS)
    for name, row in rows.items():
        assert row["outputs"] == len(store.table(name))
        assert row["inputs"] == row["kept"] + row["dropped"] + row["failed"]
    assert (rows["poisoned"]["kept"], rows["poisoned"]["failed"]) == (29, 1)
    json.dumps(show.run(store))


def test_a_run_that_nobody_holds_is_not_running(store: Any) -> None:
    """One that was killed could not say so itself."""
    store.write_info({**store.info, "state": "running", "states": {}})
    with store.locked():
        assert {row["state"] for row in show.run(store)} == {"running"}
    assert {row["state"] for row in show.run(store)} == {"stopped"}
    (store.root / ".lock").unlink()  # a copy may lack it
    assert store.state == "stopped" and not (store.root / ".lock").exists()


def test_a_stage_shows_its_first_samples_and_its_reasons(store: Any) -> None:
    facts = show.stage(store, "parts", 3)
    ids = [sample.id for sample in store.table("parts").samples()]
    assert [row["id"] for row in facts["samples"]] == ids[:3]
    dropped = sum(row["status"] == "dropped" for row in store.shelf("parts").ledger().to_pylist())
    assert facts["reasons"] == [{"reason": "unlucky", "dropped": dropped, "in part": 0, "example": "unlucky: 0"}]
    [failure] = show.stage(store, "poisoned")["failures"]
    assert failure["error"] == "RuntimeError: poisoned by document 3"
    assert "RuntimeError" in failure["traceback"]
    [first, *_] = show.stage(store, "clips")["samples"]
    assert first["poses"] == "float32 [20, 3, 7]"
    assert "video" not in first, "media are not read"
    json.dumps(facts)


def test_a_sample_in_full(store: Any) -> None:
    [clip, *_] = store.table("clips").samples()
    facts = show.sample(store, clip.id)
    assert facts["parents"] == [clip["origin"]]
    assert facts["meta"] == {"camera": 0}
    assert facts["poses"] == "float32 [20, 3, 7]"
    assert facts["video"].endswith(("kB", " B"))
    assert facts["events"] == clip["events"]
    json.dumps(facts)


def test_what_is_not_there_is_said_so(store: Any) -> None:
    with pytest.raises(BadInput, match="did you mean `parts`"):
        show.stage(store, "part")
    with pytest.raises(BadInput, match="knows no id"):
        show.sample(store, "f" * 32)
    victim = next(store.table("texts").samples()).id
    rollback(store, victim, "withdrawn")
    with pytest.raises(BadInput, match=r"taken back by .*: withdrawn"):
        show.sample(store, victim)
