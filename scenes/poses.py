"""Rigid poses: position in metres and unit quaternion w, x, y, z."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def rotation(quaternion: np.ndarray) -> np.ndarray:
    """Rotation matrices of unit quaternions. [..., 4] → [..., 3, 3]"""
    quaternion = np.asarray(quaternion, np.float64)
    if quaternion.ndim == 1:  # plain floats are faster for one
        return np.array(_rows(*quaternion.tolist()))
    return np.stack([np.stack(row, -1) for row in _rows(*np.moveaxis(quaternion, -1, 0))], -2)


def _rows(w: Any, x: Any, y: Any, z: Any) -> list[list[Any]]:
    return [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]


def quaternion(matrix: np.ndarray) -> np.ndarray:
    """The unit quaternion, w ≥ 0, of a rotation matrix (Shepperd 1978: divide by the largest part). [3, 3] → [4]"""
    (a, b, c), (d, e, f), (g, h, i) = np.asarray(matrix, np.float64).tolist()  # plain floats are faster here
    squares = (1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i)  # 4 w², 4 x², 4 y², 4 z²
    largest = squares.index(max(squares))
    q = (  # 4 q qᵀ
        (squares[0], h - f, c - g, d - b),
        (h - f, squares[1], b + d, c + g),
        (c - g, b + d, squares[2], f + h),
        (d - b, c + g, f + h, squares[3]),
    )[largest]
    length = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    length = length if q[0] >= 0 else -length
    return np.array([q[0] / length, q[1] / length, q[2] / length, q[3] / length])


def continuous(quaternions: np.ndarray) -> np.ndarray:
    """The same turns over time, without the jumps from q to -q that mean nothing. [T, ..., 4] → [T, ..., 4]"""
    turns = np.array(quaternions)
    jumps = np.where((turns[1:] * turns[:-1]).sum(-1) < 0, -1, 1).astype(turns.dtype)
    turns[1:] *= np.cumprod(jumps, axis=0)[..., None]
    return turns


def transform(position: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
    """Homogeneous matrices of poses: local points into the outer frame. [..., 3], [..., 4] → [..., 4, 4]"""
    position = np.asarray(position, np.float64)
    matrix = np.zeros((*position.shape[:-1], 4, 4))
    matrix[..., :3, :3], matrix[..., :3, 3], matrix[..., 3, 3] = rotation(quaternion), position, 1
    return matrix


def from_rpy(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """Rotation matrix of URDF's roll, pitch, yaw: about the fixed axes x, then y, then z, in radians. [3, 3]"""
    (cr, sr), (cp, sp), (cy, sy) = ((np.cos(a), np.sin(a)) for a in (roll, pitch, yaw))
    return np.array([
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ])  # fmt: skip


def about(axis: np.ndarray, angle: float) -> np.ndarray:
    """Rotation matrix of a turn by an angle in radians about a unit axis. [3, 3]"""
    half = np.asarray(axis, np.float64) * np.sin(angle / 2)
    return rotation(np.array([np.cos(angle / 2), *half]))
