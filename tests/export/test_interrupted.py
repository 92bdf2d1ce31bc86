"""An export that is killed is either not there or whole."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import minari
import pyarrow.parquet as pq
import pytest

SCRIPT = """
import itertools, sys
from pathlib import Path

from multisynth.deliver import deliver
from multisynth.export.lerobot import LeRobot
from multisynth.export.minari import Minari
from multisynth.export.robomimic import Robomimic
from multisynth.recipe import Delivery
from multisynth.store import Store

store = Store.open(Path(sys.argv[1]))
exporters = {
    "mini": [Minari(), Minari(namespace="other")],
    "mimic": [Robomimic(), Robomimic(valid=0.5)],
    "robots": [LeRobot(), LeRobot(data_files_size_in_mb=1)],
}
for turn in itertools.count():
    for name, options in exporters.items():
        deliver(store, Delivery(name, name, options[turn % 2], "rollouts"))
    print("round", flush=True)
"""
EPISODES = 40


@pytest.fixture
def filled(run, make_episode):
    run.add("rollouts", [make_episode(i, robot="arm") for i in range(EPISODES)])
    run.write_info({**run.info, "states": {"rollouts": "done"}})
    return run.root


def look(exports: Path) -> set[str]:
    """Read all that is there to the end; returns what is."""
    found = set()
    if (exports / "mini").exists():
        (name,) = minari.list_local_datasets()
        assert len([episode.rewards for episode in minari.load_dataset(name)]) == EPISODES
        found.add("mini")
    if (exports / "mimic").exists():
        with h5py.File(exports / "mimic/arm-push-pybullet.hdf5") as file:
            assert file["data"].attrs["total"] == sum(len(demo["actions"][:]) for demo in file["data"].values())
            assert len(file["mask/train"]) + len(file["mask/valid"]) == EPISODES
        found.add("mimic")
    if (exports / "robots").exists():
        about = json.loads((exports / "robots/meta/info.json").read_text())
        rows = [pq.read_table(path).num_rows for path in exports.glob("robots/data/*/*.parquet")]
        assert sum(rows) == about["total_frames"]
        assert about["total_episodes"] == EPISODES
        found.add("robots")
    for sidecar in exports.glob("*.json"):
        assert json.loads(sidecar.read_text())["records"] == EPISODES
    return found


def test_killed_at_random_moments(filled, tmp_path, monkeypatch):
    script, exports, draws = tmp_path / "export.py", filled / "exports", random.Random(3)
    script.write_text(SCRIPT)
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(exports / "mini"))
    command, environment = [sys.executable, str(script), str(filled)], {**os.environ, "PYTHONPATH": str(Path.cwd())}
    seen = []
    for _ in range(4):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(draws.uniform(0, 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.append(look(exports))
    # a kill between two renames hides one of them
    assert sum(map(len, seen)) >= 3 * len(seen) - 1
