"""One column of a kind: its Arrow type, and values in and out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

BLOB = {"lance-encoding:blob": "true"}


def tensor(dtype: pa.DataType, *shape: str | int) -> pa.DataType:
    """Nested lists that hold a tensor; a number is a fixed length, a letter varies from sample to sample."""
    for size in reversed(shape):
        dtype = pa.list_(dtype, size) if isinstance(size, int) else pa.list_(dtype)
    return dtype


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it holds, and whether it is media (read only when asked for)."""

    type: pa.DataType
    doc: str
    media: bool = False
    optional: bool = False

    @cached_property
    def is_tensor(self) -> bool:
        """Whether it holds a tensor: nested lists of numbers."""
        return (
            _is_list(self.type) and not pa.types.is_nested(_leaf(self.type)) and pa.types.is_primitive(_leaf(self.type))
        )


def encode(column: Column, values: Sequence[Any]) -> pa.Array:
    """Python values, or for a tensor column numpy arrays or nested lists, as one Arrow array; None is null.

    Numbers may become wider, an integer may become a float, and a float of 64 bits may be rounded to 32.

    Raises:
        ValueError: A value does not have the column's type or shape, or would have to be cut to fit it: a float or NaN
            for an integer, a number out of range, a string for a number.
    """
    try:
        if column.is_tensor:
            return _encode_tensors(column.type, values)
        _refuse_silent_casts(column.type, values)
        return pa.array(values, column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise ValueError(f"{error} ({column.type})") from None


def decode(column: Column, value: pa.Scalar) -> Any:
    """One cell as Python, a tensor as a numpy array of the shape it was stored with."""
    if not column.is_tensor:
        return value.as_py()
    if not value.is_valid:
        return None
    values, shape = value.values, [len(value.values)]
    while _is_list(values.type):
        flat = values.flatten()
        fixed = pa.types.is_fixed_size_list(values.type)
        shape.append(values.type.list_size if fixed else len(flat) // max(len(values), 1))
        values = flat
    return values.to_numpy(zero_copy_only=False).reshape(shape)


def _is_list(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype))


def _leaf(dtype: pa.DataType) -> pa.DataType:
    while _is_list(dtype):
        dtype = dtype.value_type
    return dtype


def _refuse_silent_casts(dtype: pa.DataType, values: Sequence[Any]) -> None:
    """Arrow cuts 1.5 to 1, makes 1e300 infinite and takes a string for bytes without a word."""
    wrong: Any
    if pa.types.is_integer(dtype):
        wrong = next((value for value in values if isinstance(value, float | np.floating)), None)
    elif pa.types.is_float32(dtype):
        most = float(np.finfo(np.float32).max)
        numbers = (float(value) for value in values if isinstance(value, float | np.floating))
        wrong = next((number for number in numbers if most < abs(number) < np.inf), None)
    elif pa.types.is_large_binary(dtype) or pa.types.is_binary(dtype):
        wrong = next((value for value in values if isinstance(value, str)), None)
    else:
        return
    if wrong is not None:
        raise ValueError(f"{wrong!r} does not fit {dtype}")


def _encode_tensors(dtype: pa.DataType, values: Sequence[Any]) -> pa.Array:
    levels, leaf = [], dtype
    while _is_list(leaf):
        levels.append(leaf)
        leaf = leaf.value_type
    arrays = [None if value is None else _as_tensor(levels, leaf, value) for value in values]
    present = [array for array in arrays if array is not None]
    if len(present) < len(arrays) or not arrays:
        return pa.array([None if array is None else array.tolist() for array in arrays], dtype)
    flat = pa.array(np.concatenate([array.ravel() for array in present]), leaf)
    for depth, level in reversed(list(enumerate(levels))):
        if pa.types.is_fixed_size_list(level):
            flat = pa.FixedSizeListArray.from_arrays(flat, type=level)
        else:
            lengths = np.concatenate(
                [np.full(int(np.prod(array.shape[:depth])), array.shape[depth], np.int64) for array in present]
            )
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            flat = pa.ListArray.from_arrays(pa.array(offsets), flat, type=level)
    return flat


def _as_tensor(levels: list[pa.DataType], leaf: pa.DataType, value: Any) -> np.ndarray:
    """One value as an array of the column's shape and type; each by itself, so that its neighbours do not matter."""
    target = np.dtype(leaf.to_pandas_dtype())
    array = np.asarray(value)
    if array.size == 0 and not isinstance(value, np.ndarray):  # an empty list says neither type nor inner sizes
        rest = [level.list_size if pa.types.is_fixed_size_list(level) else 0 for level in levels[array.ndim :]]
        array = np.zeros((*array.shape, *rest), target)
    fits = array.ndim == len(levels) and all(
        not pa.types.is_fixed_size_list(level) or size == level.list_size
        for size, level in zip(array.shape, levels, strict=True)
    )
    if not fits:
        raise ValueError(f"a tensor of shape {array.shape} does not fit {levels[0]}")
    if array.dtype == target:
        return array
    if array.dtype.kind not in {"f": "fiub", "i": "iub", "u": "iub", "b": "b"}.get(target.kind, target.kind):
        raise ValueError(f"a tensor of {array.dtype} does not fit {levels[0]}")
    if target.kind in "iu" and array.size and array.dtype.kind != "b":
        limits = np.iinfo(target)
        if array.min() < limits.min or array.max() > limits.max:
            raise ValueError(f"a tensor of {array.min()} to {array.max()} does not fit {levels[0]}")
    try:
        with np.errstate(over="raise"):
            return array.astype(target)
    except FloatingPointError:
        raise ValueError(f"a number too large for {target} does not fit {levels[0]}") from None
