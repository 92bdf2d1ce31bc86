"""What a person sees of a run, on a terminal and in a log."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from rich.console import Console

from multisynth import Recipe
from multisynth.execute import run
from multisynth.executors.local import LocalExecutor
from multisynth.progress import LiveProgress
from multisynth.store import Store


def watched(terminal: bool = False) -> tuple[LiveProgress, io.StringIO]:
    page = io.StringIO()
    console = Console(file=page, force_terminal=terminal, width=80 if not terminal else 120, color_system=None)
    return LiveProgress(["first", "second"], console), page


def cells(progress: LiveProgress, stage: str) -> dict[str, str]:
    page = io.StringIO()
    Console(file=page, width=200, color_system=None).print(progress._table())
    head, *rows = page.getvalue().splitlines()
    words = next(row for row in rows if row.startswith(stage)).split()
    return dict(zip(head.split()[1:], words[2:], strict=False))


def test_a_log_has_one_line_a_stage_however_long() -> None:
    progress, page = watched()
    name = "a-stage-with-a-name-of-" + "many-" * 12 + "words"
    with progress:
        progress.begin(name, 1_000_000, 10)
        progress.advance(name, 900_000, 99_000, 990, 1_234_567)
        progress.end(name, "done")
    [line] = page.getvalue().splitlines()
    expected = f"{name}: done; 10 before, 900000 kept, 99000 dropped, 990 failed, 1234567 samples made, "
    assert line.startswith(expected) and line.endswith(" s")


def test_a_terminal_shows_what_became_of_the_inputs() -> None:
    progress, page = watched(terminal=True)
    with progress:
        progress.begin("first", 100, 0)
        progress.advance("first", 30, 15, 5, 42)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", page.getvalue())
    for word in ("samples/s", "kept", "dropped", "failed", "50/100", "30", "15", "42", "second"):
        assert word in shown


def test_no_more_is_done_than_there_is() -> None:
    progress, _ = watched()
    progress.begin("first", 10, 14)  # a ledger with rows of inputs that are gone
    progress.advance("first", 1, 0, 0, 1)
    assert cells(progress, "first")["inputs"] == "10/10"


def test_a_stage_that_ended_is_whole_though_some_of_it_was_rolled_back() -> None:
    progress, _ = watched()
    progress.begin("first", 10, 0)
    progress.advance("first", 7, 1, 1, 7)
    assert cells(progress, "first")["inputs"] == "9/10"
    progress.end("first", "done")
    assert cells(progress, "first")["inputs"] == "10/10"


def test_time_left_is_counted_down_between_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress, _ = watched()
    progress.begin("first", 100, 20)
    progress.rows["first"].began = progress.rows["first"].heard = now[0]
    assert progress.rows["first"].left is None
    now[0] += 10
    progress.advance("first", 20, 0, 0, 20)
    assert progress.rows["first"].rate == 2 and progress.rows["first"].left == 30
    now[0] += 5
    assert progress.rows["first"].rate == 2 and progress.rows["first"].left == 25
    now[0] += 60
    assert progress.rows["first"].left == 0
    progress.end("first", "failed")
    assert progress.rows["first"].left is None


def test_a_blocked_stage_is_shown_though_it_never_began() -> None:
    progress, page = watched()
    progress.end("second", "blocked")
    assert page.getvalue().startswith("second: blocked; 0 before, 0 kept")


def test_what_is_set_aside_is_said_before_it_is_made_anew(tmp_path: Path) -> None:
    def told(count: int, buckets: int) -> list[str]:
        first = {"use": "test.first", "from": "drawn", "buckets": buckets}
        stages = {"drawn": {"use": "test.draw", "count": count}, "firsts": first}
        progress, page = watched()
        assert run(Recipe.of({"name": "r", "stages": stages}), tmp_path / "run", LocalExecutor(1), progress).ok
        return [line for line in page.getvalue().splitlines() if "made anew" in line]

    assert told(20, 60) == told(30, 60) == []
    kept = len(Store.open(tmp_path / "run").table("firsts"))
    (line,) = told(30, 20)
    assert line.startswith("firsts: made anew") and line.endswith(f"; {kept} samples are set aside")
    assert told(30, 20) == []
