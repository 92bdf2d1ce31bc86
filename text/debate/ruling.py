"""A judge's choice between two answers, by what it would write next after hearing the sides in either order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from ..preferences.odds import between

T = TypeVar("T")


def swapped(turns: Sequence[T]) -> list[T]:
    """A debate as if the opponent had begun: sides change places in each exchange.

    Args:
        turns: Two openings; for each round two questions with their replies, and two rebuttals; two closings.
    """
    order, place = [1, 0], 2
    while place + 2 < len(turns):
        order += [place + 2, place + 3, place, place + 1, place + 5, place + 4]
        place += 6
    return [turns[k] for k in (*order, place + 1, place)]


def parting(one: str, other: str) -> tuple[str, str, str]:
    """What two different answers have in common at their beginning, and how a sentence would go on to either."""
    length = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    shared = one[:length]
    return shared, f"{one[len(shared) :]}.", f"{other[len(shared) :]}."


def leaning(likeliest: Sequence[tuple[str, float]], one: str, other: str) -> float | None:
    """Log-odds, nats, of going on to one text rather than another that begins otherwise; None where neither is likely.

    Args:
        likeliest: Tokens at the next place with their log-probabilities. [K]
        one: A text, of which a token may be the beginning.
        other: The other text.
    """
    return between(_begins(likeliest, one), _begins(likeliest, other), likeliest)


def _begins(likeliest: Sequence[tuple[str, float]], text: str) -> float | None:
    found = [value for token, value in likeliest if token.strip() and text.startswith(token.strip())]
    return math.log(sum(map(math.exp, found))) if found else None
