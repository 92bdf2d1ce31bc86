"""Environment steps a second on one core: Panda pick_place with state observations, against the bare engine.

    python -m benchmarks.sim_steps [--panda-gym PYTHON] [--episodes 10] [--repeats 5]

The scripted expert's actions of some episodes are recorded first. The clock then runs over `env.step` with them, and,
by turns, over nothing but `stepSimulation` of PyBullet in the same worlds with the same set-points, so that both make
the same physics steps to the bit. `--panda-gym` names a Python that has panda-gym 3.0.7, whose PickAndPlace is stepped
with random actions; its physics steps are counted as its `n_substeps` says. Medians over the repeats. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from typing import Any

import gymnasium
import numpy as np
from multisynth.sim.engines.pybullet import PyBullet
from multisynth.sim.environments import TaskEnvironment

from benchmarks.machine import machine

TASK = "multisynth/PandaPickPlace-v0"
SUBSTEPS = 12  # of physics, a control step of 20 Hz
PANDA_GYM = """
import time, gymnasium, panda_gym
env = gymnasium.make("PandaPickAndPlace-v3")
env.reset(seed=0)
env.action_space.seed(0)
steps, started = 0, time.perf_counter()
while (seconds := time.perf_counter() - started) < {seconds}:
    *_, terminated, truncated, _ = env.step(env.action_space.sample())
    steps += 1
    if terminated or truncated:
        spent = time.perf_counter()
        env.reset()
        started += time.perf_counter() - spent
print(steps / seconds, env.unwrapped.sim.n_substeps)
"""


class Recording:
    """A PyBullet that remembers what its motors are told."""

    def __init__(self, engine: PyBullet) -> None:
        self.told: list[tuple[np.ndarray, np.ndarray]] = []
        command = engine.command

        def remembered(positions: np.ndarray, velocities: np.ndarray) -> None:
            self.told.append((positions.copy(), velocities.copy()))
            command(positions, velocities)

        engine.command = remembered  # type: ignore[method-assign]


def environment(engine: str) -> tuple[gymnasium.Env[Any, Any], TaskEnvironment]:
    """The environment as everybody makes it, and its inside."""
    env = gymnasium.make(TASK, engine=engine)
    inside = env.unwrapped
    assert isinstance(inside, TaskEnvironment)
    return env, inside


def recorded(engine: str, episodes: int) -> list[tuple[str, np.ndarray]]:
    """Parameters and the expert's actions, [T, A], of as many episodes."""
    env, inside = environment(engine)
    found = []
    for seed in range(episodes):
        _, info = env.reset(seed=seed)
        actions = []
        truncated = False
        while not truncated and len(actions) < 80:
            actions.append(inside.expert_action())
            *_, truncated, _ = env.step(actions[-1])
        found.append((info["parameters"], np.array(actions)))
    env.close()
    return found


def stepped(engine: str, episodes: list[tuple[str, np.ndarray]]) -> float:
    """Environment steps a second, resets not counted."""
    env, _ = environment(engine)
    steps, seconds = 0, 0.0
    for parameters, actions in episodes:
        env.reset(options={"parameters": parameters})
        started = time.perf_counter()
        for action in actions:
            env.step(action)
        seconds += time.perf_counter() - started
        steps += len(actions)
    env.close()
    return steps / seconds


def bare(episodes: list[tuple[str, np.ndarray]]) -> float:
    """What environment steps a second would be, were there nothing but `stepSimulation`."""
    import pybullet

    env, inside = environment("pybullet")
    steps, seconds = 0, 0.0
    for parameters, actions in episodes:
        env.reset(options={"parameters": parameters})
        world = inside.simulation.trial.world
        assert isinstance(inside.simulation.engine, PyBullet)
        recording = Recording(inside.simulation.engine)
        for action in actions:
            env.step(action)
        engine = PyBullet(world)
        client, ticks = engine._client, SUBSTEPS * len(actions) // len(recording.told)
        for told in recording.told:
            engine.command(*told)
            started = time.perf_counter()
            for _ in range(ticks):
                pybullet.stepSimulation(client)
            seconds += time.perf_counter() - started
        assert (engine.poses() == inside.simulation.engine.poses()).all(), "not the same physics"
        engine.close()
        steps += len(actions)
    env.close()
    return steps / seconds


def panda_gym(python: str, seconds: float) -> tuple[float, float]:
    """Its environment steps and physics steps a second."""
    script = PANDA_GYM.format(seconds=seconds)
    last = subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    rate, substeps = map(float, last.split())
    return rate, rate * substeps


def _worker(engine: str, episodes: list[tuple[str, np.ndarray]], start: Any, rates: Any) -> None:
    stepped(engine, episodes[:1])
    start.wait()
    rates.put(stepped(engine, episodes))


def processes(engine: str, episodes: list[tuple[str, np.ndarray]], count: int) -> float:
    """Environment steps a second of as many processes together."""
    context = multiprocessing.get_context("spawn")
    start, rates = context.Barrier(count), context.Queue()
    workers = [context.Process(target=_worker, args=(engine, episodes, start, rates)) for _ in range(count)]
    for worker in workers:
        worker.start()
    total = sum(rates.get() for _ in workers)
    for worker in workers:
        worker.join()
    return total


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panda-gym", metavar="PYTHON", help="a Python that has panda-gym 3.0.7")
    parser.add_argument("--episodes", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    episodes = {engine: recorded(engine, options.episodes) for engine in ("pybullet", "mujoco")}
    rates: dict[str, list[float]] = {
        name: [] for name in ("bare", "pybullet", "mujoco", "panda_gym", "panda_gym_physics")
    }
    for _ in range(options.repeats):
        rates["bare"].append(bare(episodes["pybullet"]))
        rates["pybullet"].append(stepped("pybullet", episodes["pybullet"]))
        rates["mujoco"].append(stepped("mujoco", episodes["mujoco"]))
        if options.panda_gym:
            steps, physics = panda_gym(options.panda_gym, 5.0)
            rates["panda_gym"].append(steps)
            rates["panda_gym_physics"].append(physics)
    found = {name: statistics.median(measured) for name, measured in rates.items() if measured}
    shares = [ours / theirs for ours, theirs in zip(rates["pybullet"], rates["bare"], strict=True)]
    several = {
        engine: {count: processes(engine, episodes[engine], count) for count in (1, 2)}
        for engine in ("pybullet", "mujoco")
    }
    print(json.dumps({
        "benchmark": "sim_steps", "command": " ".join(["python", "-m", "benchmarks.sim_steps", *sys.argv[1:]]),
        **machine("pybullet", "mujoco", "gymnasium", "numpy"),
        "environment": TASK, "physics_steps_a_step": SUBSTEPS,
        "steps": sum(len(actions) for _, actions in episodes["pybullet"]), "repeats": options.repeats,
        "steps_per_second": {name: round(rate, 1) for name, rate in found.items()},
        "pybullet_over_bare": round(statistics.median(shares), 3),
        "mujoco_over_pybullet": round(found["mujoco"] / found["pybullet"], 2),
        **({"physics_steps_over_panda_gym": round(SUBSTEPS * found["pybullet"] / found["panda_gym_physics"], 2)}
           if options.panda_gym else {}),
        "processes": {engine: {str(n): round(rate, 1) for n, rate in told.items()} for engine, told in several.items()},
        "two_processes_over_one": {engine: round(told[2] / told[1], 2) for engine, told in several.items()},
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
