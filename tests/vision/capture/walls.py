"""Photos of textured walls by cameras whose places are known, drawn by homographies."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

WIDTH, HEIGHT, FOCAL = 360, 270, 340.0
K = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
_TEXTURE = 500  # px a side


def look(place: np.ndarray, target: np.ndarray) -> np.ndarray:
    """World to camera of one held level, z up. [4, 4]"""
    forward = (target - place) / np.linalg.norm(target - place)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = [right, np.cross(forward, right), forward]
    pose[:3, 3] = -pose[:3, :3] @ place
    return pose


def path(count: int) -> list[np.ndarray]:
    """Cameras on an arc before the walls, at different heights."""
    angles = np.linspace(-0.35, 0.35, count)
    places = [np.array([6 * np.sin(a), -6 * np.cos(a), 0.3 * np.cos(9 * a)]) for a in angles]
    return [look(place, np.array([0.1 * i, 0.0, 0.1])) for i, place in enumerate(places)]


def photo(pose: np.ndarray, seed: int = 0) -> np.ndarray:
    """What a camera sees: a wall far behind, and two slanted ones before it. [H, W, 3] uint8"""
    walls = [
        (np.array([-5.0, 2.5, -4]), np.array([10.0, 0, 0]), np.array([0, 0, 8.0])),
        (np.array([-2.2, 1.2, -1.3]), np.array([2.0, -1.0, 0]), np.array([0, 0, 2.4])),
        (np.array([0.4, -0.4, -1.5]), np.array([2.0, 1.2, 0]), np.array([0.0, 0.6, 2.2])),
    ]
    seen = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for number, (corner, along, up) in enumerate(walls):
        texture = _texture(3 * seed + number)
        moved = np.stack([along, up, corner], axis=1)
        local = pose[:3, :3] @ moved + np.outer(pose[:3, 3], [0, 0, 1])
        places = K @ local @ np.diag([1 / _TEXTURE, 1 / _TEXTURE, 1])
        places = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ places @ [[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]]
        flags = cv2.INTER_AREA | cv2.INTER_LINEAR
        warped = cv2.warpPerspective(texture, places, (WIDTH, HEIGHT), flags=flags)
        mask = cv2.warpPerspective(np.full(texture.shape[:2], 255, np.uint8), places, (WIDTH, HEIGHT))
        seen = np.where(mask[..., None] > 127, warped, seen)
    return seen


@lru_cache
def _texture(seed: int) -> np.ndarray:
    """Blotches of many sizes, as SIFT likes them."""
    rng = np.random.default_rng(seed)
    total = np.zeros((_TEXTURE, _TEXTURE, 3))
    for sigma in (3, 6, 12, 24):
        noise = cv2.GaussianBlur(rng.normal(size=(_TEXTURE, _TEXTURE, 3)), (0, 0), sigma)
        total += noise / noise.std()
    return np.clip(128 + 40 * total, 0, 255).astype(np.uint8)
