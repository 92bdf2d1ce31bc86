"""Which way is up, and how large things are, as well as poses tell."""

from __future__ import annotations

import numpy as np

_TRUST = 0.01  # of the cameras' own up against how level they were held


def up_of(poses: np.ndarray) -> np.ndarray:
    """Which way is up, by how people hold cameras: upright on the whole, and level from side to side. [3] unit length

    The direction g that minimises the mean of (xᵢ · g)² + λ |g - u|², where xᵢ are the cameras' rightward axes and u is
    the mean of their upward ones: cameras that look down still have level horizons, and where all look the same way u
    decides.

    Args:
        poses: World to camera. [N, 4, 4]
    """
    right, up = poses[:, 0, :3], -poses[:, 1, :3].mean(axis=0)
    length = np.linalg.norm(up)
    if length < 1e-6:
        return np.array([0.0, 0.0, 1.0])
    found = np.linalg.solve(right.T @ right / len(poses) + _TRUST * np.eye(3), up / length)
    unit: np.ndarray = found / np.linalg.norm(found)
    return unit


def turn(up: np.ndarray) -> np.ndarray:
    """The shortest rotation that takes a direction to z. [3, 3]"""
    axis = np.cross(up, [0, 0, 1])
    cosine = float(up[2])
    if cosine < -1 + 1e-12:
        return np.diag([1.0, -1.0, -1.0])
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    rotation: np.ndarray = np.eye(3) + cross + cross @ cross / (1 + cosine)
    return rotation


def centres(poses: np.ndarray) -> np.ndarray:
    """Where cameras stand. [N, 3]

    Args:
        poses: World to camera. [N, 4, 4]
    """
    places: np.ndarray = -np.einsum("nij,ni->nj", poses[:, :3, :3], poses[:, :3, 3])
    return places


def upright(poses: np.ndarray) -> np.ndarray:
    """The similarity that turns the world so that up is z, and changes nothing else. [4, 4]"""
    found = np.eye(4)
    found[:3, :3] = turn(up_of(poses))
    return found


def settled(poses: np.ndarray, scale: float | None = None) -> np.ndarray:
    """The similarity into a world with z up and its origin in the middle of the cameras. [4, 4]

    Args:
        poses: World to camera. [N, 4, 4]
        scale: New units an old one; without it the farthest camera comes to stand one unit from the origin.
    """
    found = upright(poses)
    places = centres(poses)
    middle = places.mean(axis=0)
    farthest = np.linalg.norm(places - middle, axis=1).max()
    size = scale if scale is not None else 1 / farthest if farthest > 0 else 1.0
    found[:3, :3] *= size
    found[:3, 3] = -found[:3, :3] @ middle
    return found
