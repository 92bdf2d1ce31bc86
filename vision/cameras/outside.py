"""Viewpoints that come from outside: whether they can be cameras at all."""

from __future__ import annotations

import numpy as np

from multisynth.errors import BadInput, shown

from .viewpoint import Viewpoint

LARGEST = 16384
"""px along a side; what is larger asks for gigabytes."""
RIGID = 1e-3
"""How far R Rᵀ may be from 1; files round to four digits and more."""
COUNTS = {"pinhole": (0,), "opencv": (0, 1, 2, 4, 5, 8), "fisheye": (0, 1, 2, 3, 4)}
"""How many distortion coefficients a lens may have."""


def checked(viewpoint: Viewpoint, place: str = "", largest: int = LARGEST) -> Viewpoint:
    """A viewpoint that can be filmed with: its rotation made exactly orthonormal.

    Args:
        viewpoint: As somebody's file has it.
        place: What to call it in a message: the file, and which camera of it.
        largest: px along a side.

    Raises:
        BadInput: Size, intrinsics, pose or distortion are no camera's; says which, and what they are.
    """
    _check_size(viewpoint, place, largest)
    _check_intrinsics(viewpoint, place)
    _check_distortion(viewpoint, place)
    return viewpoint.at(rigid(viewpoint.world_to_camera, place))


def rigid(matrix: np.ndarray, place: str = "") -> np.ndarray:
    """The pose nearest to a matrix that is nearly one. [4, 4] → [4, 4] float64

    Raises:
        BadInput: It has another shape, is not finite, scales, shears or mirrors.
    """
    name = "world_to_camera"
    matrix = np.asarray(matrix, np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise BadInput(f"{name} is {shown(matrix.tolist())}", "give 4 × 4 finite numbers", place)
    rotation = matrix[:3, :3]
    apart = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6) or apart > RIGID:
        raise BadInput(
            f"{name} is not rigid: R Rᵀ is {apart:.3g} from the identity, the last row {matrix[3].tolist()}",
            "give a rotation and a shift, without scale or shear",
            place,
        )
    if np.linalg.det(rotation) < 0:
        raise BadInput(f"{name} mirrors: its determinant is -1", "give right-handed axes: x right, y down, z on", place)
    left, _, right = np.linalg.svd(rotation)
    exact = np.eye(4)
    exact[:3, :3], exact[:3, 3] = left @ right, matrix[:3, 3]
    return exact


def _check_size(viewpoint: Viewpoint, place: str, largest: int) -> None:
    for name in ("width", "height"):
        value = getattr(viewpoint, name)
        if not 1 <= value <= largest:
            raise BadInput(f"{name} is {shown(value)} px", f"give 1 to {largest}", place)


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
