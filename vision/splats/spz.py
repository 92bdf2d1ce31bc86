"""Gaussian splats as SPZ, Niantic's compressed format (https://github.com/nianticlabs/spz), versions 2 and 3.

A gzip of a header and, one attribute after another: means in fixed point of 24 bits, opacities, colours, logarithms of
scales and spherical harmonics in a byte each, quaternions in 3 bytes (version 2) or 4 (version 3).

SPZ's axes are right, up, back. As Niantic's own converters do, those of a PLY are taken for right, down, front: y and z
change sign on the way, so that a file converted to SPZ and back stands as it stood.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from .gaussians import Gaussians

_HEADER = struct.Struct("<IIIBBBB")  # magic, version, count, degree of harmonics, fractional bits, flags, reserved
_MAGIC = 0x5053474E
_MOST = 2**26  # Gaussians, about 4 GB when unpacked
_DEGREES = (0, 3, 8, 15)  # coefficients beyond the first of degrees 0 to 3
_COLOUR = 0.15  # keeps direct colours beyond 0 … 1 that harmonics bring back
_FIRST, _OTHERS = 5, 4  # bits kept of harmonics of degree 1 and above, as Niantic's packer has them
_FLIP = np.array([1, -1, -1], np.float32)
_FLIP_HARMONICS = np.array([-1, -1, 1, -1, 1, 1, -1, 1, -1, 1, -1, -1, 1, -1, 1], np.float32)


def decode_spz(data: bytes) -> Gaussians:
    """Gaussians of an SPZ of version 2 or 3.

    Raises:
        ValueError: No SPZ, of another version, cut short, or of another size than it announces.
    """
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    head = _inflate(unpacker, data, _HEADER.size)
    if len(head) < _HEADER.size:
        raise ValueError("an SPZ cut short in its header")
    magic, version, count, degree, bits, _, _ = _HEADER.unpack(head)
    if magic != _MAGIC or version not in (2, 3):
        raise ValueError(f"not an SPZ of version 2 or 3: magic {magic:#x}, version {version}")
    if degree > 3 or bits > 23 or count > _MOST:
        raise ValueError(f"an SPZ of {count} Gaussians, degree {degree}, {bits} fractional bits: out of bounds")
    rotation = 3 if version == 2 else 4
    widths = (9, 1, 3, 3, rotation, 3 * _DEGREES[degree])
    if count * sum(widths) > 1032 * len(data):  # deflate shrinks nothing below 1/1032
        raise ValueError(f"an SPZ cut short: {count} Gaussians announced in {len(data)} bytes")
    body = _inflate(unpacker, unpacker.unconsumed_tail, count * sum(widths))
    if len(body) < count * sum(widths):
        raise ValueError(
            f"an SPZ cut short: {count} Gaussians of {sum(widths)} bytes announced, {len(body)} bytes there"
        )
    ends = np.cumsum([0, *widths]) * count
    means, opacities, colours, scales, rotations, harmonics = (
        np.frombuffer(body, np.uint8, width * count, start).reshape(count, width)
        for width, start in zip(widths, ends, strict=False)
    )
    others = (harmonics.reshape(count, -1, 3).astype(np.float32) - 128) / 128
    others *= _FLIP_HARMONICS[: others.shape[1], None]
    share = np.clip(opacities[:, 0] / 255, 0.25 / 255, 1 - 0.25 / 255)  # so that the logit of 0 and 255 is finite
    return Gaussians(
        means=_from_fixed(means, bits) * _FLIP,
        quaternions=_first_three(rotations) if version == 2 else _smallest_three(rotations),
        log_scales=scales.astype(np.float32) / 16 - 10,
        logit_opacities=np.log(share / (1 - share)).astype(np.float32),
        harmonics=np.concatenate([((colours.astype(np.float32) / 255 - 0.5) / _COLOUR)[:, None], others], axis=1),
    )


def encode_spz(gaussians: Gaussians) -> bytes:
    """SPZ, version 3, with 12 fractional bits where the means allow it. Ids of instances are left out.

    Raises:
        ValueError: A number that is not finite, or a mean 2²³ or more from the origin.
    """
    parts = (
        gaussians.means,
        gaussians.log_scales,
        gaussians.quaternions,
        gaussians.logit_opacities,
        gaussians.harmonics,
    )
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError("Gaussians with numbers that are not finite cannot be written as SPZ")
    farthest = float(np.abs(gaussians.means).max(initial=0))
    bits = next((bits for bits in range(12, -1, -1) if farthest * 2**bits < 2**23 - 1), None)
    if bits is None:
        raise ValueError(f"a mean {farthest:g} from the origin: SPZ holds less than {2**23}")
    opacities, colours, scales, others = _codes(gaussians)
    steps = _steps(others)
    body = (
        _to_fixed(gaussians.means * _FLIP, bits),
        _to_byte(opacities),
        _to_byte(colours),
        _to_byte(scales),
        _pack_smallest_three(gaussians.quaternions),
        _to_byte((np.rint(others.clip(-255, 510)) + steps // 2) // steps * steps),
    )
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    degree = _DEGREES.index(gaussians.harmonics.shape[1] - 1)
    head = _HEADER.pack(_MAGIC, 3, len(gaussians), degree, bits, 0, 0)
    return b"".join([packer.compress(head), *(packer.compress(part.tobytes()) for part in body), packer.flush()])


def clipped_by_spz(gaussians: Gaussians) -> dict[str, int]:
    """How many Gaussians have a number that SPZ has no room for and brings to its nearest, by what it is of."""
    _, colours, scales, others = _codes(gaussians)
    return {
        "colours": _outside(colours, np.full(1, 0.5)),
        "scales": _outside(scales, np.full(1, 0.5)),
        "harmonics": _outside(others, _steps(others) / 2),
    }


def _outside(codes: np.ndarray, room: np.ndarray) -> int:
    """How many rows have a number farther from 0 … 255 than rounding alone may take it. [N, …]"""
    return int(((codes < -room) | (codes > 255 + room)).any(axis=tuple(range(1, codes.ndim))).sum())


def _codes(gaussians: Gaussians) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Opacities [N], colours [N, 3], logarithms of scales [N, 3], harmonics [N, K, 3], where SPZ has 0 to 255."""
    opacity = 1 / (1 + np.exp(-gaussians.logit_opacities.astype(np.float64)))
    colours = gaussians.harmonics[:, 0] * (_COLOUR * 255) + 127.5
    others = gaussians.harmonics[:, 1:]
    others = others * _FLIP_HARMONICS[: others.shape[1], None] * 128 + 128
    return opacity * 255, colours, (gaussians.log_scales + 10) * 16, others


