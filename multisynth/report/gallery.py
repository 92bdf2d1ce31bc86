"""Frames with their labels, small enough to stand in a page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.media import decode_depth, decode_instances, decode_normals, decode_rgb
from multisynth.report.picks import Budget, evenly
from multisynth.report.svg import element
from multisynth.report.words import measured
from multisynth.sample import Sample
from multisynth.tables import Table

LARGEST = 480
"""px, the longer side of a picture in the page."""
_QUALITY = 84


@dataclass(frozen=True)
class Picture:
    """One picture: as a data URI, or why there is none; what lies over it; a note under it."""

    title: str
    uri: str = ""
    problem: str = ""
    overlay: Markup | None = None
    note: str = ""
    scale: tuple[str, str] | None = None


@dataclass(frozen=True)
class FrameView:
    """A frame as shown."""

    id: str
    time: float
    size: str
    pictures: list[Picture]
    measured: list[tuple[str, str]]


def frames(table: Table, most: int, budget: Budget) -> Iterator[FrameView]:
    """At most so many frames of a table with every label that they have, until the budget is spent."""
    for sample in evenly(table, most):
        pictures = labels(sample)
        if not budget.take(sum(len(picture.uri) for picture in pictures) * 3 // 4):
            return
        size = f"{sample['width']}×{sample['height']} px"
        yield FrameView(sample.id, sample["time"] or 0.0, size, pictures, measured(sample))


def labels(sample: Sample) -> list[Picture]:
    """A frame's picture and its labels; one that cannot be read says so in its place."""
    makers: Mapping[str, tuple[str, Callable[[Sample], Picture]]] = {
        "rgb": ("RGB", _rgb), "depth": ("Depth", _depth), "normals": ("Normals", _normals),
        "instances": ("Instances and boxes", _instances),
    }  # fmt: skip
    found = []
    for column, (title, make) in makers.items():
        if sample[column] is not None:
            try:
                found.append(make(sample))
            except ValueError as error:
                found.append(Picture(title, problem=str(error)))
    return found


def thumbnail(sample: Sample, column: str) -> str:
    """An image column as a small data URI, or nothing where it cannot be read."""
    try:
        return encode(_shrink(decode_rgb(sample[column]), 160))
    except ValueError:
        return ""


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


def _shrink(image: np.ndarray, largest: int = LARGEST, exact: bool = False) -> np.ndarray:
    import cv2

    factor = largest / max(image.shape[:2])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    smaller: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_NEAREST if exact else cv2.INTER_AREA)
    return smaller


def _rgb(sample: Sample) -> Picture:
    return Picture("RGB", encode(_shrink(decode_rgb(sample["rgb"]))))


def _depth(sample: Sample) -> Picture:
    import cv2

    depth = decode_depth(sample["depth"])
    seen = np.isfinite(depth) & (depth > 0)
    if not seen.any():
        return Picture("Depth", encode(np.zeros((*_shrink(depth).shape, 3), np.uint8)), note="nothing in view")
    # a distant background would leave one colour for all that is near
    low, high = (float(v) for v in np.percentile(depth[seen], [1, 99]))
    grey = np.clip((np.nan_to_num(depth) - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(255 - grey, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)
    colours[~seen] = 0
    nearest, farthest = float(depth[seen].min()), float(depth[seen].max())
    note = f"{nearest:.3f} to {farthest:.3f} m in all"
    return Picture("Depth", encode(_shrink(colours)), note=note, scale=(f"{low:.2f} m", f"{high:.2f} m"))


def _normals(sample: Sample) -> Picture:
    normals = decode_normals(sample["normals"])
    colours = np.where(normals.any(axis=2, keepdims=True), (normals + 1) * 127.5, 0).round().astype(np.uint8)
    return Picture("Normals", encode(_shrink(colours)))


def _instances(sample: Sample) -> Picture:
    ids = decode_instances(sample["instances"])
    # tables of colours are indexed by id: 65536 × 3 bytes
    colours = np.zeros((65536, 3), np.uint8)
    present = np.unique(ids)
    for instance in present[present > 0]:
        colours[instance] = _hue(int(instance))
    image = encode(_shrink(colours[_shrink(ids, exact=True)], exact=True), exact=True)
    boxes = [box for box in sample["boxes"] or [] if _drawable(box)]
    count = int((present > 0).sum())
    note = f"{count} instance{'' if count == 1 else 's'}" + ("" if sample["boxes"] is not None else ", no boxes")
    return Picture("Instances and boxes", image, overlay=_boxes(ids.shape, boxes), note=note)


def _hue(instance: int) -> tuple[int, int, int]:
    """A colour for an id: neighbours in number are far apart in hue (golden angle)."""
    import colorsys

    hue = instance * 0.6180339887 % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.42 + 0.16 * (instance % 3) / 2, 0.55)
    return round(red * 255), round(green * 255), round(blue * 255)


def _drawable(box: Mapping[str, Any]) -> bool:
    return all(box[side] is not None and np.isfinite(box[side]) for side in ("x", "y", "width", "height"))


def _boxes(shape: tuple[int, ...], boxes: list[dict[str, Any]]) -> Markup:
    """Boxes and their names over an image, in its own pixels."""
    height, width = shape[:2]
    letter = width / 26
    drawn = []
    for box in boxes:
        name = str(box["name"] or box["category"] or box["instance"])
        said = element(
            "title", f"{name} ({box['category']}), instance {box['instance']}, visible {box['visible'] or 0:.0%}"
        )
        top = box["y"] if box["y"] > letter * 1.2 else box["y"] + letter * 1.1
        drawn += [
            element("rect", said, x=box["x"], y=box["y"], width=box["width"], height=box["height"], class_="box"),
            element(
                "text", name, x=box["x"] + letter * 0.15, y=top - letter * 0.25, class_="box-name", font_size=letter
            ),
        ]
    return element("svg", *drawn, viewBox=f"0 0 {width} {height}", class_="overlay", aria_hidden="true")
