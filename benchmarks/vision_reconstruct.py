"""Gaussian splats of real photos: PSNR and SSIM of the views held out, every eighth by name, and the time it takes.

    python -m benchmarks.vision_reconstruct --data ../shared/data/lund_door --factor 4 --device cpu [--minutes 15]
    python -m benchmarks.vision_reconstruct --data ../shared/data/lund_door --factor 1 --prepare views.npz
    python -m benchmarks.vision_reconstruct --data views.npz --device cuda --preset simple_trainer

`--data` is the folder of a COLMAP model or of a transforms.json, or views that `--prepare` wrote: those need none of
what reads photos, so that they can be learned from on another machine. The preset `ours` is what `vision.reconstruct`
does by default; `simple_trainer` is gsplat's own trainer's settings. `--images` writes what the views held out show.
Prints JSON, with `--minutes` also whether it took no longer.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from multisynth.vision.reconstruct.options import Splats
from multisynth.vision.reconstruct.views import Views

from benchmarks.machine import machine

STEPS = {"ours": 3000, "simple_trainer": 30_000}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--factor", type=int, default=1, help="images are made smaller by it")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--preset", default="ours", choices=list(STEPS))
    parser.add_argument("--steps", type=int, help="by default those of the preset")
    parser.add_argument("--minutes", type=float, help="that it may take")
    parser.add_argument("--options", type=json.loads, default={}, help="further options of `Splats`, as JSON")
    parser.add_argument("--prepare", type=Path, help="write the views and end")
    parser.add_argument("--images", type=Path, help="folder for the views held out")
    options = parser.parse_args()
    views = Views.load(options.data) if options.data.suffix == ".npz" else read(options.data, options.factor)
    if options.prepare:
        views.save(options.prepare)
        return
    chosen = Splats(**options.options) if options.preset == "ours" else Splats.simple_trainer()
    print(json.dumps(measured(views, chosen, options.steps or STEPS[options.preset], options), indent=2))


def read(folder: Path, factor: int) -> Views:
    """Views of a folder, every eighth held out."""
    from multisynth.vision.posed import Posed
    from multisynth.vision.reconstruct.photographs import views_of

    from multisynth.sample import Sample

    stage = Posed(path=folder)
    stage.open()
    samples = [sample for sample in stage.generate(range(stage.count_of())) if isinstance(sample, Sample)]
    return views_of(samples, factor, 8)


def measured(views: Views, chosen: Splats, steps: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train and look."""
    import torch
    from multisynth.vision.reconstruct.train import train

    def told(step: int, psnr: float, count: int) -> None:
        print(f"step {step}: {psnr:.2f} dB, {count} Gaussians", file=sys.stderr)

    worked = time.process_time()
    trained = train(views, chosen, steps, seed=1, device=options.device, told=told)
    worked = time.process_time() - worked
    if options.images:
        save(views, trained, options.images)
    return {
        "benchmark": "vision_reconstruct",
        "command": " ".join(["python", "-m", "benchmarks.vision_reconstruct", *sys.argv[1:]]),
        **machine("torch", "gsplat", "numba", "numpy"), "device": options.device,
        "gpu": torch.cuda.get_device_name() if options.device == "cuda" else None,
        "threads": torch.get_num_threads(), "preset": options.preset, "options": options.options, "steps": steps,
        "views": len(views.training), "size": views.sizes[0].tolist(), "psnr": round(trained.psnr or 0, 3),
        "ssim": round(trained.ssim or 0, 4), "seconds": round(trained.seconds, 1),
        "processor_seconds": round(worked, 1),
        "in_time": None if options.minutes is None else trained.seconds <= 60 * options.minutes,
        "gaussians": len(trained.gaussians),
        "held_out": {name: {"psnr": round(p, 3), "ssim": round(s, 4)} for name, (p, s) in trained.scores.items()},
        "curve": [{"step": a, "psnr": round(b, 3), "gaussians": c} for a, b, c in trained.curve],
    }  # fmt: skip


def save(views: Views, trained: Any, folder: Path) -> None:
    """Each view held out beside what the Gaussians show, as PNG, and the Gaussians as PLY."""
    import cv2
    from multisynth.vision.cameras.viewpoint import Viewpoint
    from multisynth.vision.render.splats import SplatRenderer
    from multisynth.vision.splats.ply import encode_ply

    from multisynth.srgb import encoded

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "splats.ply").write_bytes(encode_ply(trained.gaussians))
    rows = np.flatnonzero(views.held_out).tolist()
    viewpoints = [
        Viewpoint(*views.sizes[row].tolist(), views.intrinsics[row], views.world_to_camera[row]) for row in rows
    ]
    for row, seen in zip(rows, SplatRenderer(trained.gaussians).render(viewpoints), strict=True):
        both = np.concatenate([views.images[row], encoded(seen.radiance)], axis=1)
        cv2.imwrite(str(folder / f"{Path(views.names[row]).stem}.png"), both[..., ::-1])


if __name__ == "__main__":
    main()
