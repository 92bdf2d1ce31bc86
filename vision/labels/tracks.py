"""Points on surfaces, followed through a path or episode (Doersch et al., TAP-Vid, 2022)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cameras.lenses import onto_image, rays
from ..cameras.viewpoint import Viewpoint
from ..render.buffers import Buffers
from .motion import inverse, matrices
from .visibility import hidden


class Tracks:
    """Points that move with the parts they lie on.

    Args:
        places: Of each point in the frame of its part; in the world where it holds still, m. [K, 3]
        parts: Row of the moving parts' poses, -1 for what holds still. [K]
    """

    def __init__(self, places: np.ndarray, parts: np.ndarray) -> None:
        self.places, self.parts = places, parts

    @classmethod
    def drawn(
        cls,
        viewpoint: Viewpoint,
        seen: Buffers,
        count: int,
        rng: np.random.Generator,
        poses: np.ndarray | None = None,
    ) -> Tracks:
        """Points at the centres of pixels with a surface, none twice.

        An instance that fills n pixels gets its share in proportion to √n, so that small things are not left out.

        Args:
            viewpoint: The camera.
            seen: What it sees.
            count: How many; fewer where fewer pixels show a surface.
            rng: Draws them.
            poses: Of the moving parts at the time. [B, 7]; None where nothing moves
        """
        pixels = np.flatnonzero((seen.depth > 0) & np.isfinite(rays(viewpoint)[..., 0]))
        ids = seen.instances.reshape(-1)[pixels]
        weights = 1 / np.sqrt(np.bincount(ids)[ids]) if len(ids) else np.empty(0)
        chosen = rng.choice(
            len(pixels), min(count, len(pixels)), replace=False, p=weights / weights.sum() if len(ids) else None
        )
        pixels = pixels[np.sort(chosen)]
        depth = seen.depth.reshape(-1)[pixels, None].astype(np.float64)
        points = rays(viewpoint).reshape(-1, 3)[pixels] * depth
        matrix = viewpoint.camera_to_world
        points = points @ matrix[:3, :3].T + matrix[:3, 3]
        parts = np.full(len(pixels), -1, np.int32)
        if seen.parts is not None and poses is not None:
            parts = seen.parts.reshape(-1)[pixels]
            own = np.concatenate([inverse(matrices(poses)), np.eye(4)[None]])[parts]
            points = np.einsum("kij,kj->ki", own[:, :3, :3], points) + own[:, :3, 3]
        return cls(points, parts)

    def points(self, poses: np.ndarray | None = None) -> np.ndarray:
        """Where they are at some poses of the moving parts, world, m. [B, 7] → [K, 3]"""
        if poses is None or not len(poses):
            return self.places
        placed = np.concatenate([matrices(poses), np.eye(4)[None]])[self.parts]
        moved: np.ndarray = np.einsum("kij,kj->ki", placed[:, :3, :3], self.places) + placed[:, :3, 3]
        return moved

    def at(self, viewpoint: Viewpoint, seen: Buffers, poses: np.ndarray | None = None) -> list[dict[str, Any]]:
        """One entry a point, as `kinds.TRACK` has it; x and y are None where the lens has no place for it.

        Args:
            viewpoint: The camera.
            seen: What it sees, for what is in front.
            poses: Of the moving parts. [B, 7]; None where nothing moves
        """
        matrix = viewpoint.world_to_camera
        points = self.points(poses) @ matrix[:3, :3].T + matrix[:3, 3]
        pixels, depth = onto_image(viewpoint, points)
        covered = hidden(viewpoint, seen, points, pixels)
        return [
            {
                "point": number,
                "x": None if np.isnan(x) else float(np.float32(x)),
                "y": None if np.isnan(y) else float(np.float32(y)),
                "depth": float(np.float32(z)),
                "visible": not away,
            }
            for number, ((x, y), z, away) in enumerate(
                zip(pixels.tolist(), depth.tolist(), covered.tolist(), strict=True)
            )
        ]
