"""Frames with every label there is, small and made up."""

from __future__ import annotations

from typing import Any

import numpy as np

from multisynth.kinds import FRAME
from multisynth.media import (
    encode_floats,
    encode_flow,
    encode_instances,
    encode_mask,
    encode_normals,
    encode_radiance,
    encode_rgb,
)
from multisynth.sample import Sample

WIDTH, HEIGHT = 20, 12


def images(ordinal: int) -> dict[str, np.ndarray]:
    """What the labels of a frame hold, before they are encoded."""
    rng = np.random.default_rng(ordinal)
    normals = rng.normal(size=(HEIGHT, WIDTH, 3))
    depth = rng.uniform(0.3, 90, (HEIGHT, WIDTH)).astype(np.float32)
    depth[0, :3] = 0
    return {
        "rgb": rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8),
        "radiance": rng.uniform(0, 4, (HEIGHT, WIDTH, 3)).astype(np.float32),
        "depth": depth,
        "distance": depth * np.float32(1.1),
        "normals": (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32),
        "instances": rng.integers(0, 5, (HEIGHT, WIDTH)).astype(np.uint16),
        "flow_forward": rng.normal(size=(HEIGHT, WIDTH, 2)).astype(np.float32),
        "hidden_forward": rng.random((HEIGHT, WIDTH)) < 0.2,
        "temperature": rng.uniform(270, 320, (HEIGHT, WIDTH)).astype(np.float32),
    }


ENCODERS = {
    "rgb": encode_rgb, "radiance": encode_radiance, "depth": encode_floats, "distance": encode_floats,
    "normals": encode_normals, "instances": encode_instances, "flow_forward": encode_flow,
    "hidden_forward": encode_mask, "temperature": encode_floats,
}  # fmt: skip


def frame(ordinal: int, **values: Any) -> Sample:
    """A frame with these labels, and others for each ordinal."""
    pose = np.eye(4)
    pose[:3, 3] = ordinal, 2, 3
    return Sample(
        FRAME, ordinal, width=WIDTH, height=HEIGHT, time=ordinal / 4, world_to_camera=pose,
        intrinsics=np.array([[30.0, 0, 10], [0, 31, 6], [0, 0, 1]]), meta={"fog": {"visibility": 40.5}},
        **{**{name: ENCODERS[name](image) for name, image in images(ordinal).items()}, **values},
    )  # fmt: skip
