"""What a page shows, read back."""

from __future__ import annotations

import base64
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
from PIL import Image


def parse(drawing: object) -> ElementTree.Element:
    """A drawing, which has to be well formed, within an element of its own."""
    return ElementTree.fromstring(f"<g>{drawing}</g>")


def titles(drawing: object) -> list[str]:
    """What pointing at its parts tells."""
    return [element.text or "" for element in parse(drawing).iter("title")]


def caption(drawing: object) -> str:
    """What stands beneath it."""
    return next(parse(drawing).iter("figcaption")).text or ""


def decode(uri: str) -> np.ndarray:
    """The picture in a data URI. [H, W, 3]"""
    return np.asarray(Image.open(BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")).astype(int)
