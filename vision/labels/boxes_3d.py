"""Three-dimensional boxes: of what an image shows, and where their corners lie on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from multisynth.scenes.poses import rotation

from ..cameras.lenses import project
from ..cameras.viewpoint import Viewpoint
from .things import Things

SIGNS = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij"), -1).reshape(-1, 3) / 2


def boxes_3d(instances: np.ndarray, things: Iterable[Things], poses: np.ndarray | None = None) -> list[dict[str, Any]]:
    """One box for each visible instance that has one, as `kinds.BOX_3D`, in the order of the things.

    Args:
        instances: Ids. [H, W] uint16
        things: What has them.
        poses: Of the moving parts. [B, 7]; None where nothing moves
    """
    visible = set(np.unique(instances).tolist())
    found = []
    for some in things:
        solids = some.solids(poses)
        for thing in some.table:
            if thing.instance in visible and thing.instance in solids:
                named = {"instance": thing.instance, "name": thing.name, "category": thing.category}
                found.append({**named, **solids[thing.instance]})
    return found


def corners(box: Mapping[str, Any]) -> np.ndarray:
    """The corners of a box as `kinds.BOX_3D` has it, world, m, z fastest, then y, then x, from low to high. [8, 3]"""
    turn = rotation(np.asarray(box["quaternion"], np.float64))
    points: np.ndarray = (SIGNS * np.asarray(box["size"])) @ turn.T + np.asarray(box["centre"])
    return points


def projected(box: Mapping[str, Any], viewpoint: Viewpoint) -> tuple[np.ndarray, np.ndarray]:
    """Where a box's corners lie on an image, px, NaN where the lens does not see them, and z-depth, m. [8, 2], [8]"""
    return project(viewpoint, corners(box))
