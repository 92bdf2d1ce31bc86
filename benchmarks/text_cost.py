"""What 100 million verified reasonings, and as many preference pairs, would cost at the rates of a run on this machine.

    python -m benchmarks.text_cost [--problems 4000] [--model smollm2-135m] [--engine auto] [--prices FILE]

Prints JSON: a row a stage, each final stage's samples with all that stood before them, and the proportion for 100
million. On an H100 the default takes some minutes; on two cores take `--problems 100`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import machine
from multisynth import Recipe, run
from multisynth.economics import cost, prices, rows
from multisynth.executors.local import LocalExecutor
from multisynth.export.strict_json import plain
from multisynth.serving import choice
from multisynth.store import Store

WANTED = 100_000_000


def recipe(problems: int, model: str, engine: str) -> Recipe:
    """Arithmetic, answered and searched: answers that verify, and pairs of steps of which one leads to such answers."""
    asked = {"model": model, "engine": engine}
    return Recipe.of({
        "name": "text-cost", "seed": 1,
        "stages": {
            "problems": {"use": "text.arithmetic", "problems": problems},
            "attempts": {"use": "text.attempt", "from": "problems", "attempts": 4, **asked},
            "verified": {"use": "text.verify", "from": "attempts"},
            "trees": {"use": "text.search", "from": "problems", "rollouts": 12, "max_tokens": 64, **asked},
            "pairs": {"use": "text.siblings", "from": "trees"},
        },
    })  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", type=int, default=4000)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--prices", type=Path)
    parser.add_argument("--out", type=Path, help="the run's folder; a fresh one by default")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    table = prices.load(asked.prices)
    with tempfile.TemporaryDirectory() as scratch:
        # Answers that are in the cache already would take no time. Who asks a model works in this process.
        choice.cache_file = lambda: Path(scratch) / "completions.sqlite"
        out = asked.out or Path(scratch) / "run"
        executor = LocalExecutor(asked.workers)
        result = run(recipe(asked.problems, asked.model, asked.engine), out, executor)
        executor.close()
        if not result.ok:
            sys.exit(json.dumps(result.errors, indent=2))
        bill = cost.bill(Store.open(out), table)
    found = {"command": " ".join(sys.argv[1:]), **rows.facts(bill, WANTED), **machine("torch", "transformers", "vllm")}
    print(json.dumps(plain(found), indent=2))


if __name__ == "__main__":
    main()
