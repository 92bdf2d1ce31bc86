"""How often the scripted experts achieve their tasks, one figure a task.

    python -m benchmarks.sim_experts [--engine pybullet] [--rate 20] [--seeds 100] [--tasks push stack]
        [--randomise configs/dr/tabletop.yaml] [--workers 2]

By default every property of the world has its calibrated value, and places and looks are drawn. An episode counts when
its task stands achieved half a second after the expert is done.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml
from multisynth.sim import engines
from multisynth.sim.episode import HOLD
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.robots import ROBOTS
from multisynth.sim.simulation import begin, divides
from multisynth.sim.tasks import TASKS
from multisynth.sim.trial import View

from benchmarks.machine import machine
from multisynth import seeds


def episode(name: str, terms: Randomisation, engine: str, rate: float, seed: int) -> tuple[bool, float]:
    """Run one: whether it ended in success, and the seconds that it lasted."""
    task = TASKS[name]
    draw = Draw(terms, lambda purpose: seeds.rng(seed, f"{task.name} {purpose}"))
    trial = task.draw(draw, View(0))
    simulation = begin(draw, trial, engines.engine(engine), ROBOTS[task.robot], rate)
    try:
        expert = trial.expert(1 / rate)
        left = round(HOLD * rate)
        for _ in range(round(task.duration * rate)):
            simulation.step(expert.act(simulation.seen))
            left -= expert.done
            if not left:
                break
        return simulation.achieved, simulation.now.time
    finally:
        simulation.close()


def interval(successes: int, count: int) -> list[float]:
    """Of 95 % confidence, for a share (Wilson 1927)."""
    z, share = 1.96, successes / count
    middle, width = share + z * z / 2 / count, z * math.sqrt(share * (1 - share) / count + (z / 2 / count) ** 2)
    return [(middle - width) / (1 + z * z / count), (middle + width) / (1 + z * z / count)]


def measured(
    name: str, terms: Randomisation, engine: str, rate: float, count: int, pool: ProcessPoolExecutor
) -> dict[str, Any]:
    """Run the task's episodes."""
    started = time.perf_counter()
    ran = list(pool.map(partial(episode, name, terms, engine, rate), range(count)))
    seconds = time.perf_counter() - started
    good, lasted = sum(success for success, _ in ran), sum(lasted for _, lasted in ran)
    return {
        "success": good / count,
        "interval": interval(good, count),
        "failed": [seed for seed, (success, _) in enumerate(ran) if not success],
        "episode_s": lasted / count,
        "steps_per_s": lasted * rate / seconds,
    }


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="pybullet", choices=list(engines.ENGINES))
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--randomise", type=Path)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    options = parser.parse_args()
    divides(options.rate)
    terms = Randomisation.calibrated()
    if options.randomise is not None:
        terms = Randomisation.model_validate(yaml.safe_load(options.randomise.read_text("utf-8")))
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        results = {
            name: measured(name, terms, options.engine, options.rate, options.seeds, pool) for name in options.tasks
        }
    print(
        json.dumps(
            {
                "command": " ".join(["python -m benchmarks.sim_experts", *sys.argv[1:]]),
                "seeds": options.seeds,
                "tasks": results,
                **machine(options.engine, "numpy"),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
