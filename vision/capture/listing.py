"""What a file of poses lists: images with their cameras, places and the points that they see."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from multisynth.errors import shown

from .optics import Optics


@dataclass(frozen=True, eq=False)
class Listed:
    """An image as it is listed, whether its file exists or not."""

    name: str
    image: Path
    optics: Optics
    world_to_camera: np.ndarray  # [4, 4]
    seen: np.ndarray | None  # [P] int64, rows of the points that it sees; None where nobody says
    depth: Path | None = None
    mask: Path | None = None


@dataclass(frozen=True, eq=False)
class Points:
    """Sparse points."""

    places: np.ndarray  # [N, 3] float64, world
    ids: np.ndarray  # [N] int64
    colours: np.ndarray  # [N, 3] uint8, sRGB

    @classmethod
    def none(cls) -> Points:
        """No points."""
        return cls(np.zeros((0, 3)), np.zeros(0, np.int64), np.zeros((0, 3), np.uint8))


@dataclass(frozen=True, eq=False)
class Listing:
    """All of them."""

    images: list[Listed]
    points: Points

    def moved(self, similarity: np.ndarray) -> Listing:
        """In another world.

        Args:
            similarity: New places out of old ones: scale · rotation and shift. [4, 4]
        """
        scale = np.cbrt(np.linalg.det(similarity[:3, :3]))
        back = np.linalg.inv(similarity)
        images = []
        for image in self.images:
            pose = image.world_to_camera @ back
            pose[:3] *= scale  # the camera's own axes keep their length
            images.append(replace(image, world_to_camera=pose))
        places = self.points.places @ similarity[:3, :3].T + similarity[:3, 3]
        return replace(self, images=images, points=replace(self.points, places=places))


MOST_SEEN = 20_000
"""Points that a view is given where nobody says which it sees."""


def seen_by(image: Listed, points: Points) -> np.ndarray:
    """Rows of the points that an image sees; where nobody says, of those in its frame, evenly thinned. [P] int64"""
    if image.seen is not None:
        return image.seen
    pose, optics = image.world_to_camera, image.optics
    local = points.places @ pose[:3, :3].T + pose[:3, 3]
    front = local[:, 2] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        places = local @ optics.intrinsics.T
        places = places[:, :2] / places[:, 2:]  # the lens's bending matters little to what is in the frame
    inside = front & (places >= 0).all(axis=1) & (places < [optics.width, optics.height]).all(axis=1)
    rows: np.ndarray = np.flatnonzero(inside)
    return rows[:: -(-len(rows) // MOST_SEEN) or 1]


def within(folder: Path, name: str) -> Path:
    """The file of that name in a folder.

    Raises:
        ValueError: The name leads out of the folder, or is no file's.
    """
    path = folder / name
    if len(name) > 1024 or any(len(os.fsencode(part)) > 255 for part in path.parts):
        raise ValueError(f"{shown(name)} is longer than names of files are")
    if "\0" in name or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} leads out of {folder}")
    return path
