"""Poses of cameras: looking from one point at another, and in between two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from multisynth.scenes.poses import quaternion, rotation

Motion = Callable[[float], np.ndarray]
"""Where a camera is at a time, s: `world_to_camera`, [4, 4] float64."""


def looking(position: np.ndarray, target: np.ndarray, up: np.ndarray) -> np.ndarray:
    """The pose of a camera at a point that looks at another without roll.

    Straight up or down, where no roll is defined, x is square to `up` all the same.

    Args:
        position: Where it stands, world, m. [3]
        target: What it looks at, world, m. [3]
        up: World, unit length. [3]

    Returns:
        `world_to_camera`, [4, 4].

    Raises:
        ValueError: The two points are one.
    """
    forward = np.asarray(target, np.float64) - position
    length = np.linalg.norm(forward)
    if not length > 0:
        raise ValueError(f"a camera at {position} that looks at the point where it stands")
    return facing(position, forward / length, up)


def facing(position: np.ndarray, forward: np.ndarray, up: np.ndarray) -> np.ndarray:
    """As `looking`, by the direction that it looks in, unit length. [3] → [4, 4]"""
    right = np.cross(forward, up)
    if np.linalg.norm(right) < 1e-6:
        right = np.cross(forward, upright(up)[1])
    right /= np.linalg.norm(right)
    return posed(np.stack([right, np.cross(forward, right), forward]), position)


def posed(turn: np.ndarray, position: np.ndarray) -> np.ndarray:
    """`world_to_camera` of a camera's rotation, world to camera, and its place. [3, 3], [3] → [4, 4]"""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, -turn @ position
    return matrix


def place(world_to_camera: np.ndarray) -> np.ndarray:
    """Where cameras stand, world, m. [..., 4, 4] → [..., 3]"""
    return -np.einsum("...ji,...j->...i", world_to_camera[..., :3, :3], world_to_camera[..., :3, 3])


def between(first: np.ndarray, last: np.ndarray, share: float) -> np.ndarray:
    """The pose at a share of the way: centres along the line, turns along the shortest arc. [4, 4], [4, 4] → [4, 4]"""
    a, b = quaternion(first[:3, :3]), quaternion(last[:3, :3])
    b = b if a @ b >= 0 else -b
    angle = np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b)) * 2
    mixed = a if angle < 1e-9 else np.sin((1 - share) * angle) * a + np.sin(share * angle) * b
    position = (1 - share) * place(first) + share * place(last)
    return posed(rotation(mixed / np.linalg.norm(mixed)), position)


def upright(up: np.ndarray) -> np.ndarray:
    """Right-handed axes whose third is `up`, as rows: they turn the world so that z is up. [3] → [3, 3]"""
    up = np.asarray(up, np.float64)
    up = up / np.linalg.norm(up)
    # for the usual up these are the world's own axes
    first = np.array([1.0, 0.0, 0.0]) if abs(up[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    first = first - (first @ up) * up
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(up, first), up])


def direction(azimuth: float, elevation: float) -> np.ndarray:
    """Unit vector of an azimuth from x and an elevation above the horizon, rad, with z up. [3]"""
    return np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
