"""Viewpoints that come from outside: whether they can be cameras at all."""

from __future__ import annotations

import numpy as np

from multisynth.errors import BadInput, shown

from .viewpoint import Viewpoint

LARGEST = 16384
"""px along a side; what is larger asks for gigabytes."""
RIGID = 1.5e-3
"""How far from 1 a rotation may scale: nine numbers rounded to three digits move it by 3 · 5e-4."""
COUNTS = {"pinhole": (0,), "opencv": (0, 1, 2, 4, 5, 8), "fisheye": (0, 1, 2, 3, 4)}
"""How many distortion coefficients a lens may have."""


def checked(viewpoint: Viewpoint, place: str = "") -> Viewpoint:
    """A viewpoint that can be filmed with: its rotation made exactly orthonormal.

    Args:
        viewpoint: As somebody's file has it.
        place: What to call it in a message: the file, and which camera of it.

    Raises:
        BadInput: Size, intrinsics, pose or distortion are no camera's; says which, and what they are.
    """
    _check_size(viewpoint, place)
    _check_intrinsics(viewpoint, place)
    _check_distortion(viewpoint, place)
    return viewpoint.at(rigid(viewpoint.world_to_camera, place))


def rigid(matrix: np.ndarray, place: str = "", name: str = "world_to_camera") -> np.ndarray:
    """The pose nearest to a matrix that is nearly one. [4, 4] → [4, 4] float64

    Args:
        matrix: As somebody's file has it, rounded.
        place: Where it stands, for a message.
        name: What it is called there.

    Raises:
        BadInput: It has another shape, is not finite, scales, shears or mirrors.
    """
    matrix = np.asarray(matrix, np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise BadInput(f"{name} is {shown(matrix.tolist())}", "give 4 × 4 finite numbers", place)
    if not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6):
        raise BadInput(f"{name} has the last row {matrix[3].tolist()}", "give 0, 0, 0, 1", place)
    left, scales, right = np.linalg.svd(matrix[:3, :3])
    if np.abs(scales - 1).max() > RIGID:
        raise BadInput(
            f"{name} is not rigid: it scales by {', '.join(f'{scale:.4g}' for scale in scales)} along its axes",
            "give a rotation and a shift, without scale or shear",
            place,
        )
    if np.linalg.det(left @ right) < 0:
        raise BadInput(f"{name} mirrors: its determinant is -1", "give right-handed axes", place)
    exact = np.eye(4)
    exact[:3, :3], exact[:3, 3] = left @ right, matrix[:3, 3]
    return exact


def _check_size(viewpoint: Viewpoint, place: str) -> None:
    for name in ("width", "height"):
        value = getattr(viewpoint, name)
        if not 1 <= value <= LARGEST:
            raise BadInput(f"{name} is {shown(value)} px", f"give 1 to {LARGEST}", place)


def _check_intrinsics(viewpoint: Viewpoint, place: str) -> None:
    k = np.asarray(viewpoint.intrinsics, np.float64)
    if k.shape != (3, 3) or not np.isfinite(k).all():
        raise BadInput(f"intrinsics are {shown(k.tolist())}", "give 3 × 3 finite numbers", place)
    for axis, name, size in ((0, "fx", viewpoint.width), (1, "fy", viewpoint.height)):
        if not 1e-3 * size < k[axis, axis] < 1e4 * size:
            raise BadInput(
                f"focal length {name} is {k[axis, axis]:g} px on an image of {size}",
                f"give it in pixels, above {1e-3 * size:g}; usual is about {size}",
                place,
            )
        if not -size <= k[axis, 2] <= 2 * size:
            raise BadInput(f"principal point {'xy'[axis]} is {k[axis, 2]:g} px", f"give about {size / 2:g}", place)
    if abs(k[0, 1]) > 1e-6 * k[0, 0] or not np.allclose([k[1, 0], *k[2]], [0, 0, 0, 1], atol=1e-9):
        raise BadInput(f"intrinsics are {k.tolist()}", "give fx, 0, cx; 0, fy, cy; 0, 0, 1, without skew", place)


def _check_distortion(viewpoint: Viewpoint, place: str) -> None:
    lens, coefficients = viewpoint.lens, viewpoint.distortion
    if lens not in COUNTS:
        raise BadInput(f"lens is {shown(lens)}", f"known: {', '.join(COUNTS)}", place)
    if len(coefficients) not in COUNTS[lens]:
        counts = ", ".join(map(str, COUNTS[lens]))
        raise BadInput(f"{lens} lens with {len(coefficients)} distortion coefficients", f"give {counts}", place)
    if not np.isfinite(np.asarray(coefficients, np.float64)).all():
        raise BadInput(f"distortion is {shown(coefficients)}", "give finite numbers", place)
