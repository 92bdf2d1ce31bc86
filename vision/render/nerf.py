"""Renders nerfacto fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from multisynth.errors import BadInput
from multisynth.srgb import linear

from ..cameras.lenses import rays
from ..cameras.viewpoint import Viewpoint
from ..reconstruct.nerfacto import need_nerfstudio
from ..reconstruct.nerfacto_field import Nerf
from .buffers import Buffers

THERE = 0.5 / 255
"""Opacity under which nothing is there: what 8 bits round to 0."""


class NerfRenderer:
    """Sees a nerfacto.

    A field is trained on images as photographs store them, so its colours are sRGB; they become radiance by the inverse
    of that curve (IEC 61966-2-1). Normals are those of the surface through the points of the depth.

    Args:
        nerf: What was trained.
        device: As torch names it; by default CUDA where there is one.

    Raises:
        BadInput: nerfstudio is missing, or the weights do not fit the networks.
    """

    def __init__(self, nerf: Nerf, device: str | None = None) -> None:
        need_nerfstudio()
        import torch

        from ..reconstruct.nerfacto_model import build

        self._nerf = nerf
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._model = build(nerf, str(self.device))

    def render(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Buffers]:
        """What is seen through each viewpoint; every lens will do.

        Raises:
            BadInput: There are poses, but nothing in a field moves.
        """
        if poses is not None and np.size(poses):
            raise BadInput("a nerfacto has no moving parts", "leave the poses out")
        for viewpoint in viewpoints:
            yield self._see(viewpoint)

    def _see(self, viewpoint: Viewpoint) -> Buffers:
        from ..reconstruct.nerfacto_model import look

        seen = look(self._model, self._nerf, viewpoint)
        colour, opacity, mean, median = (
            each.cpu().numpy() for each in (seen.colour, seen.opacity, seen.mean, seen.median)
        )
        towards = np.nan_to_num(rays(viewpoint))
        along = np.linalg.norm(towards, axis=-1).clip(1e-9)  # distance for one of z-depth
        depth = np.where(opacity > THERE, mean / along, 0).astype(np.float32)
        return Buffers(
            radiance=linear(colour),
            opacity=opacity,
            depth=depth,
            normals=_normals(towards, depth),
            instances=np.zeros(depth.shape, np.uint16),
            median_depth=np.where(opacity >= 0.5, median / along, 0).astype(np.float32),
            volume=True,
        )


def _normals(towards: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Of the surface through the points of a z-depth image: camera axes, unit length, toward the camera; 0 where a
    neighbour has no depth. [H, W, 3] rays with z = 1, [H, W] m → [H, W, 3] float32"""
    if min(depth.shape) < 2:
        return np.zeros((*depth.shape, 3), np.float32)
    points = towards * np.where(depth > 0, depth, np.nan)[..., None]
    down, right = np.gradient(points, axis=(0, 1))
    across = np.cross(down, right)
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        normals = across / length
    away = (normals * points).sum(axis=-1, keepdims=True) > 0
    return np.nan_to_num(np.where(away, -normals, normals)).astype(np.float32)
