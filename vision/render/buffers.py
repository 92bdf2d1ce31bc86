"""What every renderer gives, and what it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..cameras.viewpoint import Viewpoint


@dataclass(frozen=True, eq=False)
class Buffers:
    """What is seen through one viewpoint of height H and width W, a value a pixel."""

    radiance: np.ndarray
    """[H, W, 3] float32, linear, sRGB primaries; what is behind the scene included."""
    opacity: np.ndarray
    """[H, W] float32, 0 to 1: the share of the light that the scene stops."""
    depth: np.ndarray
    """[H, W] float32, m, z-depth of the surface, or the mean of a volume over what is there; 0: nothing."""
    normals: np.ndarray
    """[H, W, 3] float32, camera axes, unit length, toward the camera; 0, 0, 0: nothing."""
    instances: np.ndarray
    """[H, W] uint16, 0: background."""
    parts: np.ndarray | None = None
    """[H, W] int32, row of the moving parts' poses, -1 for what holds still; None: all still."""
    median_depth: np.ndarray | None = None
    """[H, W] float32, m, z-depth where half the light is gone; None for surfaces."""
    covered: Mapping[int, np.ndarray] | None = None
    """By instance id, [H, W] bool: the pixels where it would be seen if it were alone; None where nobody knows."""
    volume: bool = False
    """Whether a volume is seen, whose depth is less exact than a surface's."""


@dataclass(frozen=True, eq=False)
class Glance:
    """What little tells whether a viewpoint is worth rendering; `Buffers` without what costs most."""

    opacity: np.ndarray
    """[H, W] float32, 0 to 1."""
    depth: np.ndarray
    """[H, W] float32, m, z-depth, 0: nothing."""


class Renderer(Protocol):
    """Sees a scene or a volume."""

    def render(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Buffers]:
        """What is seen through each viewpoint, in their order.

        Args:
            viewpoints: V of them; a GPU renders many at once, so give many.
            poses: Of the moving parts, for each viewpoint: x, y, z, w, x, y, z. [V, B, 7]; None where nothing moves

        Raises:
            BadInput: The renderer cannot do a lens, or the poses do not fit.
        """
