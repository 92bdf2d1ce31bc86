"""Points of photos that can be found again in others: SIFT (Lowe 2004) with root-normalised descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Features:
    """N features of a photo, the coarsest first."""

    places: np.ndarray  # [N, 4] float32: x, y in px of the photo at full size, scale in px, orientation in rad
    descriptors: np.ndarray  # [N, 128] uint8
    colours: np.ndarray  # [N, 3] uint8, sRGB


def quiet_pycolmap() -> Any:
    """The library pycolmap, told not to write its log among ours."""
    import pycolmap

    pycolmap.logging.minloglevel = pycolmap.logging.FATAL.value
    return pycolmap


def extractor(most: int, fine: bool) -> Any:
    """An extractor on the CPU and one thread.

    Args:
        most: Places at most; one may have two orientations.
        fine: Whether to look at twice the resolution as well.
    """
    pycolmap = quiet_pycolmap()
    options = pycolmap.FeatureExtractionOptions()
    options.use_gpu, options.num_threads = False, 1
    options.sift.max_num_features, options.sift.first_octave = most, -1 if fine else 0
    return pycolmap.FeatureExtractor.create(options, pycolmap.Device.cpu)


def features(extract: Any, rgb: np.ndarray, largest: int) -> Features:
    """Features of a photo.

    Args:
        extract: As `extractor` makes it.
        rgb: sRGB. [H, W, 3] uint8
        largest: px; a longer side is shrunk to it first.
    """
    import cv2
    import pycolmap

    height, width = rgb.shape[:2]
    shrink = min(1.0, largest / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if shrink < 1:
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    found, described = extract.extract_from_uint8_array(grey)
    places = pycolmap.keypoints_to_matrix(found) if len(found) else np.zeros((0, 4), np.float32)
    places[:, 0] *= width / size[0]
    places[:, 1] *= height / size[1]
    places[:, 2] *= width / size[0]
    order = np.argsort(-places[:, 2], kind="stable")
    places = np.ascontiguousarray(places[order])
    columns, rows = places[:, 0].astype(int).clip(0, width - 1), places[:, 1].astype(int).clip(0, height - 1)
    descriptors = np.ascontiguousarray(described.data[order]) if len(places) else np.zeros((0, 128), np.uint8)
    return Features(places, descriptors, rgb[rows, columns])
