"""What a model's token probabilities say of a question with two possible answers."""

from __future__ import annotations

import math
from collections.abc import Sequence

ALTERNATIVES = 20
"""How many of the likeliest tokens are looked at."""


def log_odds(likeliest: Sequence[tuple[str, float]], one: str, other: str) -> float | None:
    """The log-odds of an answer that begins with one word rather than another.

    Args:
        likeliest: Tokens at the answer's first place with their log-probabilities, likeliest first. [K]
        one: A word, such as `A`; tokens that are this word but for spaces and case count for it.
        other: The other word.

    Returns:
        ln p(one) - ln p(other), nats. A word that is not among the tokens gets the probability of the least likely of
        them, which is the most that it can have; None where neither is among them.
    """
    return between(_mass(likeliest, one), _mass(likeliest, other), likeliest)


def between(first: float | None, second: float | None, likeliest: Sequence[tuple[str, float]]) -> float | None:
    """The difference of two log-probabilities, of which what is not among the likeliest tokens has none.

    Args:
        first: In nats; None where it is not among them.
        second: Likewise.
        likeliest: Tokens with their log-probabilities. [K]

    Returns:
        As `log_odds`.
    """
    if first is None and second is None:
        return None
    least = min(value for _, value in likeliest)
    return (least if first is None else first) - (least if second is None else second)


def probability(odds: float) -> float:
    """The probability that belongs to log-odds: the logistic function."""
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


def _mass(likeliest: Sequence[tuple[str, float]], word: str) -> float | None:
    """The log-probability of all tokens that are a word."""
    found = [value for token, value in likeliest if token.strip().casefold() == word.casefold()]
    if not found:
        return None
    most = max(found)
    return most + math.log(sum(math.exp(value - most) for value in found))
