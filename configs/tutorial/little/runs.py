"""Run-length coding."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby


def encode(text: str) -> list[tuple[str, int]]:
    """Write a text as its letters, each with how many times it stands in a row.

    >>> runs = encode("aaabcc")
    >>> runs
    [('a', 3), ('b', 1), ('c', 2)]
    """
    return [(letter, len(list(same))) for letter, same in groupby(text)]


def decode(runs: Iterable[tuple[str, int]]) -> str:
    """Write out the text that runs stand for.

    >>> decode([("x", 2), ("y", 3)])
    'xxyyy'
    >>> decode(encode("hello"))
    'hello'
    """
    return "".join(letter * count for letter, count in runs)


def longest(text: str) -> tuple[str, int]:
    """Find the letter that stands most often in a row, the first of several.

    >>> longest("mississippi")
    ('s', 2)
    """
    if not text:
        raise ValueError("an empty text has no runs")
    return max(encode(text), key=lambda run: run[1])
