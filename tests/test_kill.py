"""A run that is killed twenty times, and goes on each time, ends like one that never was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from multisynth.store import Store
from tests import comparing

SCRIPT = """
import sys
from pathlib import Path
from multisynth import Recipe, run
from multisynth.executors.local import LocalExecutor
from tests import stages

if __name__ == "__main__":
    recipe = Recipe.of({
        "name": "killed", "seed": 5,
        "stages": {
            "seeds": {"use": "test.draw", "count": 12000},
            "parts": {"use": "test.split", "from": "seeds", "pause": 0.0003, "needs": {"batch_size": 16}},
            "unique": {"use": "test.first", "from": "parts", "buckets": 5000, "needs": {"batch_size": 64}},
            "more": {"use": "test.split", "from": ["unique", "seeds"], "pause": 0.0001},
        },
    })
    executor = LocalExecutor(int(sys.argv[2]))
    print("begin", flush=True)
    result = run(recipe, Path(sys.argv[1]), executor)
    executor.close()
    sys.exit(0 if result.ok else 1)
"""


def start(script: Path, out: Path, workers: int) -> subprocess.Popen[str]:
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, str(script), str(out), str(workers)], cwd=root, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "begin\n"
    return process


def test_killed_at_twenty_random_moments(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(SCRIPT)
    assert start(script, tmp_path / "unbroken", 1).wait() == 0
    draws = random.Random(20)
    killed = 0
    for trial in range(20):
        process = start(script, tmp_path / "killed", 1 + trial % 2)
        time.sleep(draws.uniform(0.05, 1.2))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        if (tmp_path / "killed" / "run.json").exists():
            assert Store.open(tmp_path / "killed").state == "stopped"
    assert start(script, tmp_path / "killed", 1).wait() == 0
    one, other = Store.open(tmp_path / "killed"), Store.open(tmp_path / "unbroken")
    comparing.assert_same(one, other)
    for stage in one.stages:
        ids = one.table(stage).column("id").to_pylist()
        assert len(ids) == len(set(ids)), stage
    assert killed == 20
