"""The hand's own way from where it is to where a piece of a demonstration begins."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

SPEED = 0.35  # m/s
TURN = 2.0  # rad/s
SLIDE = 0.1  # m/s, with something before or in the hand on the table


def bridge(start: np.ndarray, end: np.ndarray, period: float, slides: bool = False) -> np.ndarray:
    """Poses a control step apart from one to another, evenly.

    Args:
        start: Not among them. [4, 4]
        end: The last of them. [4, 4]
        period: Between control steps, s.
        slides: Whether to go straight and slowly; otherwise up to the higher of the two, across, and down.

    Returns:
        [N, 4, 4]
    """
    if slides:
        return _straight(start, end, period, SLIDE)
    above, over = start.copy(), end.copy()
    above[2, 3] = over[2, 3] = max(start[2, 3], end[2, 3])
    corners = [start, above, over, end]
    return np.concatenate([_straight(a, b, period, SPEED) for a, b in pairwise(corners)])


def _straight(start: np.ndarray, end: np.ndarray, period: float, speed: float) -> np.ndarray:
    """[N, 4, 4]; none where there is no way to go."""
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_matrix(end[:3, :3] @ start[:3, :3].T).as_rotvec()
    way = end[:3, 3] - start[:3, 3]
    seconds = max(np.linalg.norm(way) / speed, np.linalg.norm(turn) / TURN)
    count = int(np.ceil(seconds / period - 1e-6))
    shares = np.arange(1, count + 1)[:, None] / max(count, 1)
    poses = np.tile(np.eye(4), (count, 1, 1))
    if count:
        poses[:, :3, :3] = Rotation.from_rotvec(turn * shares).as_matrix() @ start[:3, :3]
        poses[:, :3, 3] = start[:3, 3] + way * shares
    return poses
