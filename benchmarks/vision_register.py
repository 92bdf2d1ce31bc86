"""Photos to poses: how many are placed, how far from a reference model, and how long it takes.

    python -m benchmarks.vision_register [--photos FOLDER] [--reference COLMAP_MODEL] [--quality normal]

Runs `vision.photos` and `vision.register` on the local executor, and compares the poses with those of a COLMAP model
after the similarity that fits the cameras' centres best (Umeyama 1991). `span` is the largest distance between two
reference cameras. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from multisynth.vision.posed import Posed

from benchmarks.machine import machine
from multisynth import Recipe, run
from multisynth.executors.local import LocalExecutor
from multisynth.store import Store
from multisynth.testing import run_stage

DATA = Path("../shared/data/lund_door")


def differences(found: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> dict[str, float]:
    """How far poses lie from those of a reference, in per cent of its span and in degrees.

    Args:
        found: World to camera, by name. Each [4, 4]
        reference: Likewise, in another world.
    """
    names = sorted(found.keys() & reference.keys())
    pairs = np.array([[poses[name] for name in names] for poses in (found, reference)])
    ours, theirs = -np.einsum("knij,kni->knj", pairs[..., :3, :3], pairs[..., :3, 3])
    span = np.linalg.norm(theirs[:, None] - theirs, axis=-1).max()
    middle, other = ours.mean(axis=0), theirs.mean(axis=0)
    left, stretch, right = np.linalg.svd((theirs - other).T @ (ours - middle))
    signs = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    turn = left * signs @ right
    scale = (stretch * signs).sum() / ((ours - middle) ** 2).sum()
    away = np.linalg.norm(scale * (ours - middle) @ turn.T + other - theirs, axis=1) / span * 100
    relative = pairs[0, :, :3, :3] @ turn.T @ pairs[1, :, :3, :3].transpose(0, 2, 1)
    angles = np.degrees(np.arccos(np.clip((np.trace(relative, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    return {
        "position_percent_of_span_max": round(float(away.max()), 5),
        "position_percent_of_span_mean": round(float(away.mean()), 5),
        "rotation_degrees_max": round(float(angles.max()), 5),
        "rotation_degrees_mean": round(float(angles.mean()), 5),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=DATA / "images")
    parser.add_argument("--reference", type=Path, default=DATA / "colmap")
    parser.add_argument("--quality", default="normal")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    stages = {
        "photos": {"use": "vision.photos", "folder": str(options.photos.resolve())},
        "views": {"use": "vision.register", "from": "photos", "quality": options.quality},
    }
    executor = LocalExecutor(options.workers)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        try:
            result = run(Recipe.of({"name": "bench", "seed": 7, "stages": stages}), folder, executor)
        finally:
            executor.close()
        seconds = time.perf_counter() - started
        if not result.ok:
            sys.exit(f"the run did not end well: {result.errors or result.states}")
        table = Store.open(Path(folder)).table("views")
        views = {view["name"]: view for view in table.samples(["name", "world_to_camera", "meta"])}
        found = {name: view["world_to_camera"] for name, view in views.items()}
        errors = [view.meta["error_px"] for view in views.values()]
    posed = run_stage(Posed(path=options.reference.resolve(), images=options.photos.resolve(), upright=False))
    reference = {view["name"]: view["world_to_camera"] for view in posed.samples}
    command = " ".join(["python", "-m", "benchmarks.vision_register", *sys.argv[1:]])
    print(json.dumps({
        "benchmark": "vision_register", "command": command,
        **machine("pycolmap", "numpy"),
        "photos": len(reference), "placed": len(found), "quality": options.quality, "workers": options.workers,
        "seconds": round(seconds, 1), **differences(found, reference),
        "reprojection_error_px": round(float(np.mean(errors)), 4),
        "bars": {"position_percent_of_span_max": 0.05, "rotation_degrees_max": 0.1},
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
