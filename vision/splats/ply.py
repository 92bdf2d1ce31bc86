"""Gaussian splats as PLY, as Inria's reference implementation writes it and most viewers read it.

A vertex a Gaussian: `x y z`, `f_dc_*`, `f_rest_*` with all coefficients of red before those of green, the logit of its
`opacity`, logarithms `scale_*`, and a quaternion `rot_0` to `rot_3` (w first). Normals are there as zeros, as Inria's
readers expect; ids of instances are a property `instance` of our own, which other readers pass over.
"""

from __future__ import annotations

import numpy as np

from .gaussians import Gaussians
from .vertices import decode_vertices, encode_vertices

_MEANS, _NORMALS = ("x", "y", "z"), ("nx", "ny", "nz")
_COLOURS = ("f_dc_0", "f_dc_1", "f_dc_2")
_SCALES = ("scale_0", "scale_1", "scale_2")
_ROTATIONS = ("rot_0", "rot_1", "rot_2", "rot_3")
_RESTS = (0, 9, 24, 45)  # numbers f_rest_* of degrees 0 to 3


def decode_ply(data: bytes) -> Gaussians:
    """Gaussians of a PLY, binary or ASCII, whatever the order of its properties.

    Raises:
        ValueError: No PLY, cut short, or without a property that Gaussians have.
    """
    table = decode_vertices(data)
    names = table.dtype.names or ()
    needed = (*_MEANS, *_COLOURS, "opacity", *_SCALES, *_ROTATIONS)
    if missing := [name for name in needed if name not in names]:
        raise ValueError(f"a PLY without {', '.join(missing)}: its vertices are no Gaussian splats")
    rest = sum(name.startswith("f_rest_") for name in names)
    rests = [f"f_rest_{place}" for place in range(rest)]
    if rest not in _RESTS or any(name not in names for name in rests):
        raise ValueError(f"a PLY with {rest} properties f_rest_*: degrees 0 to 3 have 0, 9, 24 or 45, counted from 0")
    direct = _columns(table, _COLOURS)[:, None]  # [N, 1, 3]
    others = _columns(table, rests).reshape(len(table), 3, rest // 3).transpose(0, 2, 1)
    instances = None
    if "instance" in names:
        ids = table["instance"]
        if len(ids) and not (ids.min() >= 0 and ids.max() < 2**16):
            raise ValueError(f"a PLY with instances from {ids.min()} to {ids.max()}: ids are 0 to 65535")
        instances = ids.astype(np.uint16)
    return Gaussians(
        means=_columns(table, _MEANS),
        quaternions=_columns(table, _ROTATIONS),
        log_scales=_columns(table, _SCALES),
        logit_opacities=table["opacity"].astype(np.float32),
        harmonics=np.ascontiguousarray(np.concatenate([direct, others], axis=1)),
        instances=instances,
    )


def encode_ply(gaussians: Gaussians) -> bytes:
    """PLY, binary, little endian; numbers are kept to the bit."""
    count, coefficients = gaussians.harmonics.shape[:2]
    rests = [f"f_rest_{place}" for place in range(3 * (coefficients - 1))]
    names = [*_MEANS, *_NORMALS, *_COLOURS, *rests, "opacity", *_SCALES, *_ROTATIONS]
    fields = [(name, "<f4") for name in names]
    numbers = np.concatenate(
        [
            gaussians.means,
            np.zeros((count, 3)),
            gaussians.harmonics[:, 0],
            gaussians.harmonics[:, 1:].transpose(0, 2, 1).reshape(count, 3 * (coefficients - 1)),
            gaussians.logit_opacities[:, None],
            gaussians.log_scales,
            gaussians.quaternions,
        ],
        axis=1,
        dtype="<f4",
    )  # [N, properties]
    table = numbers.view(fields)[:, 0] if count else np.empty(0, fields)
    if gaussians.instances is not None:
        labelled = np.empty(count, [*fields, ("instance", "<u2")])
        labelled[names] = table
        labelled["instance"] = gaussians.instances
        table = labelled
    return encode_vertices(table)


def _columns(table: np.ndarray, names: tuple[str, ...] | list[str]) -> np.ndarray:
    columns = np.empty((len(table), len(names)), np.float32)
    for place, name in enumerate(names):
        columns[:, place] = table[name]
    return columns
