"""The CPU compositor: frames and training steps a second, and with `--parity` how it agrees with gsplat on a GPU.

    python -m benchmarks.vision_compositor [--threads 2]
    python -m benchmarks.vision_compositor --parity

A furnished room of 100,000 Gaussians at 640×480, harmonics of degree 3, eight cameras. Forward is RGB and expected
depth; a step is that with the gradients of all parameters. In the same run: Mitsuba's `volprim_rf_basic` on the same
Gaussians as `ellipsoids`, one ray a pixel; and gsplat's torch projection with a composite in torch of one Gaussian
after the other, at an eighth of the width and height, since at full size it takes minutes and its gradients more
memory than there is. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.machine import machine
from benchmarks.splat_room import room, views

CAMERAS = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--count", type=int, default=100_000, help="Gaussians")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--without", nargs="*", default=[], choices=["mitsuba", "naive"])
    parser.add_argument("--parity", action="store_true", help="compare with gsplat on CUDA instead of timing")
    options = parser.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    scene = room(options.count)
    if options.parity:
        from benchmarks.splat_parity import parity

        report = parity(scene, options.width, options.height)
    else:
        report = {"ours": _ours(scene, options.width, options.height)}
        if "naive" not in options.without:
            report["torch"] = _naive(scene, options.width, options.height)
        if "mitsuba" not in options.without:
            report["mitsuba"] = _mitsuba(scene, options.width, options.height, options.threads)
    print(json.dumps({
        "benchmark": "vision_compositor",
        "command": " ".join(["python", "-m", "benchmarks.vision_compositor", *sys.argv[1:]]),
        **machine("torch", "numba", "gsplat", "mitsuba", "numpy"),
        "gaussians": options.count, "width": options.width, "height": options.height, "threads": options.threads,
        **report,
    }, indent=2))  # fmt: skip
    if options.parity and not report["passed"]:
        sys.exit(1)


def _ours(scene: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    import torch
    from multisynth.vision.splats.labels import instance_ids, median_depth
    from multisynth.vision.splats.rasterize import rasterization

    labels = torch.from_numpy(scene["labels"])
    leaves = {name: torch.from_numpy(scene[name]).requires_grad_() for name in scene if name != "labels"}
    viewmats, lenses = map(torch.from_numpy, views(CAMERAS, width, height))

    def see(camera: int) -> Any:
        one = slice(camera, camera + 1)
        return rasterization(
            **leaves, viewmats=viewmats[one], Ks=lenses[one], width=width, height=height, sh_degree=3,
            render_mode="RGB+ED", backgrounds=torch.zeros(1, 3),
        )  # fmt: skip

    def step(camera: int) -> None:
        see(camera)[0].square().mean().backward()

    def forward(camera: int) -> Any:
        with torch.no_grad():
            return see(camera)

    started = time.perf_counter()
    metas = [forward(camera)[2] for camera in range(CAMERAS)]
    step(0)
    first = time.perf_counter() - started
    return {
        "seen": round(statistics.mean(int((meta["radii"] > 0).all(-1).sum()) for meta in metas)),
        "tile_entries": round(statistics.mean(len(meta["flatten_ids"]) for meta in metas)),
        "first_calls_seconds": round(first, 2),
        **_pace("forward", forward, 3 * CAMERAS), **_pace("step", step, 2 * CAMERAS),
        **_pace("median_depth", lambda camera: median_depth(metas[camera]), CAMERAS),
        **_pace("instance_ids", lambda camera: instance_ids(metas[camera], labels), CAMERAS),
    }  # fmt: skip


def _pace(name: str, work: Callable[[int], Any], times: int) -> dict[str, float]:
    """How often a second, by the median of `times` goes round the cameras."""
    seconds = []
    work(0)
    for turn in range(times):
        started = time.perf_counter()
        work(turn % CAMERAS)
        seconds.append(time.perf_counter() - started)
    return {f"{name}_per_second": round(1 / statistics.median(seconds), 3)}


def _naive(scene: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    """The torch functions of gsplat: the projection at full size, the composite at an eighth of width and height."""
    import torch
    from gsplat.cuda._torch_impl import _fully_fused_projection, _quat_scale_to_covar_preci, _spherical_harmonics

    tensors = {name: torch.from_numpy(scene[name]) for name in scene if name != "labels"}
    viewmats, lenses = map(torch.from_numpy, views(CAMERAS, width, height))

    def project(camera: int) -> tuple[Any, ...]:
        covariances, _ = _quat_scale_to_covar_preci(tensors["quats"], tensors["scales"], compute_preci=False)
        one = slice(camera, camera + 1)
        away = tensors["means"] - torch.inverse(viewmats[camera])[:3, 3]
        colours = (_spherical_harmonics(3, away, tensors["colors"]) + 0.5).clamp_min(0)
        return *_fully_fused_projection(
            tensors["means"], covariances, viewmats[one], lenses[one], width, height
        ), colours

    def step(camera: int) -> None:
        for tensor in tensors.values():
            tensor.requires_grad_()
        _, means2d, depths, conics, _, colours = project(camera)
        (means2d.sum() + depths.sum() + conics.sum() + colours.sum()).backward()

    paces = {**_pace("projection", project, 3), **_pace("projection_and_back", step, 3)}
    lenses[:, :2] /= 8
    width, height = width // 8, height // 8
    with torch.no_grad():
        radii, means2d, depths, conics, _, colours = project(0)
        started = time.perf_counter()
        _composite(radii[0], means2d[0], depths[0], conics[0], tensors["opacities"], colours, width, height)
        seconds = time.perf_counter() - started
    return {
        **paces,
        "composite_width": width,
        "composite_height": height,
        "composite_per_second": round(1 / seconds, 4),
    }


def _composite(
    radii: Any, means2d: Any, depths: Any, conics: Any, opacities: Any, colours: Any, width: int, height: int
) -> Any:
    import torch

    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    image, transmittance = torch.zeros(height, width, 4), torch.ones(height, width)
    colours = torch.cat((colours, depths[:, None]), -1)
    for index in torch.argsort(depths).tolist():
        if not (radii[index] > 0).all():
            continue
        dx, dy = means2d[index, 0] - x, means2d[index, 1] - y
        xx, xy, yy = conics[index]
        alpha = (opacities[index] * torch.exp(-0.5 * (xx * dx * dx + yy * dy * dy) - xy * dx * dy)).clamp_max(0.999)
        alpha = torch.where((alpha >= 1 / 255) & (transmittance > 1e-4), alpha, 0.0)
        image += (alpha * transmittance)[..., None] * colours[index]
        transmittance = transmittance * (1 - alpha)
    return image


def _mitsuba(scene: dict[str, Any], width: int, height: int, threads: int) -> dict[str, Any]:
    """Rays through ellipsoids: 3D Gaussians as they are, not their projections, so its images are much the same."""
    import mitsuba

    mitsuba.set_variant("llvm_ad_rgb")
    import drjit

    drjit.set_thread_count(threads)
    viewmats, lenses = views(CAMERAS, width, height)
    quats = scene["quats"] / np.linalg.norm(scene["quats"], axis=1, keepdims=True)
    world = mitsuba.load_dict({
        "type": "scene",
        "integrator": {"type": "volprim_rf_basic", "srgb_primitives": False},
        "splats": {
            "type": "ellipsoids", "centers": mitsuba.TensorXf(scene["means"]),
            "scales": mitsuba.TensorXf(scene["scales"]),
            "quaternions": mitsuba.TensorXf(np.ascontiguousarray(quats[:, [1, 2, 3, 0]])),
            "opacities": mitsuba.TensorXf(scene["opacities"][:, None]),
            "sh_coeffs": mitsuba.TensorXf(scene["colors"].reshape(len(quats), -1)),
        },
    })  # fmt: skip
    sensors = [
        mitsuba.load_dict({
            "type": "perspective", "fov_axis": "x", "near_clip": 0.01,
            "fov": float(np.degrees(2 * np.arctan(width / 2 / lens[0, 0]))),
            "to_world": mitsuba.ScalarTransform4f(np.linalg.inv(view.astype(float)) @ np.diag([-1.0, -1, 1, 1])),
            "film": {"type": "hdrfilm", "width": width, "height": height, "rfilter": {"type": "box"}},
            "sampler": {"type": "independent", "sample_count": 1},
        })
        for view, lens in zip(viewmats, lenses, strict=True)
    ]  # fmt: skip

    def forward(camera: int) -> Any:
        return np.array(mitsuba.render(world, sensor=sensors[camera], spp=1, seed=0))

    return _pace("forward", forward, 3)


if __name__ == "__main__":
    main()
