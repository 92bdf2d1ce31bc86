"""nerfacto on a capture: held-out PSNR and SSIM, and the time it took, beside splats on the same views.

    python -m benchmarks.vision_reconstruct --data ../shared/data/lund_door --factor 1 --prepare views.npz
    python -m benchmarks.vision_nerfacto --data views.npz --device cuda --steps 30000 --seconds 280

The clock runs over the training alone. `--save` keeps the field and, beside each other, the photos held out and what
the field shows there. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.reconstruct.nerfacto import train_nerfacto
from multisynth.vision.reconstruct.nerfacto_field import Architecture, Nerf
from multisynth.vision.reconstruct.views import Views
from multisynth.vision.render.nerf import NerfRenderer

from benchmarks.machine import machine


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="what vision_reconstruct --prepare wrote")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, help="ends the training if it comes first")
    parser.add_argument("--rays", type=int, default=4096, help="a step")
    parser.add_argument("--log2-table", type=int, default=19, help="rows of a level of the hash grid")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="a folder for the field and for pictures")
    options = parser.parse_args()
    import torch

    views = Views.load(options.data)
    trained = train_nerfacto(
        views,
        steps=options.steps,
        rays=options.rays,
        seed=options.seed,
        device=options.device,
        seconds=options.seconds,
        architecture=Architecture(log2_table=options.log2_table),
    )
    data = trained.nerf.dumps()
    rendered = frames_per_second(trained.nerf, views, options.device)
    if options.save:
        save(options.save, data, views, trained.held_out)
    cuda = options.device.startswith("cuda")
    print(json.dumps({
        "benchmark": "vision_nerfacto",
        "command": " ".join(["python", "-m", "benchmarks.vision_nerfacto", *sys.argv[1:]]),
        **machine("torch", "nerfstudio", "numpy"), "device": torch.cuda.get_device_name() if cuda else "cpu",
        "data": options.data.name, "views": len(views), "held_out": sorted(trained.held_out),
        "width": int(views.sizes[0, 0]), "height": int(views.sizes[0, 1]), "rays": options.rays,
        "steps": trained.steps, "seconds": round(trained.seconds, 1),
        "steps_per_second": round(trained.steps / trained.seconds, 2),
        "psnr": trained.psnr and round(trained.psnr, 2), "ssim": trained.ssim and round(trained.ssim, 4),
        "rendered_frames_per_second": round(rendered, 3), "megabytes": round(len(data) / 1e6, 1),
        "peak_gpu_gigabytes": round(torch.cuda.max_memory_allocated() / 1e9, 2) if cuda else None,
        "colour_loss": [round(loss, 5) for loss in trained.losses[:: max(len(trained.losses) // 20, 1)]],
    }))  # fmt: skip


def frames_per_second(nerf: Nerf, views: Views, device: str) -> float:
    """Of the renderer at the size of the first view, once warm."""

    height, width = views.images[0].shape[:2]
    camera = Viewpoint(width, height, views.intrinsics[0], views.world_to_camera[0])
    renderer = NerfRenderer(nerf, device)
    next(renderer.render([camera.scaled(0.1)]))
    started = time.perf_counter()
    next(renderer.render([camera]))
    return 1 / (time.perf_counter() - started)


def save(folder: Path, data: bytes, views: Views, shown: dict[str, np.ndarray]) -> None:
    """The field, and a picture a view held out: the photo on the left."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nerfacto.safetensors").write_bytes(data)
    for name, image in shown.items():
        pair = np.concatenate([views.images[views.names.index(name)], image], axis=1)
        Image.fromarray(pair).save(folder / f"{Path(name).stem}.png")


if __name__ == "__main__":
    main()
