"""JSON as its standard has it (RFC 8259): no NaN, no infinity; and arrays that need not fit in memory."""

from __future__ import annotations

import json
from typing import Any, TextIO

import numpy as np


def dumps(value: Any) -> str:
    """A value as JSON on one line. Tensors become nested lists, numbers that JSON does not have become null."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """A value of what JSON has: tensors as nested lists, NaN and infinities as None; other objects stay."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


class JsonArray:
    """An array that is being written, one element a line.

    Args:
        file: Where to write; text before and after the array is the caller's.
    """

    def __init__(self, file: TextIO) -> None:
        self._file, self._count = file, 0
        file.write("[")

    def append(self, element: Any) -> None:
        """Add an element."""
        self._file.write(",\n" if self._count else "\n")
        self._file.write(dumps(element))
        self._count += 1

    def close(self) -> None:
        """End the array; the file stays open."""
        self._file.write("\n]")

    def __len__(self) -> int:
        return self._count
