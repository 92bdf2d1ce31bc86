"""Photos as cameras write them: bounded, whole, upright, with their focal length by EXIF (JEITA CP-3451)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from multisynth.media import LARGEST

_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")  # the reader of JPEG is that of phones' MPO as well
_ORIENTATION, _MAKE, _MODEL, _DETAILS = 0x0112, 0x010F, 0x0110, 0x8769
_FOCAL_35, _FOCAL, _PLANE, _PLANE_UNIT, _WIDTH, _LENS = 0xA405, 0x920A, 0xA20E, 0xA210, 0xA002, 0xA434
_UNITS = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # mm
_FILM = math.hypot(36, 24)  # mm; CIPA DCG-001 compares diagonals
_QUALITY = 98


@dataclass(frozen=True)
class Photo:
    """A photo, upright."""

    image: bytes  # JPEG or PNG
    width: int  # px
    height: int  # px
    focal: float | None  # px
    camera: str
    transparent: bool  # in parts, which lie over white now


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a photo as its pixels are stored, px, by the head of its file.

    Raises:
        OSError, ValueError: No image that can be read.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=_FORMATS) as image:
            return image.width, image.height
    except (OSError, ValueError):
        raise
    except Exception as error:  # a hostile file can fail anywhere inside the reader
        raise ValueError(f"{type(error).__name__}: {error}") from error


def read_photo(data: bytes, turn: bool = True) -> Photo:
    """A photo out of the bytes of a file, decoded in full so that a truncated one is found.

    A JPEG or PNG of 8 bits that lies as it is seen is kept to the byte. One that EXIF says to turn is turned and
    written again, a JPEG at quality 98 without subsampling, so that the bytes agree with the sizes whoever reads them;
    other formats become PNG. What is transparent lies over white, as the views of NeRF-synthetic scenes are trained on;
    what colour a file hides there is anybody's guess.

    Args:
        data: The file.
        turn: Whether to turn it as EXIF says; else it is kept as its pixels are stored, and EXIF's word is taken away,
            as COLMAP and nerfstudio see photos.

    Raises:
        ValueError: No image, cut short, or too large.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > LARGEST:
                raise ValueError(f"{image.width}×{image.height} pixels are more than {LARGEST}")
            image.load()
            exif = image.getexif()
            jpeg = image.format in ("JPEG", "MPO")
            turned = exif.get(_ORIENTATION, 1) in range(2, 9)
            upright = ImageOps.exif_transpose(image) if turned and turn else image
            opaque, transparent = _over_white(upright)
            kept = not turned and opaque is image and image.mode in ("RGB", "L") and (jpeg or image.format == "PNG")
            details = {**exif.get_ifd(_DETAILS)}
            width_before = image.width
            return Photo(
                image=data if kept else _written(opaque, jpeg),
                width=upright.width,
                height=upright.height,
                focal=_focal(details, width_before, math.hypot(image.width, image.height)),
                camera=" ".join(
                    word for word in map(_text, (exif.get(_MAKE), exif.get(_MODEL), details.get(_LENS))) if word
                ),
                transparent=transparent,
            )
    except ValueError:
        raise
    except Exception as error:  # a hostile file can fail anywhere inside the reader
        raise ValueError(f"{type(error).__name__}: {error}") from error


def decode_photo(data: bytes) -> np.ndarray:
    """Pixels of a photo's or view's image, sRGB; what is transparent lies over white. [H, W, 3] uint8

    Raises:
        ValueError: No JPEG or PNG, broken, or too large.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > LARGEST:
                raise ValueError(f"{image.width}×{image.height} pixels are more than {LARGEST}")
            return np.array(_over_white(image)[0].convert("RGB"))
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"cannot decode a photo: {error}") from error


def _over_white(image: Any) -> tuple[Any, bool]:
    """An image without transparency, itself if it has none; and whether any of it could be seen through."""
    from PIL import Image

    if not image.has_transparency_data or image.mode.startswith("I"):
        return image, False
    layer = image.convert("RGBA")
    opaque = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return opaque, layer.getextrema()[3][0] < 255


def _written(image: Any, jpeg: bool) -> bytes:
    target = BytesIO()
    eight = image.point(lambda value: value / 256).convert("L") if image.mode.startswith("I;16") else image
    if jpeg:
        eight.convert("RGB").save(target, "JPEG", quality=_QUALITY, subsampling=0)
    else:
        eight.convert("RGB").save(target, "PNG", compress_level=1)
    return target.getvalue()


def _focal(details: dict[int, Any], width: int, diagonal: float) -> float | None:
    """Focal length in pixels: by its equivalent on 35 mm film, or else by the resolution of the focal plane."""
    if (film := _number(details.get(_FOCAL_35))) is not None:
        return film * diagonal / _FILM
    focal, plane = _number(details.get(_FOCAL)), _number(details.get(_PLANE))
    unit = _UNITS.get(details.get(_PLANE_UNIT, 2))
    if focal is None or plane is None or unit is None:
        return None
    taken = _number(details.get(_WIDTH)) or width  # it may have been resized since
    return focal * plane / unit * width / taken


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < 1e9 else None


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    return " ".join(text.replace("\0", " ").split())[:100]
