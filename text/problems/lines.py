"""Lines of a JSON Lines file, each a JSON object; the file is hostile."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
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


def lines(path: Path) -> Iterator[Line]:
    """All objects of a file, in order; empty lines are left out.

    Args:
        path: The file; packed if its name ends in `.gz`.

    Raises:
        BadInput: It cannot be read, is too large, or a line is too long or no JSON object.
    """
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
                    yield Line(_object(line, place), place)
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
