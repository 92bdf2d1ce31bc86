"""Claim: 1,000 episodes, state only, export at 500 frames/s at least in under 1 GB, as each format's reader sees.

    python -m benchmarks.export_episodes [--episodes 1000] [--rollouts 20] [--lerobot .venv-lerobot/bin/python]

A few rollouts of an expert are made once and stored as often as it takes, as episodes with ids of their own. Each
exporter runs in a process of its own, so that its peak of memory is nobody else's. What it wrote is read back with
pyarrow, Minari and h5py, and every value compared with the store's; with `--lerobot`, with lerobot 0.4.4 as well.
Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from benchmarks import lerobot_roundtrip
from benchmarks.machine import machine
from multisynth import Recipe, registry, run
from multisynth.export.exporter import Exporter
from multisynth.export.lerobot import LeRobot
from multisynth.export.minari import Minari
from multisynth.export.robomimic import Robomimic
from multisynth.kinds import EPISODE
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs
from multisynth.store import Store

EXPORTERS: dict[str, Exporter] = {"lerobot": LeRobot(), "minari": Minari(), "hdf5": Robomimic()}
STAGE = "episodes"


class Copies(Map):
    """Each episode several times."""

    takes = (EPISODE,)
    makes = EPISODE
    needs = Needs(batch_size=1)
    count: int = Field(50, ge=1, description="How often.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """As `Map.process`."""
        for episode in samples:
            columns = {name: episode[name] for name in EPISODE.columns}
            for _ in range(self.count):
                yield episode.child(EPISODE, **columns)


def main(episodes: int, rollouts: int, lerobot: str | None) -> int:
    """Make the episodes, export and read them; return the exit code."""
    registry.add("benchmark.copies", Copies)
    recipe = {
        "name": "export_episodes",
        "seed": 1,
        "stages": {
            "rollouts": {"use": "sim.rollout", "tasks": ["push"], "episodes": rollouts},
            STAGE: {"use": "benchmark.copies", "from": "rollouts", "count": -(-episodes // rollouts)},
        },
    }
    with tempfile.TemporaryDirectory() as scratch:
        made = run(Recipe.of(recipe), Path(scratch) / "run")
        store = Store.open(made.root)
        results: dict[str, Any] = {}
        for name in EXPORTERS:
            target = Path(scratch) / name
            target.mkdir()
            command = [
                sys.executable,
                "-m",
                "benchmarks.export_episodes",
                "--export",
                name,
                str(made.root),
                str(target),
            ]
            results[name] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
            started = time.perf_counter()
            frames = READERS[name](store, target)
            results[name] |= {
                "frames": frames,
                "frames/s": round(frames / results[name]["s"]),
                "size, MB": round(sum(p.stat().st_size for p in target.rglob("*") if p.is_file()) / 1e6, 1),
                "read back and compared, s": round(time.perf_counter() - started, 2),
            }
        if lerobot:
            results["lerobot"]["lerobot 0.4.4"] = read_by_lerobot(store, Path(scratch) / "lerobot", lerobot)
        table = store.table(STAGE)
        about = {"episodes": len(table), "distinct": len(store.table("rollouts"))}
    passed = all(result["frames/s"] >= 500 and result["peak, MB"] < 1000 for result in results.values())
    command = " ".join(["python -m benchmarks.export_episodes", *sys.argv[1:]])
    head = {"command": command, **machine("h5py", "minari"), **about}
    print(json.dumps({**head, "exports": results, "passed": passed}, indent=2))
    return 0 if passed else 1


def export(name: str, root: Path, target: Path) -> dict[str, Any]:
    """Export, alone in this process; say how long it took and the most memory that the process held."""
    store = Store.open(root)
    started = time.perf_counter()
    records = EXPORTERS[name].write(store.table(STAGE), target, store)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"records": records, "s": round(seconds, 2), "peak, MB": round(peak / 1e6)}


def _check(what: str, *pairs: tuple[Any, Any]) -> None:
    for found, wanted in pairs:
        if not np.array_equal(found, wanted):
            raise SystemExit(f"{what} is not what the store holds")


def read_parquet(store: Store, target: Path) -> int:
    """Compare every value of the LeRobot data set; returns the number of rows."""
    import pyarrow.parquet as pq

    paths = sorted(target.glob("data/*/*.parquet"))
    rows = ({name: part.column(name) for name in part.schema.names} for path in paths for part in _groups(pq, path))
    frames = 0
    for episode, part in zip(store.table(STAGE).samples(), rows, strict=True):
        states = part["observation.state"].flatten().to_numpy().reshape(episode["states"].shape)
        actions = part["action"].flatten().to_numpy().reshape(episode["actions"].shape)
        rewards = part["next.reward"].to_numpy()
        _check(episode.id, (states, episode["states"]), (actions, episode["actions"]), (rewards, episode["rewards"]))
        frames += len(rewards)
    return frames


def _groups(pq: Any, path: Path) -> Iterator[Any]:
    """Row groups, which are one an episode, as record batches."""
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group).combine_chunks().to_batches()[0]


def read_minari(store: Store, target: Path) -> int:
    """Compare every value of the Minari data set; returns the number of steps."""
    os.environ["MINARI_DATASETS_PATH"] = str(target)
    import minari

    data = minari.load_dataset("multisynth/panda-push/pybullet-v0")
    environment = data.recover_environment()
    environment.reset(seed=0)
    environment.close()
    for own, found in zip(store.table(STAGE).samples(), data.iterate_episodes(), strict=True):
        _check(
            own.id,
            (found.observations, own["states"]),
            (found.actions, own["actions"][:-1]),
            (found.rewards, own["rewards"][:-1]),
            (found.infos["success"], own["successes"][:-1]),
        )
    return int(data.total_steps)


def read_hdf5(store: Store, target: Path) -> int:
    """Compare every value of the demonstrations; returns the number of samples."""
    import h5py

    with h5py.File(target / "panda-push-pybullet.hdf5") as file:
        for number, own in enumerate(store.table(STAGE).samples()):
            demo = file[f"data/demo_{number}"]
            _check(
                own.id,
                (demo["obs/state"], own["states"][:-1]),
                (demo["next_obs/state"], own["states"][1:]),
                (demo["actions"], own["actions"][:-1]),
                (demo["rewards"], own["rewards"][:-1]),
                ([demo.attrs["sample_id"], demo.attrs["parameters"]], [own.id, own["parameters"]]),
            )
        return int(file["data"].attrs["total"])


def read_by_lerobot(store: Store, target: Path, python: str) -> dict[str, Any]:
    """Every row through `LeRobotDataset`, in an environment of its own."""
    manifest = {"tables": {STAGE: 0}, "options": EXPORTERS["lerobot"].model_dump()}
    with tempfile.TemporaryDirectory() as scratch:
        expected = Path(scratch) / "expected.npz"
        np.savez(expected, **lerobot_roundtrip.values(store, manifest, target))
        found: dict[str, Any] = lerobot_roundtrip.read(target, expected, python)
    return found


READERS: dict[str, Callable[[Store, Path], int]] = {
    "lerobot": read_parquet, "minari": read_minari, "hdf5": read_hdf5,
}  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--rollouts", type=int, default=20)
    parser.add_argument("--lerobot", metavar="PYTHON")
    parser.add_argument("--export", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        name, root, target = options.export
        print(json.dumps(export(name, Path(root), Path(target))))
        sys.exit(0)
    sys.exit(main(options.episodes, options.rollouts, options.lerobot))
