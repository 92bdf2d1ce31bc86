"""Pictures small enough to stand in a page, as data URIs."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from markupsafe import Markup

from multisynth.media import LARGEST as PIXELS
from multisynth.sample import Sample

LARGEST = 480
"""px, the longer side of a picture in the page."""
SMALL = 200
"""px, the longer side of a thumbnail."""
_QUALITY = 84


@dataclass(frozen=True)
class Scale:
    """What the two ends of a range of colours stand for."""

    low: str
    high: str
    ramp: str


@dataclass(frozen=True)
class Picture:
    """One picture: as a data URI, or why there is none; what lies over it; a note under it.

    `wheel` is what full colour means where hue is a direction.
    """

    title: str
    uri: str = ""
    problem: str = ""
    overlay: Markup | None = None
    note: str = ""
    scale: Scale | None = None
    wheel: str = ""
    legend: Markup | None = None

    @property
    def size(self) -> int:
        """Bytes, as `Budget.take` counts them."""
        return (len(self.uri) + len(self.overlay or "")) * 3 // 4


def encode(image: np.ndarray, exact: bool = False) -> str:
    """A data URI: WebP, or PNG where every colour counts. [H, W, 3] uint8"""
    import cv2

    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    form, options = (".png", []) if exact else (".webp", [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    _, data = cv2.imencode(form, bgr, options)
    return uri(data.tobytes(), f"image/{form[1:]}")


def uri(data: bytes, media_type: str) -> str:
    """Bytes as a data URI."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def shrink(image: np.ndarray, largest: int = LARGEST, exact: bool = False) -> np.ndarray:
    """An image with its longer side at most so many px; `exact` takes values as they are, for ids."""
    import cv2

    factor = largest / max(image.shape[:2])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    smaller: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_NEAREST if exact else cv2.INTER_AREA)
    return smaller


def thumbnail(sample: Sample, largest: int = SMALL) -> str:
    """A sample's picture as a small data URI; nothing where it has none, or one that cannot be read."""
    column = sample.kind.image or ("image" if "image" in sample.kind.columns else None)
    data = sample[column] if column else None
    return small(data, largest) if data else ""


def small(data: bytes, largest: int) -> str:
    """A JPEG or PNG, upright as EXIF says, as a small data URI, or nothing where it cannot be read."""
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > PIXELS:
                return ""
            image.draft("RGB", (2 * largest, 2 * largest))  # a JPEG is decoded at a fraction of its size
            return encode(shrink(np.array(ImageOps.exif_transpose(image).convert("RGB")), largest))
    except Exception:  # a hostile file can fail anywhere inside the reader
        return ""
