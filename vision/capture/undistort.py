"""Views as a straight lens would have seen them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..cameras.viewpoint import Viewpoint

_CENTRE = np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])  # OpenCV has the centre of the first pixel at 0, 0


def undistort(
    viewpoint: Viewpoint, smooth: Sequence[np.ndarray] = (), exact: Sequence[np.ndarray] = ()
) -> tuple[Viewpoint, list[np.ndarray], list[np.ndarray]]:
    """The pinhole camera in the same place, of the same size, and its images; it sees nothing that the lens did not.

    Args:
        viewpoint: With a lens of OpenCV's models; a pinhole is handed back with its images.
        smooth: Images whose values may be blended, such as colours. Each [H, W] or [H, W, C]
        exact: Images whose values may not, such as depth and ids. Each [H, W] or [H, W, C]
    """
    if viewpoint.lens == "pinhole":
        return viewpoint, list(smooth), list(exact)
    import cv2

    size = viewpoint.width, viewpoint.height
    lens, bent = viewpoint.intrinsics - _CENTRE, np.array(viewpoint.distortion, np.float64)
    if viewpoint.lens == "fisheye":
        straight = cv2.fisheye.estimateNewCameraMatrixForUndistortRectify(lens, bent, size, np.eye(3), balance=0.0)
        maps = cv2.fisheye.initUndistortRectifyMap(lens, bent, np.eye(3), straight, size, cv2.CV_32FC1)
    else:
        straight, _ = cv2.getOptimalNewCameraMatrix(lens, bent, size, 0)
        maps = cv2.initUndistortRectifyMap(lens, bent, None, straight, size, cv2.CV_32FC1)
    found = replace(viewpoint, intrinsics=straight + _CENTRE, lens="pinhole", distortion=())
    border = cv2.BORDER_REPLICATE
    blended = [cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=border) for image in smooth]
    kept = [cv2.remap(image, *maps, cv2.INTER_NEAREST, borderMode=border) for image in exact]
    return found, blended, kept
