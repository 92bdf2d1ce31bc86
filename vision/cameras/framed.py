"""The camera that a sample says it was taken with."""

from __future__ import annotations

import numpy as np

from multisynth.sample import Sample

from .viewpoint import Viewpoint


def viewpoint_of(sample: Sample) -> Viewpoint:
    """The viewpoint of a frame or view, as its columns have it; a view is of time 0."""
    distortion = sample["distortion"]
    return Viewpoint(
        int(sample["width"]), int(sample["height"]), np.asarray(sample["intrinsics"], np.float64),
        np.asarray(sample["world_to_camera"], np.float64), sample["lens"] or "pinhole",
        () if distortion is None else tuple(np.asarray(distortion, np.float64).tolist()),
        float(sample["time"]) if "time" in sample.kind.columns else 0.0,
    )  # fmt: skip
