"""Observations a second of a Panda at a table, by channel and size, on one core.

    python -m benchmarks.observations [--seconds 2]

A rollout gives the scene and the poses, untimed; every observation is of other poses than the one before. `reset` is
what a new scene costs before its first observation, with meshes that are already loaded. Times are of the processor, so
that what else runs on the machine does not count. Prints JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time

import numpy as np
from multisynth.scenes import Camera, Scene
from multisynth.scenes.render.observe import CHANNELS, Observer
from multisynth.scenes.render.world import World
from multisynth.sim.rollout import Rollout

from benchmarks.machine import machine
from multisynth.testing import run_stage

SIZES = (64, 84, 128)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="that each channel is measured for")
    options = parser.parse_args()
    episode = run_stage(Rollout(episodes=1)).samples[0]
    scene = Scene.model_validate_json(episode["scene"])
    figures = {str(size): measured(scene, episode["poses"], size, options.seconds) for size in SIZES}
    print(json.dumps({
        "benchmark": "observations", "command": " ".join(["python", "-m", "benchmarks.observations", *sys.argv[1:]]),
        **machine("open3d", "opencv-python-headless", "numpy"),
        "task": episode["task"], "moving_parts": len(scene.moving), "frames_per_second": figures,
    }, indent=2))  # fmt: skip


def measured(scene: Scene, poses: np.ndarray, size: int, seconds: float) -> dict[str, float]:
    """Frames a second of each channel alone, of colours with rough edges, and of all; and ms for a new scene."""
    camera = scene.cameras[0].model_copy(update={"width": size, "height": size})
    world = World(scene)
    found = {name: rate(Observer(world, camera, (name,)), poses, seconds) for name in CHANNELS}
    found["rgb, not antialiased"] = rate(Observer(world, camera, ("rgb",), antialias=False), poses, seconds)
    found["all"] = rate(Observer(world, camera), poses, seconds)
    return found | {"reset_ms": reset(scene, camera, poses[0])}


def rate(observer: Observer, poses: np.ndarray, seconds: float) -> float:
    """Observations a second of processor time, over poses again and again."""
    observer.observe(poses[0])
    started = time.process_time()
    for count, moment in enumerate(itertools.cycle(poses), start=1):
        observer.observe(moment)
        if (passed := time.process_time() - started) > seconds:
            return round(count / passed, 1)
    raise ValueError("an episode without poses")


def reset(scene: Scene, camera: Camera, poses: np.ndarray) -> float:
    """Milliseconds from a scene to its first observation of everything, the median of nine."""
    times = []
    for _ in range(9):
        started = time.process_time()
        Observer(World(scene), camera).observe(poses)
        times.append(1e3 * (time.process_time() - started))
    return round(float(np.median(times)), 1)


if __name__ == "__main__":
    main()
