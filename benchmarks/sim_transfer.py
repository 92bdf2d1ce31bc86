"""Claim: a policy trained with ADR transfers better than one trained with a fixed range, and that better than without.

    python -m benchmarks.sim_transfer [--workers N] [--keep FOLDER] [--iterations N] [--episodes N]

Runs `configs/sim_transfer.yaml` (training in PyBullet, evaluation in MuJoCo) and prints, for each policy and world, the
share of successes with Wilson's 95 % interval, and for each two policies in the shifted world the probability that
luck alone parts them so far (McNemar's exact test, since all meet the same episodes), as JSON.
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

import yaml
from scipy.stats import binomtest

from benchmarks.machine import machine
from multisynth import Recipe, run
from multisynth.executors.local import LocalExecutor
from multisynth.store import Store

RECIPE = Path(__file__).parents[1] / "configs" / "sim_transfer.yaml"
ARMS, WORLDS = ("none", "fixed", "adr"), ("home", "mujoco", "shifted")


def main() -> int:
    """Run it, print the figures, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")
    parser.add_argument("--keep", type=Path, help="keep the run here")
    parser.add_argument("--iterations", type=int, help="of each training, instead of the recipe's")
    parser.add_argument("--episodes", type=int, help="in a cell, instead of the recipe's")
    options = parser.parse_args()
    data = yaml.safe_load(RECIPE.read_text("utf-8"))
    for arm in ARMS if options.iterations else ():
        data["stages"][arm]["iterations"] = options.iterations
    for world in WORLDS if options.episodes else ():
        data["stages"][world]["episodes"] = options.episodes
    with tempfile.TemporaryDirectory() as folder:
        out = options.keep or Path(folder) / "run"
        executor, started = LocalExecutor(options.workers), time.perf_counter()
        try:
            result = run(Recipe.of(data, folder=RECIPE.parent), out, executor)
        finally:
            executor.close()
        if not result.ok:
            print("\n".join(result.errors.values()), file=sys.stderr)
            return 1
        command = " ".join(["python -m benchmarks.sim_transfer", *sys.argv[1:]])
        told = {"command": command, **machine("pybullet", "mujoco", "torch")}
        found = {**told, "seconds": round(time.perf_counter() - started), **table(Store.open(out))}
    print(json.dumps(found, indent=2))
    shifted = [found["success"][arm]["shifted"]["share"] for arm in ARMS]
    return 0 if shifted == sorted(set(shifted)) else 1


def table(store: Store) -> dict[str, Any]:
    """Successes of each arm in each world, tests between arms in the last one, and what each arm practised."""
    arms = {sample.id: sample["origin"] for sample in store.table("policies").samples(["origin"])}
    trained = {arm: list(store.table(arm).samples(_TOLD))[-1] for arm in ARMS}
    arm_of = {policy: arm for policy, origin in arms.items() for arm in ARMS if trained[arm].id == origin}
    outcomes: dict[str, dict[str, list[bool]]] = {arm: {world: [] for world in WORLDS} for arm in ARMS}
    for world in WORLDS:
        for episode in store.table(world).samples(["origin", "success"]):
            outcomes[arm_of[episode["origin"]]][world].append(episode["success"])
    return {
        "success": {arm: {world: _share(outcomes[arm][world]) for world in WORLDS} for arm in ARMS},
        "p_values_shifted": {
            f"{better} > {worse}": _mcnemar(outcomes[better]["shifted"], outcomes[worse]["shifted"])
            for better, worse in (("adr", "fixed"), ("fixed", "none"), ("adr", "none"))
        },
        "practised": {arm: {name: trained[arm][name] for name in ("episodes", "steps", "success")} for arm in ARMS},
        "adr_entropy": entropy if math.isfinite(entropy := trained["adr"]["entropy"]) else None,
        "adr_bounds": {
            name: [round(dimension["low"], 5), round(dimension["high"], 5)]
            for name, dimension in json.loads(trained["adr"]["curriculum"])["dimensions"].items()
        },
    }


_TOLD = ["id", "episodes", "steps", "success", "entropy", "curriculum"]


def _share(outcomes: list[bool]) -> dict[str, Any]:
    interval = binomtest(sum(outcomes), len(outcomes)).proportion_ci(method="wilson")
    low, high = round(float(interval.low), 3), round(float(interval.high), 3)
    return {"episodes": len(outcomes), "share": sum(outcomes) / len(outcomes), "interval": [low, high]}


def _mcnemar(better: list[bool], worse: list[bool]) -> float:
    """Of the episodes that only one of them succeeds in, how likely so many are the better one's by luck."""
    won = sum(a and not b for a, b in zip(better, worse, strict=True))
    lost = sum(b and not a for a, b in zip(better, worse, strict=True))
    return float(binomtest(won, max(won + lost, 1), alternative="greater").pvalue)


if __name__ == "__main__":
    sys.exit(main())
