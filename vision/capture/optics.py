"""A camera's size and lens, and how other software's camera models are written in ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..cameras.viewpoint import Lens

COLMAP_MODELS: dict[int, tuple[str, str]] = {
    0: ("SIMPLE_PINHOLE", "f"),
    1: ("PINHOLE", "fxy"),
    2: ("SIMPLE_RADIAL", "f k1"),
    3: ("RADIAL", "f k1 k2"),
    4: ("OPENCV", "fxy k1 k2 p1 p2"),
    5: ("OPENCV_FISHEYE", "fxy k1 k2 k3 k4"),
    6: ("FULL_OPENCV", "fxy k1 k2 p1 p2 k3 k4 k5 k6"),
    8: ("SIMPLE_RADIAL_FISHEYE", "f k1"),
    9: ("RADIAL_FISHEYE", "f k1 k2"),
}
"""By COLMAP's number: name, and parameters: one focal length or two, the centre after it, the distortion."""
_LARGEST = 2**16  # px a side


@dataclass(frozen=True, eq=False)
class Optics:
    """What a camera is apart from where it stands."""

    width: int  # px
    height: int  # px
    intrinsics: np.ndarray  # [3, 3] K, px
    lens: Lens = "pinhole"
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check that it can see.

        Raises:
            ValueError: A size, focal length or coefficient that no camera has.
        """
        if not (0 < self.width <= _LARGEST and 0 < self.height <= _LARGEST):
            raise ValueError(f"width and height are {self.width}×{self.height} px")
        for name, place in (("fx", (0, 0)), ("fy", (1, 1))):
            focal = self.intrinsics[place]
            if not (np.isfinite(focal) and focal > 0):
                raise ValueError(f"focal length {name} is {focal:g} px")
        if not (np.isfinite(self.intrinsics).all() and np.isfinite(self.distortion).all()):
            raise ValueError("centre or distortion hold what is no number")


def matrix(fx: float, fy: float, cx: float, cy: float) -> np.ndarray:
    """K. [3, 3]"""
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)


def from_colmap(model: str, width: int, height: int, parameters: Sequence[float]) -> Optics:
    """A camera as COLMAP has it (https://colmap.github.io/cameras.html), by the model's name.

    Raises:
        ValueError: A model that ours do not cover, or parameters that do not fit it.
    """
    known = dict(COLMAP_MODELS.values())
    if model not in known:
        raise ValueError(f"camera model {model} is none of {', '.join(known)}")
    focal, *names = known[model].split()
    first = 1 if focal == "f" else 2
    if len(parameters) != first + 2 + len(names):
        raise ValueError(f"{model} has {first + 2 + len(names)} parameters, not {len(parameters)}")
    values = [float(value) for value in parameters]
    fx, fy = values[0], values[first - 1]
    named = dict(zip(names, values[first + 2 :], strict=True))
    if model.endswith("FISHEYE"):
        lens: Lens = "fisheye"
        wanted: tuple[str, ...] = ("k1", "k2", "k3", "k4")
    else:
        lens = "opencv" if named else "pinhole"
        wanted = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")[: 8 if "k3" in named else 4]
    distortion = () if lens == "pinhole" else tuple(named.get(name, 0.0) for name in wanted)
    return Optics(width, height, matrix(fx, fy, values[first], values[first + 1]), lens, distortion)
