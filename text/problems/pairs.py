"""Which pairs of numbers are trained on, which are held out, and which are only ever shown as worked examples.

The same for every run and seed, so that stages of different parts share no problem, nor one and the other's mirror.
"""

from __future__ import annotations

from functools import cache
from math import isqrt
from typing import Literal

from .parts import HELD_OUT, Part
from .shuffled import Shuffled

WORKED = 3
"""Pairs of each length that are worked examples."""

Shown = Part | Literal["worked"]


def count(length: int, part: Shown) -> int:
    """How many sums of two numbers of so many digits a part has.

    A sum and its mirror (a + b, b + a) are in the same part, which has one of the two; only `train` has both.
    """
    unlike, alike = _unordered(length)
    if part == "held_out":
        return unlike // HELD_OUT + alike // HELD_OUT
    if part == "worked":
        return WORKED
    return 2 * (unlike - WORKED - unlike // HELD_OUT) + alike - alike // HELD_OUT


def pair(length: int, part: Shown, index: int) -> tuple[int, int]:
    """A pair of numbers of so many digits, by its place in its part.

    Raises:
        IndexError: The part has no such place.
    """
    if not 0 <= index < count(length, part):
        raise IndexError(index)
    unlike, alike = _unordered(length)
    begin = {"worked": 0, "held_out": WORKED, "train": WORKED + unlike // HELD_OUT}[part]
    end = {"worked": WORKED, "held_out": begin + unlike // HELD_OUT, "train": unlike}[part]
    turns = 2 if part == "train" else 1
    least = 0 if length == 1 else 10 ** (length - 1)
    if index >= turns * (end - begin):
        place = index - turns * (end - begin) + (alike // HELD_OUT if part == "train" else 0)
        number = least + _split(alike, f"doubles of {length} digits")[place]
        return number, number
    mirror, place = divmod(index, end - begin)
    drawn = _split(2 * unlike, f"orders of {length} digits")[begin + place] % 2
    small, large = _unlike(_split(unlike, f"pairs of {length} digits")[begin + place])
    return (least + large, least + small) if mirror ^ drawn else (least + small, least + large)


def _unordered(length: int) -> tuple[int, int]:
    """How many pairs of unlike numbers there are, whatever their order, and how many of a number with itself."""
    numbers = 10 if length == 1 else 9 * 10 ** (length - 1)
    return numbers * (numbers - 1) // 2, numbers


def _unlike(place: int) -> tuple[int, int]:
    """The pair at a place of (0, 1), (0, 2), (1, 2), (0, 3), …"""
    large = (isqrt(8 * place + 1) + 1) // 2
    return place - large * (large - 1) // 2, large


@cache
def _split(size: int, key: str) -> Shuffled:
    return Shuffled(size, key)
