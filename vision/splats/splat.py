"""Gaussian splats as antimatter15's `.splat` (https://github.com/antimatter15/splat): 32 bytes each, no header.

Position and scales as floats, then colour, opacity and quaternion (w, x, y, z) in a byte each. Colour has no direction:
harmonics beyond the first are left out on writing.
"""

from __future__ import annotations

import numpy as np

from .gaussians import Gaussians

_RECORD = np.dtype([("mean", "<f4", 3), ("scale", "<f4", 3), ("colour", "u1", 4), ("rotation", "u1", 4)])
_DIRECT = 0.28209479177387814  # spherical harmonic of degree 0


def decode_splat(data: bytes) -> Gaussians:
    """Gaussians of a `.splat`, of degree 0.

    Raises:
        ValueError: Its size is no multiple of 32, or a scale is below 0.
    """
    if len(data) % _RECORD.itemsize:
        raise ValueError(f"not a .splat, or cut short: {len(data)} bytes are no multiple of {_RECORD.itemsize}")
    table = np.frombuffer(data, _RECORD)
    if (table["scale"] < 0).any():
        raise ValueError("not a .splat: a scale is below 0")
    share = np.clip(table["colour"][:, 3] / 255, 0.25 / 255, 1 - 0.25 / 255)  # so that the logit is finite
    rotations = (table["rotation"].astype(np.float32) - 128) / 128
    rotations[~rotations.any(axis=1)] = (1, 0, 0, 0)
    with np.errstate(divide="ignore"):
        log_scales = np.log(table["scale"])
    return Gaussians(
        means=table["mean"].copy(),
        quaternions=rotations,
        log_scales=np.maximum(log_scales, -80),  # of a scale of 0
        logit_opacities=np.log(share / (1 - share)).astype(np.float32),
        harmonics=((table["colour"][:, None, :3].astype(np.float32) / 255 - 0.5) / np.float32(_DIRECT)),
    )


def encode_splat(gaussians: Gaussians) -> bytes:
    """A `.splat`, the largest and most opaque first, as viewers that load it in pieces expect."""
    scales = np.exp(gaussians.log_scales.astype(np.float64))
    opacity = 1 / (1 + np.exp(-gaussians.logit_opacities.astype(np.float64)))
    lengths = np.linalg.norm(gaussians.quaternions, axis=1, keepdims=True)
    table = np.empty(len(gaussians), _RECORD)
    table["mean"], table["scale"] = gaussians.means, scales
    table["colour"][:, :3] = np.rint(_colours(gaussians)).clip(0, 255)
    table["colour"][:, 3] = np.rint(opacity * 255)
    table["rotation"] = np.rint(gaussians.quaternions / np.maximum(lengths, 1e-30) * 128 + 128).clip(0, 255)
    order = np.argsort(-scales.prod(axis=1) * opacity, kind="stable")
    return table[order].tobytes()


def clipped_by_splat(gaussians: Gaussians) -> dict[str, int]:
    """How many Gaussians have a colour beyond 0 … 1, which a `.splat` brings to its nearest."""
    colours = _colours(gaussians)
    return {"colours": int(((colours < -0.5) | (colours > 255.5)).any(axis=1).sum())}


def _colours(gaussians: Gaussians) -> np.ndarray:
    colours: np.ndarray = (0.5 + _DIRECT * gaussians.harmonics[:, 0]) * 255
    return colours
