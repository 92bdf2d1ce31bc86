"""Codes as the compressed columns of a frame."""

from __future__ import annotations

from collections.abc import Collection

from multisynth.media import encode_depth, encode_instances, encode_rgb
from multisynth.rasters import png

from .codes import Codes


def columns(codes: Codes, labels: Collection[str]) -> dict[str, bytes]:
    """Media columns of `kinds.FRAME`: always `rgb`; of `labels` those that codes have.

    It holds no lock of Python's while it compresses, so threads do it side by side.
    """
    made = {"rgb": encode_rgb(codes.rgb)}
    if "depth" in labels:
        made["depth"] = encode_depth(codes.depth)
    if "normals" in labels:
        made["normals"] = png(codes.normals, "up")
    if "instances" in labels:
        made["instances"] = encode_instances(codes.instances)
    if "opacity" in labels:
        made["opacity"] = png(codes.opacity, "up")
    if "median_depth" in labels and codes.median_depth is not None:
        made["median_depth"] = encode_depth(codes.median_depth)
    return made
