"""Labelled frames a second: image, depth, normals, instance ids and boxes at 640×480, encoded and committed.

    python -m benchmarks.vision_frames [--workers 2]

Rollouts of the Panda at both tasks come first, untimed. The clock runs over the rest of the run: `vision.label` on the
local executor, its samples and ledger committed. `steady` leaves out that each worker starts and loads its libraries
and meshes: it is what the median episode took, times the workers. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from multisynth import Recipe, run
from multisynth.executors.local import LocalExecutor
from multisynth.store import Store

SIZE = 640, 480


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--episodes", type=int, default=24)
    parser.add_argument("--every", type=float, default=0.2, help="seconds from one frame to the next")
    options = parser.parse_args()
    stages: dict[str, Any] = {
        "rollouts": {"use": "sim.rollout", "episodes": options.episodes, "width": SIZE[0], "height": SIZE[1]},
    }
    executor = LocalExecutor(options.workers)
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(Recipe.of({"name": "bench", "seed": 7, "stages": stages}), folder, executor)
            stages["frames"] = {"use": "vision.label", "from": "rollouts", "every": options.every}
            started = time.perf_counter()
            result = run(Recipe.of({"name": "bench", "seed": 7, "stages": stages}), folder, executor)
            seconds = time.perf_counter() - started
        finally:
            executor.close()
        if not result.ok:
            sys.exit(f"the run did not end well: {result.states}")
        store = Store.open(Path(folder))
        ledger = [row for row in store.ledger().to_pylist() if row["stage"] == "frames"]
    frames = sum(row["outputs"] for row in ledger)
    each = statistics.median(row["seconds"] / row["outputs"] for row in ledger if row["outputs"])
    print(json.dumps({
        "benchmark": "vision_frames", "command": " ".join(["python", "-m", "benchmarks.vision_frames", *sys.argv[1:]]),
        **machine("open3d", "opencv-python-headless", "numpy"),
        "width": SIZE[0], "height": SIZE[1], "labels": ["depth", "normals", "instances", "boxes"],
        "workers": options.workers, "frames": frames, "seconds": round(seconds, 2),
        "frames_per_second": round(frames / seconds, 2), "steady_frames_per_second": round(options.workers / each, 2),
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
