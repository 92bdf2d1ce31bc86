"""Rain: drops close by as streaks, those further off as a veil.

Sizes are Marshall and Palmer's (The distribution of raindrops with size, 1948): N₀ e^(−ΛD) drops a m³ and mm of
diameter, N₀ = 8000, Λ = 4.1 R^(−0.21) 1/mm for R mm/h. They fall at 9.65 − 10.3 e^(−0.6 D) m/s (Atlas, Srivastava and
Sekhon, 1973, fitted to Gunn and Kinzer's measurements). While the shutter is open a drop covers each pixel of its path
for a short time only, and what it shows is a view of 165° of what is around it, little of what is behind it (Garg and
Nayar, Vision and rain, 2007): so a pixel's radiance goes the share α of that time from the background's to the
surroundings'. Drops do not wobble here, and all are in focus.

What is too far to be seen drop by drop takes light away and adds that of the surroundings, as fog does, with the
extinction 2 ∫ π/4 D² N(D) dD = π N₀/Λ³, since a drop takes away twice the light that falls on it (van de Hulst, 1957).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cameras.lenses import onto_image, rays
from ..cameras.viewpoint import Viewpoint
from .fog import transmittance

_DENSITY = 8000.0  # N₀, 1/(m³ mm)
_SHARE = 0.94  # of the surroundings' radiance that a drop shows; Garg and Nayar 2007, section 3
_LIMITS = 0.5, 6.0  # mm: smaller drops are mist, larger ones break up
_CLOSEST = 0.3  # m: closer ones would be blots on the lens
_WIDEST = 4.0  # tangent of the angle from the axis, 76°, beyond which no drops are put for a fisheye


@dataclass(frozen=True)
class Rain:
    """How it rains."""

    rate: float  # mm/h: 1 is drizzle, 10 is heavy, 50 a cloudburst
    wind: tuple[float, float] = (0.0, 0.0)  # m/s along world x and y
    reach: float = 4.0  # m: drops within it are drawn one by one

    @property
    def slope(self) -> float:
        """Λ, 1/mm."""
        return float(4.1 * self.rate**-0.21)

    @property
    def extinction(self) -> float:
        """β, 1/m."""
        return float(np.pi * _DENSITY / self.slope**3 * 1e-6)

    @property
    def drops(self) -> float:
        """Drops of 0.5 to 6 mm, 1/m³."""
        low, high = (np.exp(-self.slope * limit) for limit in _LIMITS)
        return float(_DENSITY / self.slope * (low - high))

    def diameters(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Diameters of drops, mm. [count]"""
        low, high = (np.exp(-self.slope * limit) for limit in _LIMITS)
        return -np.log(low - rng.random(count) * (low - high)) / self.slope


def fall_speed(diameter: np.ndarray) -> np.ndarray:
    """Speed at which drops of a diameter in mm fall through still air, m/s; the same shape."""
    return np.maximum(9.65 - 10.3 * np.exp(-0.6 * diameter), 0)


def rain(
    radiance: np.ndarray,  # [H, W, 3] linear
    distance: np.ndarray,  # [H, W] m along the ray, 0: sky
    view: Viewpoint,
    fall: Rain,
    exposure: float,  # s that the shutter is open
    surroundings: np.ndarray | tuple[float, float, float],  # [3] mean radiance around
    rng: np.random.Generator,
) -> np.ndarray:
    """What is seen through rain. [H, W, 3] float32"""
    light = np.asarray(surroundings, np.float32)
    beyond = np.where(distance > 0, np.maximum(distance - fall.reach, 1e-6), 0)
    veiled = (radiance - light) * transmittance(beyond, fall.extinction)[..., None] + light
    share = streaks(distance, view, fall, exposure, rng)[..., None]
    return veiled + share * (light * np.float32(_SHARE) - veiled)


