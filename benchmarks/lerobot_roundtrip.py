"""Claim: a LeRobot export opens with lerobot 0.4.4, and its values equal the store's.

    python -m benchmarks.lerobot_roundtrip RUN LEROBOT_PYTHON

Every row of every LeRobot export of a run is read by `LeRobotDataset` in an environment of its own and compared with
the store: states, actions, rewards, successes, instructions and the ends of episodes exactly, video frames exactly with
those of the store's clips, depth within half of one of LeRobot's codes, and seed, parameters and engine of each
episode. Prints JSON, an object for each export.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from multisynth.store import Store

FACTS = ("seed", "task", "instruction", "success", "engine", "robot", "rate", "license", "parameters")


def main(run: Path, python: str) -> int:
    """Check every LeRobot export of a run; return the exit code."""
    store = Store.open(run)
    results = {}
    for sidecar in sorted((run / "exports").glob("*.json")):
        manifest = json.loads(sidecar.read_text())
        if manifest["to"] != "lerobot":
            continue
        folder = sidecar.with_suffix("")
        with tempfile.TemporaryDirectory() as scratch:
            expected = Path(scratch) / "expected.npz"
            np.savez(expected, **values(store, manifest, folder))
            try:
                results[sidecar.stem] = read(folder, expected, python)
            except subprocess.CalledProcessError:
                print(f"{folder} is not what the store holds", file=sys.stderr)
                return 1
    if not results:
        print(f"{run} has no LeRobot export", file=sys.stderr)
        return 2
    command = " ".join(["python -m benchmarks.lerobot_roundtrip", str(run), python])
    print(json.dumps({"command": command, **machine(), "exports": results}, indent=2))
    return 0


def read(folder: Path, expected: Path, python: str) -> dict[str, Any]:
    """What `lerobot_reader.py` says of a data set that should hold the values of a file.

    Raises:
        subprocess.CalledProcessError: It holds others, or lerobot cannot read it.
    """
    program = [python, str(Path(__file__).with_name("lerobot_reader.py")), str(folder), str(expected)]
    # lerobot asks the hub for what it misses; nothing may be missing
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(expected.parent)}
    done = subprocess.run(program, env=offline, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def values(store: Store, manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What the store holds of each episode in the export."""
    source, *_ = manifest["tables"]
    lines = [json.loads(line) for line in (folder / "meta/lineage.jsonl").read_text().splitlines()]
    exported = [line for line in lines if "episode_index" in line]
    episodes = store.table(source).find([line["id"] for line in exported])
    video = manifest["options"]["video"]
    clips = {} if video is None else store.table(video).find([i for line in exported for i in line["clips"].values()])
    found: dict[str, Any] = {"episodes": len(exported)}
    for line in exported:
        number, episode = line["episode_index"], episodes[line["id"]]
        times, shown = episode["times"], {camera: clips[i] for camera, i in line["clips"].items()}
        asked = next(iter(shown.values()))["times"] if shown else times
        steps = np.array([np.abs(times - time).argmin() for time in asked])
        every = int(steps[1] - steps[0])
        rewards = [episode["rewards"][step : step + every] for step in steps]
        done = np.zeros(len(steps), bool)
        done[-1] = steps[-1] + every >= len(times)
        ends = np.minimum(steps + every, len(times)) - 1
        facts = {name: episode[name] for name in FACTS}
        found |= {
            f"{number}/observation.state": episode["states"][steps],
            f"{number}/action": episode["actions"][steps],
            f"{number}/next.reward": np.array([np.sum(part, dtype=np.float64) for part in rewards], np.float32),
            f"{number}/next.done": done,
            f"{number}/next.success": episode["successes"][ends],
            f"{number}/facts": json.dumps({**facts, "sample_id": episode.id}),
            f"{number}/task": episode["instruction"],
        }
        for camera, clip in shown.items():
            found[f"{number}/observation.images.{camera}"] = np.frombuffer(clip["video"], np.uint8)
            if manifest["options"]["depth"]:
                found[f"{number}/observation.depth.{camera}"] = np.frombuffer(clip["depth"], np.uint8)
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
