"""Claim: the quickstart ends within five minutes on two cores, every stage with something to show.

    python -m benchmarks.quickstart [--keep FOLDER]

Runs `configs/quickstart.yaml` from nothing, the answers of the language model included, and prints JSON; the exit code
is 1 where a stage made nothing or failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import platformdirs

from benchmarks.machine import machine
from multisynth.store import Store


def main() -> int:
    """Run it, print the figures, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="keep the run here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = options.keep or Path(scratch) / "run"
        recipe = Path(__file__).parents[1] / "configs" / "quickstart.yaml"
        program = [sys.executable, "-m", "multisynth.cli", "run", str(recipe), "--out", str(out), "--json"]
        cache = Path(scratch) / "cache" / "multisynth"
        cache.mkdir(parents=True)
        (cache / "models").symlink_to(platformdirs.user_cache_path("multisynth") / "models")
        environment = {**os.environ, "XDG_CACHE_HOME": str(cache.parent)}  # models, but no answers from before
        started = time.perf_counter()
        done = subprocess.run(program, stdout=subprocess.PIPE, text=True, env=environment)
        seconds = time.perf_counter() - started
        store = Store.open(out)
        made = {stage: len(store.table(stage)) for stage in store.stages}
        facts = {
            "benchmark": "quickstart",
            "command": " ".join(["python -m benchmarks.quickstart", *sys.argv[1:]]),
            **machine("pybullet", "open3d", "torch", "transformers"),
            "exit_code": done.returncode,
            "seconds": round(seconds, 1),
            "samples": made,
            "exports": store.info["exported"],
            "report_mb": round((out / "report.html").stat().st_size / 1e6, 2),
        }
        print(json.dumps(facts, indent=2))
    return int(done.returncode != 0 or not all(made.values()) or not all(facts["exports"].values()))


if __name__ == "__main__":
    sys.exit(main())
