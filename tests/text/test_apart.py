"""What a process apart sees of this one, and what ends it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from multisynth.text.apart import Apart

SERVER = """
import os, time
from multisynth.text.apart import serve

def answer(question):
    return {
        "add": lambda: sum(question["numbers"]),
        "process": os.getpid,
        "sleep": lambda: time.sleep(2),
        "spin": lambda: [None for _ in iter(int, 1)],
        "fill": lambda: bytearray(1 << 40),
        "fail": lambda: 1 / 0,
        "die": os.abort,
        "exit": lambda: os._exit(3),
    }[question["do"]]()

serve(lambda: answer)
"""


@pytest.fixture
def apart(tmp_path: Path, monkeypatch) -> Iterator[Apart]:
    (tmp_path / "apart_server.py").write_text(SERVER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    apart = Apart("apart_server")
    yield apart
    apart.close()


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("spin", "1 s of processor time were not enough"),
        ("fill", "4 GiB were not enough"),
        ("fail", "it failed: ZeroDivisionError"),
        ("die", "its process crashed: SIGABRT"),
        ("exit", "its process crashed: exit status 3"),
    ],
)
def test_what_ends_it_is_told_and_the_next_question_is_answered(apart: Apart, do: str, said: str) -> None:
    with pytest.raises(TimeoutError, match=f"^{said}$"):
        apart.ask({"do": do}, 1)
    assert apart.ask({"do": "add", "numbers": [1, 2]}, 1) == 3


def test_a_process_that_ended_between_two_questions_is_started_again(apart: Apart) -> None:
    process = apart.ask({"do": "process"}, 1)
    os.kill(process, 9)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert apart.ask({"do": "process"}, 1) != process


def test_time_that_others_use_does_not_count(apart: Apart) -> None:
    """Asleep, as it is where a busy machine gives it no turn."""
    assert apart.ask({"do": "sleep"}, 1) is None


def test_neither_the_current_folder_nor_keys_reach_it(monkeypatch, tmp_path) -> None:
    """A `json.py` where a run starts would be imported instead of Python's."""
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    begun: list[dict[str, str]] = []
    start = subprocess.Popen

    def noting(argv: list[str], **options):
        begun.append(options["env"])
        return start(argv, **options)

    monkeypatch.setattr("multisynth.text.apart.subprocess.Popen", noting)
    apart = Apart("multisynth.text.verifiers.answers.symbolic_server")
    try:
        assert apart.ask({"gold": "x+1", "got": "1+x"}, 60) is True
    finally:
        apart.close()
    (environment,) = begun
    assert "canary" not in json.dumps(environment) and environment["PATH"] == os.environ["PATH"]
