"""A JSON array written element by element, so that it need not fit in memory."""

from __future__ import annotations

import json
from typing import Any, TextIO


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
        json.dump(element, self._file, ensure_ascii=False, allow_nan=False)
        self._count += 1

    def close(self) -> None:
        """End the array; the file stays open."""
        self._file.write("\n]")

    def __len__(self) -> int:
        return self._count
