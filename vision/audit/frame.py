"""What is wrong with one frame's picture and labels, as far as the frame alone can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from multisynth.media import decode_floats, decode_flow, decode_instances, decode_normals, decode_rgb
from multisynth.sample import Sample

METRES = ("depth", "median_depth", "distance")
FLOATS = (*METRES, "disparity", "temperature")
CODINGS = ("rgb", "normals", "instances", "semantics", "flow_forward", "flow_backward")
_DECODERS = {
    **dict.fromkeys(FLOATS, decode_floats),
    "rgb": decode_rgb,
    "normals": decode_normals,
    "instances": decode_instances,
    "semantics": decode_instances,
    "flow_forward": decode_flow,
    "flow_backward": decode_flow,
}


def faults(frame: Sample, empty: bool) -> Iterator[str]:
    """Each fault in a sentence that names the label, numbers after a colon.

    Args:
        frame: With media.
        empty: Whether a frame that shows no instance is faulty.
    """
    images: dict[str, np.ndarray] = {}
    for name in (*CODINGS, *FLOATS):
        data = frame[name]
        if data is None:
            continue
        try:
            images[name] = _DECODERS[name](data)
        except ValueError as error:
            yield f"{name} cannot be read: {error}"
    size = (frame["height"], frame["width"])
    for name, image in images.items():
        if image.shape[:2] != size:
            yield f"{name} has another size than the frame: {image.shape[1]}×{image.shape[0]}"
    if "rgb" in images and np.ptp(images["rgb"].reshape(-1, 3), axis=0).max() == 0:
        yield "picture is of one colour"
    for name in FLOATS:
        if name in images:
            yield from _numbers(name, images[name])
    for name in ("flow_forward", "flow_backward"):
        if name in images and not np.isfinite(images[name]).all():
            yield f"{name} is not finite: {np.mean(~np.isfinite(images[name])):.2%} of it"
    if "normals" in images and not images["normals"].any():
        yield "normals are empty"
    if "instances" in images:
        yield from _instances(images["instances"], frame["boxes"], empty)
    elif empty and frame["boxes"] is not None and not frame["boxes"]:
        yield "no instance is visible"
    yield from _boxes(frame)


def _numbers(name: str, values: np.ndarray) -> Iterator[str]:
    finite = np.isfinite(values)
    if not finite.all():
        yield f"{name} is not finite: {np.mean(~finite):.2%} of it"
    elif not values.any():
        yield f"{name} is empty"
    elif values.min() < 0:
        yield f"{name} is negative: {values.min():.4g}"


def _instances(instances: np.ndarray, boxes: list[dict[str, Any]] | None, empty: bool) -> Iterator[str]:
    shown = set(np.unique(instances).tolist()) - {0}
    if empty and not shown:
        yield "no instance is visible"
    if boxes is not None:
        boxed = {box["instance"] for box in boxes}
        if boxed - shown:
            yield f"masks are empty: of instances {sorted(boxed - shown)}"
        if shown - boxed:
            yield f"boxes are missing: of instances {sorted(shown - boxed)}"


def _boxes(frame: Sample) -> Iterator[str]:
    for box in frame["boxes"] or ():
        left, top, width, height = (box[side] for side in ("x", "y", "width", "height"))
        inside = left >= 0 and top >= 0 and left + width <= frame["width"] and top + height <= frame["height"]
        if not (inside and width > 0 and height > 0):  # NaN fails all of them
            yield f"box is empty or leaves the image: {left}, {top}, {width} × {height} of instance {box['instance']}"
        elif not 0 < box["visible"] <= 1:
            yield f"visible share is none: {box['visible']} of instance {box['instance']}"
