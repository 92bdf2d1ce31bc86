"""Depth images of other software: PNG or TIFF of 16 bits, or NumPy's `.npy`."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from multisynth.media import LARGEST

_LARGEST = 2**30  # bytes


def read_depth_file(path: Path, width: int, height: int) -> np.ndarray:
    """Depth in the file's steps, 0 where unknown, by its nearest pixel at the size of the image. [H, W] float64

    Raises:
        ValueError: No depth image, or too large; it names the file.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("the file is too large")
        data = path.read_bytes()
        steps = _numpy(data) if path.suffix == ".npy" else _picture(data)
    except (OSError, ValueError) as error:
        raise ValueError(f"depth image {path.name}: {error}") from error
    steps = np.where(np.isfinite(steps) & (steps > 0), steps, 0)
    rows = (np.arange(height) + 0.5) * steps.shape[0] / height
    columns = (np.arange(width) + 0.5) * steps.shape[1] / width
    resized: np.ndarray = steps[rows.astype(int)[:, None], columns.astype(int)]
    return resized


def _numpy(data: bytes) -> np.ndarray:
    steps = np.load(BytesIO(data), allow_pickle=False)
    steps = steps[..., 0] if getattr(steps, "ndim", 0) == 3 and steps.shape[2] == 1 else steps
    if not isinstance(steps, np.ndarray) or steps.ndim != 2 or steps.dtype.kind not in "fiu" or not steps.size:
        raise ValueError("it holds no [H, W] of numbers")
    return steps.astype(np.float64)


def _picture(data: bytes) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(BytesIO(data), formats=("PNG", "TIFF")) as image:
            if image.width * image.height > LARGEST:
                raise ValueError(f"{image.width}×{image.height} pixels are more than {LARGEST}")
            if image.mode not in ("I", "I;16", "I;16B", "F"):
                raise ValueError(f"it has mode {image.mode}, not one channel of 16 bits or more")
            return np.array(image, np.float64)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(str(error)) from error
