"""Depth and normals of splats that were fitted to a scene of known meshes, on views held out and off the trained paths.

    python -m benchmarks.vision_surfaces [--device auto] [--steps 2500] [--prepare room.npz | --from room.npz]

A table with five things stands in a room. Two rings of cameras look at it; every eighth view is held out, and further
views leave the rings by 0.1 m to 0.8 m. Training starts from corners of the images, as structure from motion finds
them, set at their depth with an error of 0.5 %. It sees colours alone, and then depth and normals too. Truth comes from
rays on the meshes, what is compared from the renderer that films volumes. Errors of depth are relative. Prints JSON.

The views can be prepared on a machine with Open3D and learned from on another with CUDA.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from multisynth.scenes.schema import Body, Part, Pattern, Scene, Shape
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.reconstruct.options import Splats
from multisynth.vision.reconstruct.views import Views, hold_out

from benchmarks.machine import machine
from multisynth.srgb import encoded

SIZE = 320, 240
MIDDLE = np.array([0.0, 0.0, 0.72])
AWAY = (0.1, 0.2, 0.4, 0.8)
"""m from the nearest view that was learned from"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--views", type=int, default=48)
    parser.add_argument("--gaussians", type=int, default=40_000)
    parser.add_argument("--options", type=json.loads, default={}, help="further options of `Splats`, as JSON")
    parser.add_argument("--only", choices=["colours", "labels"])
    parser.add_argument("--prepare", type=Path, help="write the views and end")
    parser.add_argument("--from", type=Path, dest="source", help="read views that were prepared")
    options = parser.parse_args()
    views = Views.load(options.source) if options.source else prepared(options.views)
    if options.prepare:
        views.save(options.prepare)
        return
    import torch

    device = options.device if options.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    common = {"max_gaussians": options.gaussians, **options.options}
    tried = {
        "colours": Splats(**{**common, "depth": 0, "normals": 0}),
        "labels": Splats(**common),
    }
    print(json.dumps({
        "benchmark": "vision_surfaces",
        "command": " ".join(["python", "-m", "benchmarks.vision_surfaces", *sys.argv[1:]]),
        **machine("torch", "gsplat", "numba", "open3d", "numpy"), "device": device,
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "width": SIZE[0], "height": SIZE[1], "views": len(views.training), "steps": options.steps,
        **{name: measured(views, one, options.steps, device) for name, one in tried.items()
           if options.only in (None, name)},
    }, indent=2))  # fmt: skip


def measured(views: Views, options: Splats, steps: int, device: str) -> dict[str, Any]:
    """Train, look through every view held out, and compare."""
    from multisynth.vision.reconstruct.lift import lift
    from multisynth.vision.reconstruct.train import train
    from multisynth.vision.render.splats import SplatRenderer

    def told(*now: float) -> None:
        print(*now, file=sys.stderr)

    trained = train(views, options, steps, seed=1, device=device, told=told)
    ids = lift(trained.gaussians, views, device=device)
    renderer = SplatRenderer(replace(trained.gaussians, instances=ids), device)  # type: ignore[arg-type]
    rows = np.flatnonzero(views.held_out).tolist()
    errors: dict[str, list[tuple[np.ndarray, ...]]] = {}
    for row, buffers in zip(rows, renderer.render([_viewpoint(views, row) for row in rows]), strict=True):
        depth, normals, instances = views.depths[row], views.normals[row], views.instances[row]
        assert depth is not None and normals is not None and instances is not None
        known = (depth > 0) & (buffers.depth > 0)
        cosine = (buffers.normals * normals).sum(-1).clip(-1, 1)
        found = (
            np.abs(buffers.depth - depth)[known] / depth[known],
            np.degrees(np.arccos(cosine[known])),
            np.array([known.sum() / max((depth > 0).sum(), 1)]),
            np.array([_likeness(buffers.instances, instances)]),
            np.array([trained.scores[views.names[row]][0]]),
        )
        errors.setdefault(views.names[row].split()[0], []).append(found)
    return {
        "seconds": round(trained.seconds, 1), "gaussians": len(trained.gaussians),
        **{_title(name): _summary(parts) for name, parts in sorted(errors.items())},
    }  # fmt: skip


