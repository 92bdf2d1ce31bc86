"""Labelled frames a second of splats: colour, depth, normals and ids, encoded and committed, beside rendering alone.

    python -m benchmarks.vision_splat_frames [--workers 8] [--frames 9216] [--out /dev/shm]

A furnished room of Gaussians is filmed by `vision.shoot` along drawn paths. The clock runs over the extension of a run
whose workers have started: from the call to the last commit, camera checks included. Beside it, one process: the bare
rasteriser (colours and expected depth, nothing moved to the host), one view at a time and in batches, and the renderer
up to arrays in the host's memory. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.codes import Codes
from multisynth.vision.render.encode import columns
from multisynth.vision.render.splats import BATCH, FLAT, SplatRenderer
from multisynth.vision.splats.gaussians import Gaussians
from multisynth.vision.splats.ply import encode_ply
from pydantic import Field

from benchmarks.machine import machine
from benchmarks.splat_room import ROOM, room, views
from multisynth import Recipe, registry, run
from multisynth.executors.local import LocalExecutor
from multisynth.kinds import VOLUME
from multisynth.sample import Sample
from multisynth.stage import Needs, Source
from multisynth.store import Store

LABELS = ("depth", "normals", "instances")
SHOT = 64  # frames of a path


class Room(Source):
    """A furnished room of Gaussians, with the views that might have made it."""

    makes = VOLUME
    needs = Needs(batch_size=1)
    count: int = Field(1, ge=0, description="How many.")
    gaussians: int = Field(200_000, ge=1, description="Of each room.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample]:
        """Furnish them."""
        matrices, lenses = views(48, 960, 540)
        for ordinal in ordinals:
            cloud = furnished(self.gaussians, ordinal)
            yield Sample(
                VOLUME, ordinal, method="splats", data=encode_ply(cloud), metric=True, up=np.array([0.0, 0, 1]),
                bounds=np.stack([np.zeros(3), ROOM]), view_names=[f"{view}" for view in range(48)],
                view_intrinsics=lenses.astype(np.float64), view_sizes=np.tile(np.int32([960, 540]), (48, 1)),
                view_poses=matrices.astype(np.float64), held_out=np.zeros(48, bool), steps=0,
                instances=cloud.instances, names=[f"box {box}" for box in range(1, 6)], categories=["furniture"] * 5,
            )  # fmt: skip


def furnished(count: int, seed: int = 0) -> Gaussians:
    """The room as Gaussians."""
    arrays = room(count, seed)
    return Gaussians(
        means=arrays["means"],
        quaternions=arrays["quats"],
        log_scales=np.log(arrays["scales"]),
        logit_opacities=np.log(arrays["opacities"] / (1 - arrays["opacities"])),
        harmonics=arrays["colors"],
        instances=arrays["labels"].astype(np.uint16),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--frames", type=int, default=9216)
    parser.add_argument("--gaussians", type=int, default=200_000)
    parser.add_argument("--width", type=int, default=960)
    parser.add_argument("--height", type=int, default=540)
    parser.add_argument("--seconds", type=float, default=3.0, help="that each rate is measured for")
    parser.add_argument("--out", type=Path, help="folder for the run, such as /dev/shm")
    options = parser.parse_args()
    print(json.dumps(measured(options), indent=2))


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    size = options.width, options.height
    alone = rendered(furnished(options.gaussians), *size, options.seconds)
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        frames, seconds, per_frame = committed(options, Path(folder))
    return {
        "benchmark": "vision_splat_frames",
        "command": " ".join(["python", "-m", "benchmarks.vision_splat_frames", *sys.argv[1:]]),
        **machine("torch", "gsplat", "numpy", "isal"), "device": device(),
        "width": size[0], "height": size[1], "gaussians": options.gaussians, "labels": ["rgb", *LABELS],
        "workers": options.workers, "frames": frames, "seconds": round(seconds, 2),
        "frames_per_second": round(frames / seconds, 1), "megabytes_per_frame": round(per_frame / 1e6, 2), **alone,
    }  # fmt: skip


def committed(options: argparse.Namespace, folder: Path) -> tuple[int, float, float]:
    """Film into a store: frames, seconds, and bytes of media a frame."""
    registry.add("bench.room", Room)
    each = min(SHOT, options.frames)

    def recipe(shots: int) -> Recipe:
        shoot = {
            "use": "vision.shoot", "of": "room", "shots": shots, "frames": each, "labels": list(LABELS),
            "optics": {"width": options.width, "height": options.height},
            # the room is inside its views: only what is looked at may stop a camera
            "limits": {"turned": 180.0, "away": 10.0},
        }  # fmt: skip
        stages: dict[str, Any] = {"room": {"use": "bench.room", "gaussians": options.gaussians}, "frames": shoot}
        return Recipe.of({"name": "bench", "seed": 5, "stages": stages})

    executor = LocalExecutor(options.workers)
    try:
        warm = 4 * options.workers  # enough for every worker to have met the room
        first = run(recipe(warm), folder, executor)
        before = len(Store.open(folder).table("frames"))
        started = time.perf_counter()
        result = run(recipe(warm + -(-options.frames // each)), folder, executor)
        seconds = time.perf_counter() - started
    finally:
        executor.close()
    if not (first.ok and result.ok):
        sys.exit(f"the run did not end well: {first.states}, {result.states}")
    made = len(Store.open(folder).table("frames"))
    stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return made - before, seconds, stored / made


def rendered(cloud: Gaussians, width: int, height: int, seconds: float) -> dict[str, float]:
    """Frames a second of one process: the bare rasteriser, the renderer, and on one core the encoders."""
    import torch
    from multisynth.vision.splats.rasterize import rasterization

    renderer = SplatRenderer(cloud)
    cuda = renderer.device.type == "cuda"
    batch = BATCH if cuda else 1
    matrices, lenses = views(batch, width, height)
    place = [torch.from_numpy(array).to(renderer.device) for array in (matrices, lenses)]
    opacities, colours = 1 / (1 + np.exp(-cloud.logit_opacities)), np.clip(cloud.harmonics[:, 0] * FLAT + 0.5, 0, 1)
    splats = [
        torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(renderer.device)
        for array in (cloud.means, cloud.quaternions, np.exp(cloud.log_scales), opacities, colours)
    ]

    def bare(count: int) -> int:
        with torch.no_grad():
            rasterization(*splats, place[0][:count], place[1][:count], width, height, render_mode="RGB+ED")
        if cuda:
            torch.cuda.synchronize()
        return count

    path = [
        Viewpoint(width, height, k.astype(np.float64), m.astype(np.float64))
        for m, k in zip(matrices, lenses, strict=True)
    ]
    codes: list[Codes] = []

    def whole() -> int:
        codes[:] = renderer.codes(path * (4 if cuda else 1))
        return len(codes)

    figures = {
        "bare_single": rate(lambda: bare(1), seconds),
        f"bare_batches_of_{batch}": rate(lambda: bare(batch), seconds),
        "renderer_to_host": rate(whole, seconds),
    }
    figures["encoded_on_one_core"] = rate(lambda: len(columns(codes[0], LABELS)) // 4, seconds)
    return figures


def rate(work: Callable[[], int], seconds: float) -> float:
    """Of what `work` counts, how many a second; its first time is not measured."""
    work()
    started, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < seconds:
        done += work()
    return round(done / passed, 1)


def device() -> str:
    """What renders."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


if __name__ == "__main__":
    main()
