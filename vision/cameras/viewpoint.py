"""A camera at one place and moment, with its lens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Lens = Literal["pinhole", "opencv", "fisheye"]


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """Where a camera stands, and how points come to lie on its image.

    Pixels count from the top left corner of the image, so the centre of the first is (0.5, 0.5). A fisheye sees less
    than 90° from its axis, so that z-depth means something everywhere.
    """

    width: int  # px
    height: int  # px
    intrinsics: np.ndarray  # [3, 3] K, px
    world_to_camera: np.ndarray  # [4, 4] float64, OpenCV axes (x right, y down, z forward), m
    lens: Lens = "pinhole"
    distortion: tuple[float, ...] = ()  # opencv: k1, k2, p1, p2, k3 …; fisheye: k1 to k4, as OpenCV has them
    time: float = 0.0  # s from the start of the path or episode

    @property
    def centre(self) -> np.ndarray:
        """Where it stands, world, m. [3]"""
        rotation, shift = self.world_to_camera[:3, :3], self.world_to_camera[:3, 3]
        place: np.ndarray = -rotation.T @ shift
        return place
