"""The command line as a user meets it."""

from __future__ import annotations

import functools
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from multisynth import cli
from multisynth.errors import BadInput

RECIPE = """\
name: lines
seed: 3
stages:
  problems: {use: text.arithmetic, problems: 12}
exports:
  rows: {to: jsonl, from: problems}
"""


NOISY = '''\
import atexit, ctypes, os, sys, time
from collections.abc import Iterator
from multisynth import Batch, Drop, Map, Sample, cli, registry
from multisynth.kinds import PROBLEM

class Noisy(Map):
    """Speaks on every channel, as engines do."""
    takes = (PROBLEM,)
    pause: float = 0
    def open(self) -> None:
        print("python speaks")
        os.write(1, b"native code speaks\\n")
        ctypes.CDLL(None).puts(b"C speaks")
        say = sys.stdout.write
        atexit.register(lambda: say("and has the last word\\n"))
    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            time.sleep(self.pause)
            yield sample.with_meta(score=1.5)

registry.add("test.noisy", Noisy)
if __name__ == "__main__":
    cli.main()
'''


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
        (["run", "recipe.yaml", "--out", "recipe.yaml"], "recipe.yaml"),
        (["run", "recipe.yaml", "--out", "recipe.yaml/below"], "recipe.yaml"),
        (["run", "recipe.yaml", "--out", ""], "`.` is the folder that you are in"),
        (["cost", "run", "--prices", "nope.yaml"], "nope.yaml: cannot be read: No such file"),
        (["run", "recipe.yaml", "--address", "auto"], "add --executor ray"),
        (["report", "spoilt"], "run.json"),
        (["inspect", "foreign"], "not what a run wrote"),
        (["export", "run", "--name", "x"], "say its format with --to"),
        (["export", "run", "--to", "jsonl"], "add --from STAGE"),
        (["export", "run", "--to", "jsonl", "--from", "problems", "--option", "to=coco"], "no option of the format"),
        (["export", "run", "--to", "jsonl", "--from", "problems", "--option", "from=none"], "no option of the format"),
        (["export", "run", "--to", "jsonl", "--from", "problems", "--option", "video"], "no option of the format"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(finished, words, said):
    folder, _ = finished
    (folder / "bad.yaml").write_text("name: x\nstages:\n  a: {use: text.arithmetic, problem: 12}\n")
    for name, text in (("spoilt", "{"), ("foreign", "{}")):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "run.json").write_text(text)
    done = multisynth(*words, cwd=folder)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.fixture
def noisy(tmp_path):
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, pause: float = 0) -> subprocess.Popen[str]:
        (tmp_path / "program.py").write_text(NOISY)
        noise = f"  noise: {{use: test.noisy, from: problems, pause: {pause}, needs: {{batch_size: 1}}}}\n"
        (tmp_path / "recipe.yaml").write_text(RECIPE.replace("exports:", noise + "exports:"))
        program = [sys.executable, "program.py", *words]
        pipe = subprocess.PIPE
        # A shell starts what runs in its background deaf to Ctrl-C, and tests may run there.
        hear = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        started.append(subprocess.Popen(program, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True, preexec_fn=hear))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_stages_print_is_no_fact(noisy, workers):
    out, said = noisy("run", "recipe.yaml", "--out", "run", "--workers", workers, "--json").communicate(timeout=120)
    assert json.loads(out)["ok"], said
    for words in ("python speaks", "native code speaks", "C speaks"):
        assert words in said


def test_numbers_that_json_lacks_are_null(tmp_path):
    program = "from multisynth import printing; printing.say_json({'a': [float('nan'), float('inf'), 1.5]})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"a": [None, None, 1.5]} and "NaN" not in done.stdout


def test_help_goes_to_standard_output(tmp_path):
    for words in (["--help"], ["run", "--help"]):
        done = multisynth(*words, cwd=tmp_path)
        assert done.returncode == 0 and "Usage" in done.stdout and not done.stderr


def test_a_pipe_that_closes_early_is_no_error(finished):
    folder, _ = finished
    done = subprocess.run(
        f"{sys.executable} -m multisynth.cli stages | true", shell=True, cwd=folder, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_tables_are_not_folded_where_nobody_looks_on(finished):
    folder, _ = finished
    lines = multisynth("stages", cwd=folder).stdout.splitlines()
    assert len(lines) == 1 + len(facts(folder, "stages"))
    assert all(line == line.rstrip() for line in lines)


def test_tables_fit_a_terminal(finished):
    folder, _ = finished
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "90"}
    program = [sys.executable, "-m", "multisynth.cli", "inspect", "run", "problems"]
    with subprocess.Popen(program, cwd=folder, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        text = b""
        while True:
            try:
                text += os.read(master, 4096)
            except OSError:  # how Linux says that the other side is closed
                break
        assert process.wait(60) == 0
    os.close(master)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text.decode()).splitlines()
    assert "samples:" in lines[0] and max(map(len, lines)) <= 90


@pytest.mark.parametrize(("workers", "times"), [("1", 1), ("2", 1), ("2", 2)])
def test_stopping_a_run_is_said_in_a_line(noisy, tmp_path, workers, times):
    command = ("run", "recipe.yaml", "--out", "run", "--workers", workers, "--json")
    process = noisy(*command, pause=0.5)
    deadline = time.monotonic() + 60
    while not (tmp_path / "run/ledger/noise.lance").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130 and not out
    assert "stopped; run the same command to go on" in said.splitlines() and "Traceback" not in said
    out, said = noisy(*command, pause=0).communicate(timeout=120)
    assert json.loads(out)["ok"], said


def test_ray_that_is_not_there_is_bad_input(monkeypatch):
    ray = pytest.importorskip("ray")

    def nobody(**options: object) -> None:  # a real one may run beside these tests, and `auto` would find it
        raise ConnectionError("Could not find any running Ray instance. Please specify the one to connect to.\nmore")

    monkeypatch.setattr(ray, "init", nobody)
    with pytest.raises(BadInput, match="Ray at auto: Could not find any running Ray instance") as caught:
        cli._executor(cli.Where.ray, None, "auto")
    assert "ray start --head" in caught.value.remedy and "more" not in str(caught.value)


def test_an_export_may_stand_where_a_link_was(finished):
    folder, _ = finished
    (folder / "elsewhere").mkdir()
    (folder / "run/exports/linked").symlink_to(folder / "elsewhere")
    done = multisynth("export", "run", "--to", "jsonl", "--from", "problems", "--name", "linked", cwd=folder)
    assert "Traceback" not in done.stderr and done.returncode in (0, 2), done.stderr
    assert not list((folder / "elsewhere").iterdir())