def streaks(
    distance: np.ndarray,  # [H, W] m along the ray, 0: sky
    view: Viewpoint,
    fall: Rain,
    exposure: float,  # s
    rng: np.random.Generator,
) -> np.ndarray:
    """Share of the exposure for which drops stand before each pixel, those hidden behind surfaces left out.

    Drops are spread evenly over the part of the view's pyramid between 0.3 m and the reach, widened by what falls into
    the image while the shutter is open.

    Returns:
        [H, W] float32, 0 to 1
    """
    opened, sizes, speeds = _drops(view, fall, exposure, rng)
    velocity = np.zeros((len(sizes), 3))
    velocity[:, :2], velocity[:, 2] = fall.wind, -speeds
    closed = opened + velocity @ view.world_to_camera[:3, :3].T * exposure
    first, last = onto_image(view, opened)[0], onto_image(view, closed)[0]
    across = sizes * 1e-3 * np.sqrt(view.intrinsics[0, 0] * view.intrinsics[1, 1]) / opened[:, 2]  # px
    low, high = np.minimum(first, last) - across[:, None] - 1, np.maximum(first, last) + across[:, None] + 1
    enters = (high > 0).all(1) & (low < [view.width, view.height]).all(1)  # false where a lens cannot see it
    away = np.linalg.norm(opened[enters], axis=1)
    return _cover(first[enters], last[enters], across[enters], away, distance)


def _drops(
    view: Viewpoint, fall: Rain, exposure: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places at the shutter's opening in camera axes, [N, 3] m; diameters, [N] mm; speeds, [N] m/s."""
    edge = np.array([[x, y] for x in (0, 0.5, 1) for y in (0, 0.5, 1)]) * [view.width, view.height]
    directions = np.clip(np.nan_to_num(rays(view, edge)[:, :2], nan=_WIDEST), -_WIDEST, _WIDEST)
    low, high = directions.min(0), directions.max(0)
    margin = exposure * np.hypot(10.0, np.hypot(*fall.wind)) / _CLOSEST
    margin = min(margin, 1.0)  # beyond it only the closest drops would enter
    low, high = low - margin, high + margin
    volume = float(np.prod(high - low)) * (fall.reach**3 - _CLOSEST**3) / 3
    count = int(rng.poisson(fall.drops * volume))
    depth = np.cbrt(_CLOSEST**3 + rng.random(count) * (fall.reach**3 - _CLOSEST**3))
    places = np.empty((count, 3))
    places[:, :2], places[:, 2] = (low + rng.random((count, 2)) * (high - low)) * depth[:, None], depth
    sizes = fall.diameters(count, rng)
    return places, sizes, fall_speed(sizes)


def _cover(
    first: np.ndarray,  # [N, 2] px, where drops are when the shutter opens
    last: np.ndarray,  # [N, 2] px, and when it closes
    across: np.ndarray,  # [N] px, their diameters
    away: np.ndarray,  # [N] m
    distance: np.ndarray,  # [H, W] m, 0: sky
) -> np.ndarray:
    """Share of the time that drops stand before each pixel: each adds its own area, smeared along its way."""
    way = last - first
    length = np.linalg.norm(way, axis=1)
    side = np.stack([-way[:, 1], way[:, 0]], 1) / np.maximum(length, 1e-9)[:, None]
    long = np.maximum(np.ceil(length), 1).astype(np.int64)
    wide = np.maximum(np.ceil(2 * across), 1).astype(np.int64)
    points = long * wide
    drop = np.repeat(np.arange(len(points)), points)
    nth = np.arange(len(drop)) - np.repeat(np.cumsum(points) - points, points)
    moment, offset = (nth // wide[drop] + 0.5) / long[drop], (nth % wide[drop] + 0.5) / wide[drop] - 0.5
    weight = np.sqrt(1 - 4 * offset**2)  # a circle is thickest in its middle
    weight *= (np.pi / 4 * across**2 / np.bincount(drop, weight, len(points)))[drop]
    spot = first[drop] + moment[:, None] * way[drop] + (offset * across[drop])[:, None] * side[drop] - 0.5
    return _shared(spot, weight, away[drop], distance)


def _shared(spot: np.ndarray, weight: np.ndarray, away: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Weights shared among the four pixels around each point that nothing hides. [H, W] float32, 1 at most"""
    height, width = distance.shape
    corner = np.floor(spot).astype(np.int64)
    part = spot - corner
    behind = np.where(distance > 0, distance, np.inf).ravel()
    total = np.zeros(height * width)
    for right in (0, 1):
        for below in (0, 1):
            column, row = corner[:, 0] + right, corner[:, 1] + below
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            pixel = (row * width + column)[inside]
            share = np.abs(1 - right - part[:, 0]) * np.abs(1 - below - part[:, 1]) * weight
            total += np.bincount(pixel, share[inside] * (away[inside] < behind[pixel]), height * width)
    return np.minimum(total, 1).reshape(height, width).astype(np.float32)
