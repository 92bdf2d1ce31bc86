"""Taking turns, where one that is used up leaves its turns to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Turn(NamedTuple):
    """A place in a sequence of turns.

    Args:
        turn: How many turns are over.
        left: Those that have a place in this one.
        place: Whose place it is, in `left`.
    """

    turn: int
    left: list[int]
    place: int


def turn_at(place: int, sizes: Sequence[int]) -> Turn:
    """The turn at a place of the sequence in which each of some takes part as often as its size allows.

    Raises:
        IndexError: All are used up before.
    """
    if not 0 <= place < sum(sizes):
        raise IndexError(place)
    left, over = [which for which, size in enumerate(sizes) if size], 0
    while True:
        least = min(sizes[which] for which in left)
        if place < (least - over) * len(left):
            turn, within = divmod(place, len(left))
            return Turn(over + turn, left, within)
        place -= (least - over) * len(left)
        over = least
        left = [which for which in left if sizes[which] > over]
