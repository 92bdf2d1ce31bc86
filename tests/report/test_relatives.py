"""Captions stand beside their own clip, however they came about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from multisynth.report.relatives import ancestors, captions_of
from tests.report import stages  # noqa: F401 — registers them

ROBOTS: dict[str, dict[str, Any]] = {
    "rollouts": {"use": "report.episodes", "count": 3},
    "clips": {"use": "report.film", "from": "rollouts"},
    "chosen": {"use": "report.mark", "from": "clips"},
}


def texts(store: Any, found: dict[str, list[Any]]) -> dict[str, list[str]]:
    return {clip: [store.table(r.stage).find([r.id])[r.id]["text"] for r in many] for clip, many in found.items()}


@pytest.mark.parametrize("source", ["clips", "chosen"])
def test_captions_of_a_clip_are_its_own(make: Callable[..., Any], source: str) -> None:
    store, _ = make(
        {**ROBOTS, "told": {"use": "report.tell", "from": source}, "last": {"use": "report.mark", "from": "told"}}
    )
    shown = list(store.table("chosen").samples())
    found = captions_of(store, [sample.id for sample in shown])
    for sample in shown:
        [relative] = found[sample.id]
        assert relative.stage == "last", "the version that was handed on"
        caption = store.table("last").find([relative.id])[relative.id]
        assert f"told {sample.meta['camera']}:" in caption["text"]
        assert sample.origin.id == sample.id
        clip = {sample["origin"], sample.id}
        assert store.table("told").find([relative.origin])[relative.origin]["origin"] in clip


def test_captions_of_an_episode_stand_beside_each_of_its_clips(make: Callable[..., Any]) -> None:
    store, _ = make({**ROBOTS, "told": {"use": "report.tell", "from": "rollouts"}})
    shown = list(store.table("chosen").samples())
    found = captions_of(store, [sample.id for sample in shown])
    for sample in shown:
        [relative] = found[sample.id]
        clip = store.table("clips").find([sample["origin"]])[sample["origin"]]
        assert relative.origin == clip["origin"]


def test_ancestors_come_before_what_is_made_from_them(make: Callable[..., Any]) -> None:
    store, _ = make({**ROBOTS, "told": {"use": "report.tell", "from": "chosen"}})
    caption = next(store.table("told").samples())
    assert [relative.stage for relative in ancestors(store, [caption.id]).values()] == [
        "rollouts",
        "clips",
        "chosen",
        "told",
    ]
