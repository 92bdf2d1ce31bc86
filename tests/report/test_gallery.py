"""Frames as they were before, stage by stage, and how their labels are distributed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from multisynth import Recipe, run
from multisynth.report.gallery import FrameView, frames
from multisynth.report.picks import Budget
from multisynth.report.spread import spread
from multisynth.report.tables import accounts
from multisynth.report.versions import Version, versions
from multisynth.store import Store
from tests.report import stages  # noqa: F401 — registers them
from tests.report.drawn import decode

BLOCKS: dict[str, dict[str, Any]] = {
    "places": {"use": "report.places"},
    "clear": {"use": "report.shoot", "of": "places"},
    "sound": {"use": "report.weather", "from": "clear"},
    "foggy": {"use": "report.weather", "from": "sound", "by": 50},
    "warm": {"use": "report.weather", "from": "clear", "kelvin": 20.0, "words": "thermal"},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("gallery") / "run"
    run(Recipe.of({"name": "gallery", "stages": BLOCKS}), folder)
    return Store.open(folder)


def shown(store: Store, stage: str, budget: int = 10**7) -> list[FrameView]:
    return list(frames(store, store.table(stage), 2, Budget(budget)))


def lines(store: Store, budget: int = 10**7) -> list[list[Version]]:
    return list(versions(store, accounts(store), 2, Budget(budget)))


def grey(uri: str) -> float:
    return float(decode(uri).mean())


def test_what_a_stage_changed_is_shown_as_it_was(store: Store) -> None:
    [foggy, _] = shown(store, "foggy")
    assert [picture.title for picture in foggy.pictures[:3]] == ["RGB", "RGB in sound", "Right eye"]
    assert [grey(picture.uri) for picture in foggy.pictures[:2]] == pytest.approx([140, 90], abs=2)
    assert shown(store, "warm")[0].pictures[1].title == "Temperature in clear"
    assert not any(" in clear" in picture.title for picture in shown(store, "sound")[0].pictures)


def test_what_was_drawn_stands_under_a_frame_and_empty_lists_do_not(store: Store) -> None:
    told = dict(shown(store, "foggy")[0].measured)
    assert told["weather.fog.visibility"] == "20" and told["transmittance"] == "0.25" and told["path"] == "orbit"
    assert "refused" not in told


def test_a_frame_is_shown_as_each_stage_left_it(store: Store) -> None:
    line, _ = lines(store)
    assert [(version.stage, version.picture.title) for version in line] == [
        ("clear", "RGB"), ("clear", "Temperature"), ("warm", "Temperature"), ("foggy", "RGB"),
    ]  # fmt: skip
    assert dict(line[3].facts) == {"fog.visibility": "20", "transmittance": "0.25"}
    assert grey(line[3].picture.uri) == pytest.approx(140, abs=2)


def test_stages_that_change_no_looks_are_not_compared(make: Callable[..., Any]) -> None:
    store, _ = make({name: BLOCKS[name] for name in ("places", "clear", "sound")})
    assert lines(store) == []


def test_frames_keep_to_their_budget(store: Store) -> None:
    size = sum(picture.size for picture in shown(store, "foggy")[0].pictures)
    assert size > 1000
    assert len(shown(store, "foggy", size * 2)) == 1
    assert lines(store, 10) == []


def test_distributions_count_what_the_frames_hold(store: Store) -> None:
    panels = {panel.name: panel for panel in spread(store.table("foggy"))}
    assert set(panels) == {"depth of pixels (m)", "refused cameras"}, "what never varies is left out"
    assert panels["depth of pixels (m)"].note.startswith("1 to 32, median 16.5")
    assert panels["refused cameras"].note.startswith("1 times in 4 frames")
    assert "<title>too far: 1</title>" in panels["refused cameras"].drawing


def test_broken_depth_and_no_frames_have_no_distribution(make: Callable[..., Any]) -> None:
    store, _ = make({
        "broken": {"use": "report.shoot", "count": 1, "broken": True}, "none": {"use": "report.shoot", "count": 0},
    })  # fmt: skip
    assert spread(store.table("broken")) == [] == spread(store.table("none"))
