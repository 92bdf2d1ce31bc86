"""What training compares with: one view on the device, at full size or half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .views import Views

RESIDENT = 2**33
"""Bytes of images that are kept on a GPU; more stay in the main memory."""


@dataclass(frozen=True)
class Target:
    """One view, in coordinates of training."""

    image: Tensor  # [H, W, 3] uint8
    viewmat: Tensor  # [4, 4]
    intrinsics: Tensor  # [3, 3]
    point_rows: Tensor  # [S] of pixels that show sparse points, rows by columns
    point_depths: Tensor  # [S]
    depth: Tensor | None  # [H, W], 0: unknown
    normals: Tensor | None  # [H, W, 3], 0, 0, 0: unknown

    @property
    def width(self) -> int:
        """Px."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Px."""
        return int(self.image.shape[0])


def targets(
    views: Views, cameras: np.ndarray, centre: np.ndarray, scale: float, device: str, half: bool
) -> list[Target]:
    """Every view as a target.

    Args:
        views: V of them.
        cameras: World to camera in coordinates of training. [V, 4, 4]
        centre: Of those coordinates, world. [3]
        scale: World lengths to one of theirs.
        device: Where to.
        half: Whether to halve the size of every image.
    """
    places = (views.points - centre) / scale
    total = sum(image.nbytes for image in views.images)
    home = device if total < RESIDENT else "cpu"
    made = []
    for row, image in enumerate(views.images):
        intrinsics, depth, normals = views.intrinsics[row], views.depths[row], views.normals[row]
        if half:
            size = max(image.shape[1] // 2, 1), max(image.shape[0] // 2, 1)
            intrinsics = np.diag([size[0] / image.shape[1], size[1] / image.shape[0], 1]) @ intrinsics
            image = _resized(image, size, smooth=True)
            depth = None if depth is None else _resized(depth, size)
            normals = None if normals is None else _resized(normals, size)
        seen = places[views.seen[row]] @ cameras[row, :3, :3].T + cameras[row, :3, 3]
        rows, depths = _pixels(seen, intrinsics, image.shape[1], image.shape[0])
        made.append(
            Target(
                torch.as_tensor(image, device=home),
                torch.as_tensor(cameras[row], dtype=torch.float32, device=device),
                torch.as_tensor(intrinsics, dtype=torch.float32, device=device),
                torch.as_tensor(rows, device=device),
                torch.as_tensor(depths, dtype=torch.float32, device=device),
                None if depth is None else torch.as_tensor(depth / np.float32(scale), device=home),
                None if normals is None else torch.as_tensor(normals, device=home),
            )
        )
    return made


def _pixels(seen: np.ndarray, intrinsics: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels points fall on, and their z-depths. [S, 3] → [M], [M]"""
    seen = seen[seen[:, 2] > 1e-6]
    column, row = np.floor((seen @ intrinsics.T)[:, :2] / seen[:, 2:]).astype(np.int64).T.reshape(2, -1)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return (row * width + column)[inside], seen[inside, 2]


def _resized(image: np.ndarray, size: tuple[int, int], smooth: bool = False) -> Any:
    import cv2

    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if smooth else cv2.INTER_NEAREST_EXACT)
