"""Distance along the ray, of an image of z-depth."""

from __future__ import annotations

import numpy as np

from ..cameras.lenses import rays
from ..cameras.viewpoint import Viewpoint


def distance(viewpoint: Viewpoint, depth: np.ndarray) -> np.ndarray:
    """Distance from the camera's centre along the ray of each pixel, m; 0 where depth is.

    Args:
        viewpoint: The camera, of any lens.
        depth: z-depth, m. [H, W] float32

    Returns:
        [H, W] float32
    """
    directions = rays(viewpoint)
    length = np.sqrt(np.einsum("yxi,yxi->yx", directions, directions))
    return np.where(depth > 0, depth * length, 0).astype(np.float32)
