"""How the parts of a scene moved from one moment to another."""

from __future__ import annotations

import numpy as np
from multisynth.scenes.poses import transform

from ..cameras.viewpoint import Viewpoint


def matrices(poses: np.ndarray) -> np.ndarray:
    """Part to world, of poses x, y, z, w, x, y, z, whose quaternions need no unit length. [B, 7] → [B, 4, 4]"""
    poses = np.asarray(poses, np.float64)
    return transform(poses[:, :3], poses[:, 3:] / np.linalg.norm(poses[:, 3:], axis=1, keepdims=True))


def inverse(matrices: np.ndarray) -> np.ndarray:
    """Of rigid motions. [..., 4, 4]"""
    turned = np.swapaxes(matrices[..., :3, :3], -1, -2)
    result = np.zeros_like(matrices)
    result[..., :3, :3], result[..., 3, 3] = turned, 1
    result[..., :3, 3] = -(turned @ matrices[..., :3, 3, None])[..., 0]
    return result


def carriers(
    viewpoint: Viewpoint, other: Viewpoint, poses: np.ndarray | None = None, other_poses: np.ndarray | None = None
) -> np.ndarray:
    """Takes points in the axes of one camera to where they are in those of another, at another moment.

    Args:
        viewpoint: The one camera.
        other: The other.
        poses: Of the moving parts when the one sees them: x, y, z, w, x, y, z. [B, 7]; None where nothing moves
        other_poses: When the other sees them. [B, 7]

    Returns:
        For what holds still, then for each part. [1 + B, 4, 4] float64

    Raises:
        ValueError: There are poses of one moment alone, or they differ in shape.
    """
    shapes = [None if moment is None else moment.shape for moment in (poses, other_poses)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"poses of shapes {shapes[0]} and {shapes[1]}: both moments have the same")
    moved = np.eye(4)[None]
    if poses is not None and other_poses is not None:
        moved = np.concatenate([moved, matrices(other_poses) @ inverse(matrices(poses))])
    result: np.ndarray = other.world_to_camera @ moved @ viewpoint.camera_to_world
    return result
