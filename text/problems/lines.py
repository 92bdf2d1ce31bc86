"""Lines of a JSON Lines file, each a JSON object; the file is hostile."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from multisynth.errors import BadInput

LONGEST = 4 << 20
"""Bytes of a line."""
MOST = 4 << 30
"""Bytes of a file, unpacked."""


class Line(NamedTuple):
    """An object, and where it stands."""

    fields: dict[str, Any]
    place: str


class Lines:
    """The lines of a file that are not empty, by their places 0, 1, 2, ….

    They are read from the front, so that a packed file costs no more than a plain one. In memory are only those that
    were asked for last: in parts of them, as when a batch is halved, they can be had again at once.

    Args:
        path: The file; packed if its name ends in `.gz`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: Generator[tuple[bytes, str], None, None] | None = None
        self._next = 0
        self._last: dict[int, tuple[bytes, str]] = {}

    def count(self, most: int | None = None) -> int:
        """How many there are, of which nothing is parsed; no further than `most`.

        Raises:
            BadInput: The file cannot be read, is too large, or a line is too long.
        """
        found = 0
        for _ in _lines(self._path):
            found += 1
            if found == most:
                break
        return found

    def at(self, places: Sequence[int]) -> list[Line]:
        """The objects at these places; they are read fastest in ascending order.

        Raises:
            BadInput: One is no JSON object, or the file has no such place.
        """
        if any(place not in self._last for place in places):
            self._last = {place: self._read(place) for place in places}
        return [Line(_object(*self._last[place]), self._last[place][1]) for place in places]

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self._next, self._last = None, 0, {}

    def _read(self, place: int) -> tuple[bytes, str]:
        if self._reader is None or place < self._next:
            self.close()
            self._reader = _lines(self._path)
        for line in self._reader:
            self._next += 1
            if self._next > place:
                return line
        raise BadInput(f"no line {place + 1}: it has {self._next}", "it was changed after it was read", str(self._path))


def _lines(path: Path) -> Generator[tuple[bytes, str], None, None]:
    """All lines that are not empty, and where they stand."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            number = read = 0
            while line := file.readline(LONGEST + 1):
                number += 1
                read += len(line)
                place = f"{path}:{number}"
                if len(line) > LONGEST:
                    raise BadInput(f"a line of more than {LONGEST >> 20} MiB", "a problem a line, no more", place)
                if read > MOST:
                    raise BadInput(f"more than {MOST >> 30} GiB of problems", "split the file", place)
                if line.strip():
                    yield line, place
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"the problems cannot be read: {error}", "JSON Lines, plain or gzip", str(path)) from None


def _object(line: bytes, place: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"no JSON: {error}", "one JSON object a line, in UTF-8", place) from None
    if not isinstance(value, dict):
        raise BadInput(f"a JSON {type(value).__name__}, no object", "one JSON object a line", place)
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
