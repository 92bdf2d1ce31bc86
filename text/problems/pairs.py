"""Which pairs of numbers are trained on, which are held out, and which are only ever shown as worked examples.

The same for every run and seed, so that stages of different parts share no problem.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from .shuffled import Shuffled

HELD_OUT = 10
"""One pair in so many is held out."""
WORKED = 3
"""Pairs of each length that are worked examples."""

Part = Literal["train", "held_out", "worked"]


def count(length: int, part: Part) -> int:
    """How many pairs of numbers of so many digits a part has."""
    pairs = _numbers(length) ** 2
    held_out = pairs // HELD_OUT
    return {"held_out": held_out, "worked": WORKED, "train": pairs - held_out - WORKED}[part]


def pair(length: int, part: Part, index: int) -> tuple[int, int]:
    """A pair of numbers of so many digits, by its place in its part.

    Raises:
        IndexError: The part has no such place.
    """
    if not 0 <= index < count(length, part):
        raise IndexError(index)
    before: dict[Part, tuple[Part, ...]] = {"worked": (), "held_out": ("worked",), "train": ("worked", "held_out")}
    place = index + sum(count(length, earlier) for earlier in before[part])
    first, second = divmod(_split(length)[place], _numbers(length))
    least = 0 if length == 1 else 10 ** (length - 1)
    return least + first, least + second


def _numbers(length: int) -> int:
    return 10 if length == 1 else 9 * 10 ** (length - 1)


@cache
def _split(length: int) -> Shuffled:
    return Shuffled(_numbers(length) ** 2, f"pairs of {length} digits")
