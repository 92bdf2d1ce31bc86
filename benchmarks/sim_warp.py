"""Environment steps a second of pick and place in MuJoCo Warp, and what they make of "10,000 years in a week".

    python -m benchmarks.sim_warp [--worlds 16384 4096] [--steps 200] [--device cuda:0]

Every property of the world is drawn anew in every episode, observations, rewards and resets are made, and the scripted
expert really picks and places: random actions hardly ever touch the block, and contacts are what takes time. Steps are
timed from giving actions on the device to having everything back there; `with_expert` counts the expert's own time too.
Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import torch
from multisynth.sim.randomise import Randomisation
from multisynth.sim.warp import environment
from multisynth.sim.warp.expert import PickPlaceExpert

from benchmarks.machine import machine

RATE = 20.0  # Hz
WARM = 120  # control steps, after which the worlds are at all stages of the task
WEEKS = 365.25 / 7  # in a year
TERMS: dict[str, Any] = {
    "friction": (0.3, 0.9), "table_friction": (0.4, 0.9), "restitution": (0.0, 0.4), "mass": (0.05, 0.4),
    "inertia": {"uniform": (0.8, 1.25), "operation": "scale"}, "gravity": {"normal": (9.81, 0.05)},
    "bandwidth": {"log_uniform": (16, 32)}, "damping": (0.0, 1.0), "latency": (0.0, 0.025),
    "action_noise": (0.0, 0.002), "sensor_noise": (0.0, 0.001), "encoder_noise": (0.0, 0.001), "dropout": (0.0, 0.05),
}  # fmt: skip
"""Beside where things lie and how large they are, which is drawn in any case."""


def measured(worlds: int, steps: int, device: str, cone: str) -> dict[str, Any]:
    """Figures of that many worlds."""
    env = environment(
        worlds, device=device, randomise=Randomisation.calibrated(**TERMS), terminate=True, rate=RATE, cone=cone
    )  # fmt: skip
    cuda = env.device.type == "cuda"
    expert = PickPlaceExpert(worlds, env.device, RATE)
    observations, _ = env.reset(seed=0)
    for _ in range(WARM):
        observations = _step(env, expert, observations)[0]
    env.overflow()
    sums = torch.zeros(4, dtype=torch.float64, device=env.device)
    times = []
    _wait(cuda)
    start = time.perf_counter()
    for _ in range(steps):
        actions = expert.act(observations)
        before = _mark(cuda)
        observations, rewards, terminated, truncated, info = env.step(actions)
        times.append((before, _mark(cuda)))
        over = terminated | truncated
        expert.reset(over)
        sums += torch.stack([rewards.mean(), over.sum(), info["success"].sum(), info["diverged"].sum()])
    _wait(cuda)
    loop = time.perf_counter() - start
    stepping = sum(_between(*pair) for pair in times)
    touching = torch.zeros(3, dtype=torch.float64, device=env.device)
    contacts, rows, looks = 0, 0, 20
    for _ in range(looks):  # not timed
        observations = _step(env, expert, observations)[0]
        fingers = env.touching().sum(1)
        touching += torch.stack([(fingers == n).double().mean() for n in range(3)])
        contacts = max(contacts, int(env.worlds.data.nacon.numpy()[0]))
        rows = max(rows, int(env.worlds.data.nefc.numpy().max()))
    crowded, unsolved = env.overflow()
    reward, ended, successes, diverged = sums.tolist()
    rate = worlds * steps / stepping
    factor = rate / RATE
    data, model = env.worlds.data, env.worlds.scene.model
    return {
        "worlds": worlds,
        "friction_cone": cone,
        "env_steps_per_s": rate,
        "env_steps_per_s_with_expert": worlds * steps / loop,
        "physics_steps_per_s": rate / RATE / model.opt.timestep,
        "physics_timestep_s": model.opt.timestep,
        "solver_iterations_at_most": int(model.opt.iterations),
        "real_time_factor": factor,
        "years_a_week_on_this_gpu": factor / WEEKS,
        "such_gpus_for_10000_years_in_a_week": 10_000 * WEEKS / factor,
        "episodes_ended": int(ended),
        "episodes_ended_by_success": successes / max(ended, 1),
        "resets_per_s": ended / stepping,
        "worlds_diverged": int(diverged),
        "mean_reward": reward / steps,
        "share_of_worlds_by_fingers_on_the_block": dict(zip("012", (touching / looks).tolist(), strict=True)),
        "contacts": {"most": contacts, "room": int(data.naconmax)},
        "constraint_rows_of_a_world": {"most": rows, "room": int(data.njmax)},
        "worlds_that_ran_out_of_room": int(crowded.sum()),
        "worlds_whose_solver_ran_out_of_iterations_once": float(unsolved.double().mean()),
        "drawn": sorted({*TERMS, "size", "carry", "goal_height", "hand", "object.x", "object.y", "object.yaw"}),
    }


def _step(env: Any, expert: PickPlaceExpert, observations: torch.Tensor) -> Any:
    out = env.step(expert.act(observations))
    expert.reset(out[2] | out[3])
    return out


def _mark(cuda: bool) -> Any:
    if not cuda:
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def _between(before: Any, after: Any) -> float:
    """S."""
    return after - before if isinstance(before, float) else before.elapsed_time(after) / 1000


def _wait(cuda: bool) -> None:
    if cuda:
        torch.cuda.synchronize()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, nargs="+", default=[16384, 4096])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--device", default="cuda:0")
    options = parser.parse_args()
    runs = [(worlds, "pyramidal") for worlds in options.worlds] + [(options.worlds[0], "elliptic")]
    figures = [measured(worlds, options.steps, options.device, cone) for worlds, cone in runs]
    cuda = torch.device(options.device).type == "cuda"
    print(
        json.dumps(
            {
                "command": " ".join(["python -m benchmarks.sim_warp", *sys.argv[1:]]),
                "device": torch.cuda.get_device_name(options.device) if cuda else options.device,
                "control_rate_hz": RATE,
                "runs": figures,
                **machine("mujoco", "mujoco-warp", "warp-lang", "torch"),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
