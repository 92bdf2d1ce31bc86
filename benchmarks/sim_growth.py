"""Claim: 10 source demonstrations of stack become 1,000 successful ones, which all replay to the bit.

    python -m benchmarks.sim_growth [--copies 100] [--workers 2] [--keep FOLDER]

Runs the stages of `configs/sim_growth.yaml` from nothing and prints JSON: how many attempts it took, the share that
succeeded, the time, and how far the new worlds spread beyond the demonstrations'. The exit code is 1 where a
demonstration did not reach its share, or an episode did not replay.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import yaml
from scipy.spatial import ConvexHull

from benchmarks.machine import machine
from multisynth.sample import Sample
from multisynth.store import Store

CONFIGS = Path(__file__).parents[1] / "configs"
CELL = 0.04  # m


def main() -> int:
    """Run it, print the figures, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=100, help="successful episodes for each demonstration")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--keep", type=Path, help="keep the run here")
    options = parser.parse_args()
    recipe = yaml.safe_load((CONFIGS / "sim_growth.yaml").read_text("utf-8"))
    del recipe["exports"]
    grow = recipe["stages"]["grown"]
    grow |= {"copies": options.copies, "randomise": str(CONFIGS / grow["randomise"])}
    with tempfile.TemporaryDirectory() as scratch:
        out, path = options.keep or Path(scratch) / "run", Path(scratch) / "sim_growth.yaml"
        path.write_text(yaml.safe_dump(recipe), "utf-8")
        program = [sys.executable, "-m", "multisynth.cli", "run", str(path), "--out", str(out), "--json"]
        started = time.perf_counter()
        done = subprocess.run([*program, "--workers", str(options.workers)], stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - started
        facts = {
            "benchmark": "sim_growth",
            "command": " ".join(["python -m benchmarks.sim_growth", *sys.argv[1:]]),
            **machine("pybullet"),
            "exit_code": done.returncode,
            "seconds": round(seconds, 1),
            **_figures(Store.open(out)),
        }
    print(json.dumps(facts, indent=2))
    return int(
        done.returncode != 0
        or facts["successes"] < facts["sources"] * options.copies
        or facts["replayed_to_the_bit"] < facts["successes"]
    )


def _figures(store: Store) -> dict[str, object]:
    """What the run's tables and ledger tell."""
    columns = ["id", "origin", "meta", "states", "state_names"]
    demonstrations, grown, replayed = (
        list(store.table(name).samples(columns)) for name in ("demonstrations", "grown", "replayed")
    )
    reasons = [row["reason"] or "" for row in store.ledger().to_pylist() if row["stage"] == "grown"]
    failed = sum(int(found[1]) for reason in reasons if (found := re.search(r"attempts failed: (\d+)", reason)))
    attempts = len(grown) + failed
    return {
        "sources": len(demonstrations),
        "attempts": attempts,
        "successes": len(grown),
        "rate": round(len(grown) / max(attempts, 1), 4),
        "replayed_to_the_bit": sum(episode.meta["replay"]["bitwise"] for episode in replayed),
        "steps": sum(len(episode["states"]) for episode in grown),
        "stage_seconds": {name: round(_seconds(store, name), 1) for name in ("shown", "grown", "replayed")},
        "spread": {"of the sources": _spread(demonstrations), "of what was grown": _spread(grown)},
    }


def _seconds(store: Store, stage: str) -> float:
    """Worker time of a stage, s."""
    return float(sum(row["seconds"] for row in store.ledger().to_pylist() if row["stage"] == stage))


def _spread(episodes: Iterable[Sample]) -> dict[str, dict[str, float]]:
    """Where on the table the object and its goal are at the start: area of the hull, and cells of 4 cm with any."""
    starts = [(episode["states"][0], episode["state_names"]) for episode in episodes]
    spread = {}
    for what in ("object", "goal"):
        places = np.array([[state[names.index(f"{what}.{axis} (m)")] for axis in "xy"] for state, names in starts])
        spread[what] = {
            "hull_m2": round(float(ConvexHull(places).volume), 4) if len(places) > 2 else 0.0,
            "cells": len(set(map(tuple, np.floor(places / CELL).astype(int).tolist()))),
        }
    return spread


if __name__ == "__main__":
    sys.exit(main())
