"""The photos that `configs/vision_photos.yaml` starts from: a drawn table in a drawn room, as a hand would take them.

    python -m benchmarks.vision_photos configs/photos

Two arcs at different heights, each photo a little off its place and rolled by a few degrees, 480×360, JPEG. Everything
is grained like granite: drawn scenes are too plain and too regular to find a camera's place in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from multisynth.scenes.poses import about
from multisynth.scenes.schema import Pattern
from multisynth.scenes.tabletop import tabletop
from multisynth.vision.cameras.aim import direction, looking, posed
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.rays import RayRenderer
from PIL import Image

from multisynth import seeds
from multisynth.srgb import encoded

SIZE = 480, 360
FOCAL = 400.0  # px
ARCS = ((9, 1.25, 30.0), (7, 1.05, 46.0))  # photos, m from the middle of the table, degrees above it
ARC = 150.0  # degrees
GRAINS = (0.009, 0.023, 0.061)  # m
CONTRAST = 0.4  # of each


def main() -> None:
    """Render and write."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    plain = Pattern(contrast=0)
    scene = tabletop(seeds.rng(11, "photos"), 14, 14).model_copy(update={"pattern": plain})
    table = next(body for body in scene.bodies if body.category == "table")
    middle = np.array([0.0, 0.0, max(shape.position[2] for part in table.parts for shape in part.shapes)])
    taken = list(viewpoints(middle, seeds.rng(11, "hand")))
    stone = seeds.rng(11, "stone").uniform(-1, 1, (96, 96, 96)).astype(np.float32)
    for number, (viewpoint, seen) in enumerate(zip(taken, RayRenderer(scene).render(taken), strict=True), 1):
        picture = seen.radiance * grain(viewpoint, seen.depth, stone)[..., None]
        Image.fromarray(encoded(picture)).save(folder / f"{number:02}.jpg", quality=85)


def viewpoints(middle: np.ndarray, rng: np.random.Generator) -> Iterator[Viewpoint]:
    """Where the photos are taken, arc by arc."""
    intrinsics = np.array([[FOCAL, 0, SIZE[0] / 2], [0, FOCAL, SIZE[1] / 2], [0, 0, 1]])
    for count, distance, elevation in ARCS:
        for azimuth in np.radians(ARC) * (np.arange(count) + rng.uniform(-0.15, 0.15, count)) / (count - 1):
            far, tilt = distance * rng.uniform(0.95, 1.05), np.radians(elevation + rng.uniform(-3, 3))
            place = middle + far * direction(azimuth, tilt)
            steady = looking(place, middle + rng.uniform(-0.06, 0.06, 3), np.array([0.0, 0.0, 1.0]))
            roll = about(np.array([0.0, 0.0, 1.0]), np.radians(rng.uniform(-4, 4)))
            yield Viewpoint(*SIZE, intrinsics, posed(roll @ steady[:3, :3], place))


def grain(viewpoint: Viewpoint, depth: np.ndarray, stone: np.ndarray) -> np.ndarray:
    """How much lighter or darker the stone is that each pixel shows. [H, W], [N, N, N] → [H, W]"""
    from scipy.ndimage import map_coordinates

    v, u = np.indices(depth.shape) + 0.5
    rays = np.stack([(u - SIZE[0] / 2) / FOCAL, (v - SIZE[1] / 2) / FOCAL, np.ones_like(u)], -1)
    points = (rays * depth[..., None] - viewpoint.world_to_camera[:3, 3]) @ viewpoint.world_to_camera[:3, :3]
    lighter = np.ones_like(depth)
    for size in GRAINS:
        # grains that a pixel cannot show fade into their mean
        shown = np.clip(size * FOCAL / np.maximum(depth, 1e-3) / 2 - 0.5, 0, 1)
        lighter += (
            CONTRAST * shown * map_coordinates(stone, np.moveaxis(points / size, -1, 0), order=1, mode="grid-wrap")
        )
    return np.maximum(lighter, 0.2)


if __name__ == "__main__":
    main()
