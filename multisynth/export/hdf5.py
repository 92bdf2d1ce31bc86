"""Arrays and attributes in HDF5, as Minari and robomimic read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from multisynth.errors import BadInput

if TYPE_CHECKING:
    import h5py

_AT_ONCE = 2**24
"""Bytes of pictures in memory."""


def set_attributes(node: h5py.Group, values: Mapping[str, Any]) -> None:
    """Give a group attributes; a string may have any length, an integer 64 bits with or without a sign."""
    for name, value in values.items():
        node.attrs[name] = np.uint64(value) if isinstance(value, int) and value > np.iinfo(np.int64).max else value


def write_pictures(
    group: h5py.Group, name: str, pictures: Iterable[np.ndarray], shape: tuple[int, ...], dtype: str
) -> None:
    """Write pictures one after another as one array, a chunk each, compressed without loss; few are in memory at once.

    Args:
        group: Where.
        name: Of the array.
        pictures: As many as `shape` says.
        shape: Of the whole. [T, H, W, C] or [T, H, W]
        dtype: Of a pixel.

    Raises:
        BadInput: They cannot be decoded, have another shape, or there are fewer or more of them.
    """
    array = group.create_dataset(
        name, shape, dtype, chunks=(1, *shape[1:]), compression="gzip", compression_opts=1, shuffle=dtype != "uint8"
    )
    size = max(1, _AT_ONCE // max(1, array.dtype.itemsize * int(np.prod(shape[1:]))))
    written = 0
    try:
        stream = iter(pictures)
        while part := list(islice(stream, size)):
            for picture in part:
                if picture.shape != shape[1:]:
                    raise ValueError(f"one is {list(picture.shape)}, not {list(shape[1:])}")
            if written + len(part) > shape[0]:
                raise ValueError(f"there are more than {shape[0]}")
            array[written : written + len(part)] = np.stack(part)
            written += len(part)
        if written != shape[0]:
            raise ValueError(f"there are {written}, not {shape[0]}")
    except ValueError as flaw:
        sample = group.parent.attrs.get("sample_id", "")
        raise BadInput(f"the pictures `{name}` of episode {sample} cannot be written: {flaw}", "", "images") from flaw
