"""Runs to export from: real stores, filled by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pytest

from multisynth.kinds import CLIP, EPISODE, Kind
from multisynth.media import encode_video
from multisynth.process import LEDGER
from multisynth.rows import Birth, batch_of
from multisynth.sample import Batch, Sample
from multisynth.store import Store

IDENTITY = np.eye(3), np.eye(4)


class Run(Store):
    """A store whose tables are given instead of run."""

    def add(self, stage: str, samples: Sequence[Sample], kind: Kind | None = None) -> Batch:
        """Commit a stage's samples; return them as the next stage would see them."""
        kind = kind or samples[0].kind
        batch = batch_of(Birth(stage, f"fingerprint of {stage}", 7, kind, license="CC0-1.0"), samples)
        stages = self.info["stages"] if (self.root / "run.json").exists() else {}
        known = {**stages, stage: {"kind": kind.name}}
        self.write_info({"name": "test", "recipe": {}, "folder": str(self.root), "stages": known})
        shelf = self.shelf(stage)
        shelf.reset(kind, {})
        lance.write_dataset(batch.table, shelf.table_uri, mode="append")
        lance.write_dataset(LEDGER.empty_table(), shelf.ledger_uri, mode="append")
        table = self.table(stage)
        return table.rows(0, len(table))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    root = tmp_path / "run"
    root.mkdir()
    return Run(root)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def episode(ordinal: int, steps: int = 20, states: int = 8, rate: float = 20.0, **values: Any) -> Sample:
    """An episode of made-up motion, another for each ordinal."""
    rng = np.random.default_rng(ordinal)
    columns = {
        "task": "push",
        "instruction": f"Push the {('red', 'blue', 'green')[ordinal % 3]} block to the goal.",
        "success": ordinal % 2 == 0,
        "scene": "{}",
        "times": np.arange(steps) / rate,
        "poses": rng.normal(size=(steps, 2, 7)).astype(np.float32),
        "events": [],
        "engine": "pybullet 3.2.7",
        "robot": "panda",
        "rate": rate,
        "parameters": "{}",
        "actions": rng.normal(size=(steps, 7)).astype(np.float32),
        "action_names": [f"joint {i} velocity (rad/s)" for i in range(7)],
        "states": rng.normal(size=(steps, states)).astype(np.float32),
        "state_names": [f"joint {i} (rad)" for i in range(states)],
        "rewards": rng.normal(size=steps).astype(np.float32),
        "successes": np.arange(steps) >= steps * 3 // 4 if ordinal % 2 == 0 else np.zeros(steps, bool),
    }
    return Sample(EPISODE, ordinal, **{**columns, **values})


def picture(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth picture, another for each seed. [H, W, 3] uint8"""
    y, x = np.mgrid[:height, :width]
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    return np.uint8(127 + 120 * np.sin(x[..., None] / 9 + phase) * np.cos(y[..., None] / 7 + phase))


def clip(of: Sample, every: int = 1, seed: int = 0, meta: dict[str, Any] | None = None) -> Sample:
    """A clip of an episode that shows each `every`-th step."""
    motion = ("task", "instruction", "success", "scene", "events")
    times, fps = of["times"][::every], of["rate"] / every
    return of.child(
        CLIP,
        meta=meta or {},
        **{name: of[name] for name in motion},
        times=times,
        poses=of["poses"][::every],
        width=64,
        height=48,
        intrinsics=np.eye(3),
        world_to_camera=np.eye(4),
        fps=fps,
        video=encode_video((picture(1000 * seed + frame) for frame in range(len(times))), fps),
    )


@pytest.fixture
def make_episode() -> Callable[..., Sample]:
    return episode


@pytest.fixture
def make_clip() -> Callable[..., Sample]:
    return clip
