"""A training that is killed as often as it saves a checkpoint, and goes on each time, ends like one that never was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from multisynth.store import Store
from tests import comparing

SCRIPT = """
import sys
from pathlib import Path
from multisynth import Recipe, run
from tests import stages
from tests.text.train.lessons import FRESH

LEARNING = {"from": "documents", "fresh": FRESH, "batch_size": 8, "epochs": 12, "learning_rate": 3e-3, "device": "cpu"}
recipe = Recipe.of({
    "name": "killed", "seed": 5,
    "stages": {
        "documents": {"use": "test.count", "count": 60},
        "tuned": {"use": "text.tune", **LEARNING, "checkpoints": 4},
        "student": {"use": "text.distil", **LEARNING, "teacher_stage": "tuned", "checkpoints": 4, "held_out": 0.2},
    },
})
result = run(recipe, Path(sys.argv[1]))
sys.exit(0 if result.ok else 1)
"""


def start(script: Path, out: Path) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root), "XDG_CACHE_HOME": str(script.parent / "cache")}
    return subprocess.Popen([sys.executable, str(script), str(out)], cwd=root, env=environment)


def saved(out: Path) -> int:
    """How many checkpoints are committed."""
    if not (out / "run.json").exists():
        return 0
    store = Store.open(out)
    return sum(len(store.table(name)) for name in ("tuned", "student") if store.shelf(name).exists())


@pytest.mark.slow
def test_killed_after_each_checkpoint(tmp_path):
    script, out = tmp_path / "killed.py", tmp_path / "killed"
    script.write_text(SCRIPT)
    assert start(script, tmp_path / "unbroken").wait() == 0
    killed = []
    for wanted in range(1, 8):
        process = start(script, out)
        while process.poll() is None and saved(out) < wanted:
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed.append(saved(out))
        process.wait()
    assert len(set(killed)) >= 4, killed
    assert start(script, out).wait() == 0
    comparing.assert_same(Store.open(out), Store.open(tmp_path / "unbroken"))
