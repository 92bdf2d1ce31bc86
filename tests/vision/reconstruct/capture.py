"""A small place of splats with known answers, photographed: what tests learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from multisynth.vision.reconstruct.views import Views, hold_out
from multisynth.vision.splats.gaussians import Gaussians
from multisynth.vision.splats.rasterize import rasterization

SIZE = 64, 48
INTRINSICS = np.array([[56.0, 0, 32], [0, 56, 24], [0, 0, 1]])


def place(count: int = 300) -> Gaussians:
    """Opaque discs on a ball of radius 1 and a wall behind it; the ball's have id 1, the wall's id 2."""
    rng = np.random.default_rng(5)
    ball = rng.normal(size=(count, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    wall = np.stack([rng.uniform(-4, 4, count), np.full(count, 2.5), rng.uniform(-3, 3, count)], -1)
    colours = rng.uniform(0, 1, (2 * count, 1, 3)) - 0.5
    return Gaussians(
        np.concatenate([ball, wall]).astype(np.float32),
        np.tile(np.float32([1, 0, 0, 0]), (2 * count, 1)),
        np.log(np.repeat(np.float32([[0.12], [0.3]]), count, axis=0)).repeat(3, axis=1),
        np.full(2 * count, 3, np.float32),
        (colours / 0.28209479177387814).astype(np.float32),
        np.repeat(np.uint16([1, 2]), count),
    )


def cameras(count: int = 9) -> np.ndarray:
    """On an arc before the ball, looking at it. [count, 4, 4]"""
    matrices = []
    for angle in np.linspace(-0.6, 0.6, count):
        centre = 5 * np.array([np.sin(angle), -np.cos(angle), 0.1])
        forward = -centre / np.linalg.norm(centre)
        right = np.cross(forward, [0, 0, 1])
        right /= np.linalg.norm(right)
        matrix = np.eye(4)
        matrix[:3, :3] = np.stack([right, np.cross(forward, right), forward])
        matrix[:3, 3] = -matrix[:3, :3] @ centre
        matrices.append(matrix)
    return np.stack(matrices)


def seen(gaussians: Gaussians, matrices: np.ndarray, colours: np.ndarray, degree: int | None = None) -> np.ndarray:
    """What cameras see of Gaussians in some colours, with depth last. [V, H, W, X]"""
    intrinsics = np.tile(INTRINSICS.astype(np.float32), (len(matrices), 1, 1))
    arrays = gaussians.means, gaussians.quaternions, np.exp(gaussians.log_scales), gaussians.logit_opacities, colours
    means, quats, scales, opacities, values = map(torch.from_numpy, arrays)
    renders, _, _ = rasterization(
        means, quats, scales, torch.sigmoid(opacities), values, torch.from_numpy(matrices.astype(np.float32)),
        torch.from_numpy(intrinsics), *SIZE, sh_degree=degree, render_mode="RGB+ED",
    )  # fmt: skip
    return renders.numpy()


def views(count: int = 9, every: int = 8, points: bool = True, **changes: Any) -> Views:
    """Photographs of it, with the centres of the Gaussians, slightly off, as sparse points."""
    gaussians, matrices = place(), cameras(count)
    rendered = seen(gaussians, matrices, gaussians.harmonics, 0)
    ids = np.eye(3, dtype=np.float32)[gaussians.instances]  # type: ignore[index]
    masks = seen(gaussians, matrices, ids)[..., :3].argmax(-1).astype(np.uint16)
    rng = np.random.default_rng(6)
    noisy = gaussians.means + rng.normal(0, 0.03, gaussians.means.shape).astype(np.float32)
    names = [f"photo {row}" for row in range(count)]
    given = {
        "names": names, "images": [(255 * image.clip(0, 1)).astype(np.uint8) for image in rendered[..., :3]],
        "intrinsics": np.tile(INTRINSICS, (count, 1, 1)), "world_to_camera": matrices,
        "held_out": hold_out(names, every),
        "points": noisy if points else np.zeros((0, 3), np.float32),
        "point_colours": np.full((len(noisy) if points else 0, 3), 128, np.uint8),
        "seen": [np.arange(len(noisy) if points else 0) for _ in names], "depths": [None] * count,
        "normals": [None] * count, "instances": list(masks), "metric": True,
    }  # fmt: skip
    return Views(**{**given, **changes})
