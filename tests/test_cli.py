"""The command line as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RECIPE = """\
name: lines
seed: 3
stages:
  problems: {use: text.arithmetic, problems: 12}
exports:
  rows: {to: jsonl, from: problems}
"""


def multisynth(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "multisynth.cli", *words]
    return subprocess.run(program, cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "recipe.yaml").write_text(RECIPE)
    done = multisynth("run", "recipe.yaml", "--out", "run", "--workers", "1", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def facts(folder: Path, *words: str) -> object:
    done = multisynth(*words, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_run_says_what_it_did(finished):
    folder, said = finished
    assert said["ok"] and said["stages"] == {"problems": "done"} and said["exports"] == {"rows": 12}
    assert (folder / "run" / "report.html").stat().st_size > 1000
    lines = next((folder / "run" / "exports" / "rows").glob("*.jsonl")).read_text().splitlines()
    assert len(lines) == 12 and json.loads(lines[0])["question"]


def test_facts_of_a_run(finished):
    folder, _ = finished
    assert facts(folder, "check", "recipe.yaml")[0]["makes"] == "problem"
    assert facts(folder, "inspect", "run")
    assert facts(folder, "inspect", "run", "problems", "--limit", "2")
    names = [row["stage"] for row in facts(folder, "stages")]
    assert {"sim.rollout", "vision.film", "captions.narrate", "text.attempt", "curate.minhash"} <= set(names)
    assert "problems" in facts(folder, "describe", "text.arithmetic")["schema"]["properties"]


def test_rollback_and_restore(finished):
    folder, _ = finished
    rows = [json.loads(line) for line in next((folder / "run/exports/rows").glob("*.jsonl")).read_text().splitlines()]
    victim = rows[4]["id"]
    assert facts(folder, "lineage", "run", victim)[0]["id"] == victim
    taken = facts(folder, "rollback", "run", "--ancestor", victim, "--reason", "test")
    assert taken["removed"] == {"problems": 1} and taken["exports"] == ["rows"]
    assert facts(folder, "export", "run")[0]["records"] == 11
    assert multisynth("lineage", "run", victim, cwd=folder).returncode == 2
    facts(folder, "restore", "run", taken["id"])
    assert facts(folder, "export", "run")[0]["records"] == 12
    again = [json.loads(line) for line in next((folder / "run/exports/rows").glob("*.jsonl")).read_text().splitlines()]
    assert again == rows


def test_one_more_export_of_a_finished_run(finished):
    folder, _ = finished
    assert facts(folder, "export", "run", "--to", "jsonl", "--from", "problems", "--name", "more")[0]["records"] == 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "none.yaml"], "none.yaml: cannot be read"),
        (["check", "bad.yaml"], "bad.yaml:3"),
        (["inspect", "nowhere"], "holds no run"),
        (["describe", "text.arithmetics"], "did you mean `text.arithmetic`"),
        (["inspect", "run", "problem"], "did you mean `problems`"),
        (["export", "run", "--to", "coco", "--from", "problems"], "takes frame"),
        (["restore", "run", "rb-0"], "no rollback"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(finished, words, said):
    folder, _ = finished
    (folder / "bad.yaml").write_text("name: x\nstages:\n  a: {use: text.arithmetic, problem: 12}\n")
    done = multisynth(*words, cwd=folder)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr, done.stderr
