"""A furnished room as splats, like a trained capture: flat Gaussians on surfaces, some of them hair-thin or faint."""

from __future__ import annotations

from typing import Any

import numpy as np

ROOM = np.array([5.0, 4.0, 2.6])  # m
_BOXES = (  # centre and size of the furniture, m
    ((1.2, 1.0, 0.375), (1.6, 0.8, 0.75)),
    ((3.8, 3.2, 0.45), (1.8, 0.9, 0.9)),
    ((4.6, 0.8, 1.0), (0.6, 1.2, 2.0)),
    ((2.4, 2.2, 0.22), (0.9, 0.9, 0.44)),
    ((0.4, 3.3, 0.6), (0.5, 0.9, 1.2)),
)


def room(count: int, seed: int = 0, degree: int = 3) -> dict[str, Any]:
    """`count` Gaussians as float32 arrays under the names of `rasterization`, with labels: the box each lies on, or 0.

    Their sizes are log-normal about what covers the surfaces about six times over, their opacities mostly high with
    a faint tail, as in scenes trained by 3D Gaussian splatting.
    """
    rng = np.random.default_rng(seed)
    boxes = [(ROOM / 2, ROOM), *((np.array(centre), np.array(size)) for centre, size in _BOXES)]
    faces = [(box, axis, side) for box in range(len(boxes)) for axis in range(3) for side in (-1, 1)]
    areas = np.array([np.prod(np.delete(boxes[box][1], axis)) for box, axis, _ in faces])
    chosen = rng.choice(len(faces), count, p=areas / areas.sum())
    box, axis, side = np.array(faces)[chosen].T
    centres, sizes = np.array([c for c, _ in boxes])[box], np.array([s for _, s in boxes])[box]
    means = centres + sizes * rng.uniform(-0.5, 0.5, (count, 3))
    rows = np.arange(count)
    means[rows, axis] = (centres + side[:, None] * sizes / 2)[rows, axis] + rng.normal(0, 0.004, count)

    typical = np.sqrt(areas.sum() / count)
    scales = typical * np.exp(rng.normal(-0.1, 0.5, (count, 3)))
    scales[rows, axis] = typical * 0.08 * np.exp(rng.normal(0, 0.6, count))
    turn = rng.uniform(0, np.pi, count)  # about the surface's normal, and a little out of the surface
    quats = np.zeros((count, 4))
    quats[:, 0] = np.cos(turn / 2)
    quats[rows, 1 + axis] = np.sin(turn / 2)
    quats += rng.normal(0, 0.03, (count, 4))
    opacities = np.where(rng.random(count) < 0.75, rng.beta(6, 1.2, count), rng.beta(0.8, 4, count))

    waves = np.sin(means @ rng.normal(0, 3.0, (3, 6)) + rng.uniform(0, 6, 6)) @ rng.normal(0, 0.12, (6, 3))
    colours = rng.uniform(0.25, 0.85, (len(boxes), 3))[box] + waves + rng.normal(0, 0.03, (count, 3))
    harmonics = rng.normal(0, 0.02, (count, (degree + 1) ** 2, 3))
    harmonics[:, 0] = (colours - 0.5) / 0.2820947917738781
    arrays = {
        "means": means, "quats": quats, "scales": scales, "opacities": np.clip(opacities, 0.006, 0.999),
        "colors": harmonics,
    }  # fmt: skip
    return {**{name: array.astype(np.float32) for name, array in arrays.items()}, "labels": box}


def views(count: int, width: int, height: int, focal: float = 0.85) -> tuple[np.ndarray, np.ndarray]:
    """Cameras that go round the middle of the room and look across it: viewmats [C, 4, 4], Ks [C, 3, 3], float32."""
    viewmats = np.tile(np.eye(4), (count, 1, 1))
    for place, angle in enumerate(np.linspace(0, 2 * np.pi, count, endpoint=False) + 0.4):
        eye = ROOM * [0.5, 0.5, 0.6] + [1.6 * np.cos(angle), 1.2 * np.sin(angle), 0.2]
        target = ROOM * [0.5, 0.5, 0.35] - [1.2 * np.cos(angle), 0.9 * np.sin(angle), 0.0]
        forward = (target - eye) / np.linalg.norm(target - eye)
        right = np.cross(forward, [0, 0, 1])
        right /= np.linalg.norm(right)
        rotation = np.stack((right, np.cross(forward, right), forward))
        viewmats[place, :3, :3], viewmats[place, :3, 3] = rotation, -rotation @ eye
    lens = np.array([[focal * width, 0, width / 2], [0, focal * width, height / 2], [0, 0, 1]])
    return viewmats.astype(np.float32), np.tile(lens, (count, 1, 1)).astype(np.float32)
