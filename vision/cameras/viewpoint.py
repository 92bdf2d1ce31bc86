"""A camera at one place and moment, with its lens."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    @property
    def camera_to_world(self) -> np.ndarray:
        """The inverse of `world_to_camera`. [4, 4]"""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.world_to_camera[:3, :3].T, self.centre
        return matrix

    @property
    def axis(self) -> np.ndarray:
        """The way it looks, world, unit length. [3]"""
        forward: np.ndarray = self.world_to_camera[2, :3]
        return forward

    def at(self, world_to_camera: np.ndarray, time: float | None = None) -> Viewpoint:
        """The same camera elsewhere. [4, 4], s"""
        return replace(self, world_to_camera=world_to_camera, time=self.time if time is None else time)

    def scaled(self, factor: float) -> Viewpoint:
        """The same view on an image of another size: both sides times the factor, rounded, at least 1 px."""
        width, height = max(round(self.width * factor), 1), max(round(self.height * factor), 1)
        intrinsics = np.diag([width / self.width, height / self.height, 1.0]) @ self.intrinsics
        return replace(self, width=width, height=height, intrinsics=intrinsics)

    def rows(self, first: int, end: int) -> Viewpoint:
        """A camera that sees the rows `first` … `end` - 1 of the image alone.

        Raises:
            ValueError: The image does not have them.
        """
        if not 0 <= first < end <= self.height:
            raise ValueError(f"rows {first} to {end} of an image with {self.height}")
        intrinsics = self.intrinsics.astype(np.float64)
        intrinsics[1, 2] -= first
        return replace(self, height=end - first, intrinsics=intrinsics)

    def right_eye(self, baseline: float) -> Viewpoint:
        """The right camera of a stereo rig without toe-in whose left one this is: shifted along its own x, m."""
        matrix = self.world_to_camera.astype(np.float64)
        matrix[0, 3] -= baseline
        return replace(self, world_to_camera=matrix)
