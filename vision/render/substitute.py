"""A lens that a rasteriser does not have, by a wider image of one that it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from multisynth.errors import BadInput

from ..cameras import lenses
from ..cameras.viewpoint import Viewpoint

if TYPE_CHECKING:
    from torch import Tensor

WIDEST = np.tan(np.radians(75.0))
"""Of a pinhole that stands for another lens: beyond, its image grows without bound."""
LARGEST = 2**26
"""Pixels of such an image, at most."""


@dataclass(frozen=True, eq=False)
class Substitute:
    """The image to rasterise in place of another lens's, and where each of that lens's pixels lies on it."""

    model: Literal["pinhole", "fisheye"]  # a fisheye is equidistant
    width: int  # px
    height: int  # px
    intrinsics: np.ndarray  # [3, 3] px
    grid: np.ndarray | None  # [H, W, 2] float32, -1 to 1 across the image; None: nothing to be looked up

    @classmethod
    def of(cls, viewpoint: Viewpoint) -> Substitute:
        """That of a viewpoint's lens.

        A pinhole and a fisheye without coefficients stand for themselves. Where there are coefficients, the image
        without them is rasterised, as large as it takes and as fine as the lens is where it is finest, and is looked up
        between its four nearest pixels; what is looked up are sums over Gaussians, before anything is divided.

        Raises:
            BadInput: The lens sees more than a pinhole can.
        """
        model: Literal["pinhole", "fisheye"] = "fisheye" if viewpoint.lens == "fisheye" else "pinhole"
        k = np.asarray(viewpoint.intrinsics, np.float64)
        if not any(viewpoint.distortion):
            return cls(model, viewpoint.width, viewpoint.height, k, None)
        plane = lenses.rays(viewpoint)[..., :2]
        if model == "fisheye":
            radius = np.linalg.norm(plane, axis=-1, keepdims=True)
            plane = plane * np.where(radius > 1e-9, np.arctan(radius) / np.maximum(radius, 1e-9), 1.0)
        low, high = np.nanmin(plane, axis=(0, 1)), np.nanmax(plane, axis=(0, 1))
        if model == "pinhole" and max(np.abs(low).max(), np.abs(high).max()) > WIDEST:
            raise BadInput("an opencv lens that looks more than 75° from its axis", "use a fisheye for so wide a view")
        steps = np.nanmin(np.abs(np.diff(plane[..., 0], axis=1))), np.nanmin(np.abs(np.diff(plane[..., 1], axis=0)))
        focal = np.minimum(1 / np.maximum(steps, 1e-9), 2 * np.diag(k)[:2])
        width, height = (int(size) for size in np.ceil((high - low) * focal) + 4)
        if width * height > LARGEST:
            raise BadInput(f"a lens that takes {width}×{height} px to stand for", "film with fewer pixels")
        centre = 2 - low * focal
        grid = 2 * (plane * focal + centre) / [width, height] - 1
        matrix = np.array([[focal[0], 0, centre[0]], [0, focal[1], centre[1]], [0, 0, 1]])
        return cls(model, width, height, matrix, np.where(np.isfinite(grid), grid, 2.0).astype(np.float32))

    def look_up(self, sums: Tensor, mode: str = "bilinear") -> Tensor:
        """What the lens sees of an image of this. [C, height, width, X] → [C, H, W, X]"""
        import torch

        if self.grid is None:
            return sums
        grid = torch.from_numpy(self.grid).to(sums.device)[None].expand(len(sums), -1, -1, -1)
        found: Tensor = torch.nn.functional.grid_sample(
            sums.permute(0, 3, 1, 2), grid, mode=mode, padding_mode="zeros", align_corners=False
        )
        return found.permute(0, 2, 3, 1)
