"""Claim: on push, with its scripted expert, ADR's entropy rises; a curriculum that is resumed is equal bit for bit.

    python -m benchmarks.sim_adr [--minutes M] [--workers N] [--every K] [--keep FOLDER]

Runs one stage, `sim.train` with learner `expert`, and stops it after every K iterations to go on with it, from the
state that is in its table, until the time is up. Then an unbroken run makes the first eighth again. Prints entropy,
bounds and the comparison as JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from multisynth import Recipe, run
from multisynth.executors.local import LocalExecutor
from multisynth.store import Store

BUFFER = 10


def main() -> int:
    """Run it, print the figures, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20, help="of the run that is stopped and resumed (20)")
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")
    parser.add_argument("--every", type=int, default=10, help="iterations after which it is stopped (10)")
    parser.add_argument("--keep", type=Path, help="keep the runs here")
    options = parser.parse_args()
    executor = LocalExecutor(options.workers)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        try:
            started, count = time.perf_counter(), 0
            while time.perf_counter() - started < 60 * options.minutes:
                count += options.every
                store = _made(folder / "stopped", count, executor)
            seconds = time.perf_counter() - started
            unbroken = _rows(_made(folder / "unbroken", max(count // 8, 1), executor))
        finally:
            executor.close()
        resumed = _rows(store)
    entropies = [row["entropy"] for row in resumed]
    opened = next((n for n, entropy in enumerate(entropies) if math.isfinite(entropy)), None)
    finite = entropies[opened:] if opened is not None else []
    last = json.loads(resumed[-1]["curriculum"])
    same = resumed[: len(unbroken)] == unbroken
    found = {
        "command": " ".join(["python -m benchmarks.sim_adr", *sys.argv[1:]]),
        **machine("pybullet"),
        "seconds": round(seconds),
        "iterations": count,
        "resumed_times": count // options.every - 1,
        "episodes": resumed[-1]["episodes"],
        "success": round(sum(row["success"] for row in resumed) / len(resumed), 4),
        "entropy_when_all_had_opened": finite[0] if finite else None,
        "episodes_until_then": None if opened is None else resumed[opened]["episodes"],
        "entropy_at_the_end": finite[-1] if finite else None,
        "entropy_every_tenth_of_the_run": [_plain(entropies[(len(entropies) - 1) * n // 10]) for n in range(11)],
        "bounds": {
            name: {"calibrated": d["nominal"], "low": round(d["low"], 5), "high": round(d["high"], 5)}
            for name, d in last["dimensions"].items()
        },
        "iterations_compared_with_an_unbroken_run": len(unbroken),
        "equal_bit_for_bit": same,
        "exported_and_read_again_equal": _survives_export(resumed[-1]["curriculum"]),
    }
    print(json.dumps(found, indent=2))
    return 0 if same and finite and finite[-1] > finite[0] else 1


def _made(folder: Path, iterations: int, executor: LocalExecutor) -> Store:
    stage = {
        "use": "sim.train", "task": "push", "learner": "expert", "episodes": 64, "iterations": iterations,
        "adr": {"rules": {"buffer": BUFFER}},
    }  # fmt: skip
    result = run(Recipe.of({"name": "adr", "seed": 7, "stages": {"expert": stage}}), folder, executor)
    if not result.ok:
        raise RuntimeError("\n".join(result.errors.values()))
    return Store.open(folder)


def _rows(store: Store) -> list[dict[str, Any]]:
    columns = ["id", "episodes", "steps", "success", "reward", "entropy", "curriculum", "content_hash"]
    return [{name: sample[name] for name in columns} for sample in store.table("expert").samples(columns)]


def _survives_export(text: str) -> bool:
    from multisynth.sim.adr import Curriculum

    return Curriculum.model_validate_json(text).model_dump_json() == text


def _plain(entropy: float) -> float | None:
    """JSON has no infinity."""
    return round(entropy, 4) if math.isfinite(entropy) else None


if __name__ == "__main__":
    sys.exit(main())