def _title(name: str) -> str:
    return "views held out" if name == "held" else f"{name} m off the path"


def _summary(parts: list[tuple[np.ndarray, ...]]) -> dict[str, float]:
    depth, angle, covered, likeness, psnr = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {
        "psnr": round(float(psnr.mean()), 2), "depth_median_percent": round(100 * float(np.median(depth)), 3),
        "depth_mean_percent": round(100 * float(depth.mean()), 3),
        "normals_median_degrees": round(float(np.median(angle)), 2),
        "normals_mean_degrees": round(float(angle.mean()), 2), "covered": round(float(covered.mean()), 4),
        "instances_mean_iou": round(float(likeness.mean()), 4),
    }  # fmt: skip


def _likeness(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean intersection over union of the instances that the truth shows."""
    ids = [one for one in np.unique(truth) if one and (truth == one).sum() >= 25]
    shares = [((found == one) & (truth == one)).sum() / ((found == one) | (truth == one)).sum() for one in ids]
    return float(np.mean(shares))


def room() -> Scene:
    """A table with a duck, a mug, a ball, a box and a tin, between patterned walls."""
    turned = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)  # meshes whose y is up
    walls = [
        Shape(kind="box", size=size, position=place, colour=colour)
        for size, place, colour in [
            ((5, 4, 0.1), (0, 0, -0.05), (0.45, 0.35, 0.25)), ((5, 0.1, 2.6), (0, 2.05, 1.3), (0.5, 0.55, 0.45)),
            ((5, 0.1, 2.6), (0, -2.05, 1.3), (0.55, 0.5, 0.5)), ((0.1, 4, 2.6), (2.55, 0, 1.3), (0.4, 0.5, 0.6)),
            ((0.1, 4, 2.6), (-2.55, 0, 1.3), (0.6, 0.55, 0.4)),
        ]
    ]  # fmt: skip
    legs = [
        Shape(kind="box", size=(0.06, 0.06, 0.67), position=(x, y, 0.335), colour=(0.3, 0.2, 0.12))
        for x in (-0.6, 0.6)
        for y in (-0.4, 0.4)
    ]
    table = [Shape(kind="box", size=(1.4, 1.0, 0.05), position=(0, 0, 0.695), colour=(0.5, 0.33, 0.2)), *legs]
    things = {
        "duck": Shape(kind="mesh", mesh="pybullet_data:duck.obj", size=(0.16,) * 3, position=(-0.3, 0.2, 0.704),
                      quaternion=turned, colour=(0.9, 0.75, 0.1)),
        "mug": Shape(kind="mesh", mesh="pybullet_data:objects/mug.obj", size=(1.8,) * 3, position=(0.35, -0.2, 0.72),
                     colour=(0.2, 0.4, 0.75)),
        "ball": Shape(kind="sphere", size=(0.11,), position=(0.05, 0.05, 0.83), colour=(0.75, 0.2, 0.15)),
        "box": Shape(kind="box", size=(0.22, 0.16, 0.28), position=(0.35, 0.25, 0.86),
                     quaternion=(0.966, 0, 0, 0.259), colour=(0.25, 0.6, 0.3)),
        "tin": Shape(kind="cylinder", size=(0.07, 0.2), position=(-0.3, -0.25, 0.82), colour=(0.65, 0.65, 0.7)),
    }  # fmt: skip
    bodies = {"room": tuple(walls), "table": tuple(table), **{name: (shape,) for name, shape in things.items()}}
    return Scene(
        bodies=tuple(
            Body(name=name, category=name, instance=number,
                 parts=(Part(name=name, shapes=shapes, moves=False),))
            for number, (name, shapes) in enumerate(bodies.items(), 1)
        ),
        pattern=Pattern(kind="tiles", size=0.2, contrast=0.35),
    )  # fmt: skip


def prepared(count: int) -> Views:
    """Views of the room, with labels: those on the rings and, held out, those off them."""
    from multisynth.vision.render.rays import RayRenderer

    rng = np.random.default_rng(4)
    places = []
    for row in range(count):
        angle, low = 2 * np.pi * row / count * 2, row < count // 2
        places.append(MIDDLE + np.array([1.45 * np.cos(angle), 1.2 * np.sin(angle), 0.45 if low else 0.95]))
    names = [f"ring {row:03d}" for row in range(count)]
    held = hold_out(names, 8)
    learned = np.array(places)[~held]
    aims = [MIDDLE + rng.normal(0, 0.05, 3) for _ in range(count)]
    for away in AWAY:
        made = 0
        while made < 6:
            step = rng.normal(size=3)
            place = learned[rng.integers(len(learned))] + away * step / np.linalg.norm(step)
            inside = np.abs(place[:2]).max() < 1.85 and 0.95 < place[2] < 2.4
            nearest = np.linalg.norm(learned - place, axis=1).min()
            if inside and nearest > 0.9 * away and np.linalg.norm(place - MIDDLE) > 0.6:
                places.append(place)
                aims.append(MIDDLE + rng.normal(0, 0.05, 3))
                names.append(f"{away} {made}")
                made += 1
    names = [f"held {name}" if row < count and held[row] else name for row, name in enumerate(names)]
    held = np.concatenate([held, np.ones(len(names) - count, bool)])
    viewpoints = [_toward(place, aim) for place, aim in zip(places, aims, strict=True)]
    seen = list(RayRenderer(room()).render(viewpoints))
    images = [encoded(one.radiance) for one in seen]
    points, colours = _corners(images, [one.depth for one in seen], viewpoints, held, rng)
    return Views(
        names=names, images=images, intrinsics=np.stack([one.intrinsics for one in viewpoints]),
        world_to_camera=np.stack([one.world_to_camera for one in viewpoints]), held_out=held, points=points,
        point_colours=colours, seen=[np.zeros(0, np.int64) for _ in names], depths=[one.depth for one in seen],
        normals=[one.normals for one in seen], instances=[one.instances for one in seen], metric=True,
    )  # fmt: skip


def _toward(place: np.ndarray, aim: np.ndarray) -> Viewpoint:
    forward = (aim - place) / np.linalg.norm(aim - place)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(forward, right), forward])
    matrix[:3, 3] = -matrix[:3, :3] @ place
    return Viewpoint(*SIZE, np.array([[240.0, 0, 160], [0, 240, 120], [0, 0, 1]]), matrix)


def _viewpoint(views: Views, row: int) -> Viewpoint:
    return Viewpoint(*views.sizes[row].tolist(), views.intrinsics[row], views.world_to_camera[row])


def _corners(
    images: list[np.ndarray], depths: list[np.ndarray], viewpoints: list[Viewpoint], held: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Corners in the images to learn from, where structure from motion would find points. [P, 3], [P, 3]"""
    import cv2

    points, colours = [], []
    for row in np.flatnonzero(~held):
        found = cv2.goodFeaturesToTrack(cv2.cvtColor(images[row], cv2.COLOR_RGB2GRAY), 200, 0.01, 4)
        u, v = found[:, 0].astype(int).T
        z = depths[row][v, u] * (1 + 0.005 * rng.normal(size=len(u)))
        k, matrix = viewpoints[row].intrinsics, viewpoints[row].world_to_camera
        there = np.stack([(u + 0.5 - k[0, 2]) / k[0, 0] * z, (v + 0.5 - k[1, 2]) / k[1, 1] * z, z], -1)[z > 0]
        points.append((there - matrix[:3, 3]) @ matrix[:3, :3])
        colours.append(images[row][v, u][z > 0])
    return np.concatenate(points).astype(np.float32), np.concatenate(colours)


if __name__ == "__main__":
    main()