def _steps(others: np.ndarray) -> np.ndarray:
    """How far apart the codes of harmonics are that SPZ keeps. [K, 1]"""
    return np.repeat(np.array([1 << 8 - _FIRST, 1 << 8 - _OTHERS], np.float32), [3, 12])[: others.shape[1], None]


def _inflate(unpacker: zlib._Decompress, data: bytes, size: int) -> bytes:
    try:
        return unpacker.decompress(data, size) if size else b""
    except zlib.error as error:
        raise ValueError(f"not an SPZ, which is a gzip: {error}") from None


def _from_fixed(codes: np.ndarray, bits: int) -> np.ndarray:
    wide = np.zeros((len(codes), 3, 4), np.uint8)
    wide[..., 1:] = codes.reshape(len(codes), 3, 3)  # shifted up a byte, so that the sign comes back with the shift
    return (wide.view("<i4")[..., 0] >> 8).astype(np.float32) / np.float32(2**bits)


def _to_fixed(means: np.ndarray, bits: int) -> np.ndarray:
    fixed = np.rint(means.astype(np.float64) * 2**bits).astype("<i4")
    return np.ascontiguousarray(fixed).view(np.uint8).reshape(len(means), 3, 4)[..., :3]


def _to_byte(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def _first_three(codes: np.ndarray) -> np.ndarray:
    """x, y, z in a byte each; w is what is left to unit length."""
    vector = codes.astype(np.float32) / np.float32(127.5) - 1
    real = np.sqrt(np.maximum(0, 1 - (vector**2).sum(axis=1, keepdims=True)))
    return np.concatenate([real, vector * _FLIP], axis=1)


def _smallest_three(codes: np.ndarray) -> np.ndarray:
    """From the high bits down: which of x, y, z, w is largest and left out (2), then the others: sign (1), size (9)."""
    packed = np.ascontiguousarray(codes).view("<u4")[:, 0]
    largest = packed >> 30
    found = np.zeros((len(packed), 4), np.float32)  # x, y, z, w
    for axis in (3, 2, 1, 0):
        here = largest != axis
        size = (packed & 511) / np.float32(511 * np.sqrt(2))
        found[:, axis] = np.where(here, np.where(packed & 512, -size, size), 0)
        packed = np.where(here, packed >> 10, packed)
    rest = np.sqrt(np.maximum(0, 1 - (found**2).sum(axis=1)))
    found[np.arange(len(found)), largest] = rest
    found[:, :3] *= _FLIP
    return found[:, [3, 0, 1, 2]]


def _pack_smallest_three(quaternions: np.ndarray) -> np.ndarray:
    turned = quaternions[:, [1, 2, 3, 0]].astype(np.float64)
    turned[:, :3] *= _FLIP
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-30)
    largest = np.abs(turned).argmax(axis=1)
    packed = largest.astype(np.uint32)
    flipped = turned[np.arange(len(turned)), largest] < 0
    size = np.minimum(np.floor(np.abs(turned) * (511 * np.sqrt(2)) + 0.5), 511).astype(np.uint32)
    sign = ((turned < 0) ^ flipped[:, None]).astype(np.uint32)
    for axis in range(4):
        packed = np.where(largest == axis, packed, packed << 10 | sign[:, axis] << 9 | size[:, axis]).astype(np.uint32)
    return packed.astype("<u4").view(np.uint8)
