"""Whether an answer is right as a whole, where a scorer of reasoning-gym gave it full marks.

Some scorers look for an answer within a text and overlook the rest, a `not` say; some give full marks for being close
to a number, or to anything at all. Runs beside the library (`gym_server`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException

ADDED = ("not {}", "{} or not", "{}, not", "{}, 7")
"""What takes a meaning away from an answer, or adds to it: a scorer that does not mind overlooks text."""
FORMS: Mapping[str, re.Pattern[str]] = {
    "fraction_simplification": re.compile(r"\$?\s*\\d?frac\s*\{\s*\d+\s*\}\s*\{\s*\d+\s*\}\s*\$?\.?"),
    "kakurasu": re.compile(r"[01\s]+"),
    "quantum_lock": re.compile(r"(?:[ABC]\s*(?:(?:→|->|,)\s*)?)+\.?", re.IGNORECASE),
    "rush_hour": re.compile(r"(?:[A-Z][+-]\d+[\s,]*)+\.?"),
    "sokoban": re.compile(r"(?:[UDLR][\s,]*)+\.?"),
}
"""Of right answers that need not be made of the gold answer's words, to sets whose scorers overlook text."""
CLOSE = Decimal("0.01")
"""Of a number, relative to the gold answer: some sets ask for three digits."""

_TOKENS = re.compile(r"-?\d+(?:\.\d+)?|[^\W\d_]+|[^\w\s]")
_NEUTRAL = frozenset(",.:()[]{}$\"'`*")
_NO_NUMBER = re.compile(r"(?<![a-z])(?:nan|inf|infinity)[ij]?(?![a-z])", re.IGNORECASE)


def whole(name: str, answer: str, gold: str, right: Callable[[str], bool]) -> bool:
    """Whether an answer that the scorer finds right is so to its end.

    Args:
        name: Of the set.
        answer: That has full marks.
        gold: The set's own answer; empty where it gives none.
        right: Whether the scorer gives another answer full marks.
    """
    if answer == gold:
        return True
    if _NO_NUMBER.search(answer) and not _NO_NUMBER.search(gold):
        return False
    first, second = _number(gold), _number(answer)
    if first is not None and second is not None:
        return first == second or abs(first - second) < CLOSE * abs(first)
    if not any(right(added.format(answer)) for added in ADDED):
        return True
    if name in FORMS:
        return FORMS[name].fullmatch(answer.strip()) is not None
    return _of_words(answer, gold)


def _of_words(answer: str, gold: str) -> bool:
    """Whether an answer consists of the gold answer's words, numbers and signs, none more often than there."""
    left = Counter(map(_token, _TOKENS.findall(gold)))
    return all(left[token] > 0 and not left.subtract([token]) for token in map(_token, _meant(answer)))


def _meant(text: str) -> list[str]:
    return [token for token in _TOKENS.findall(text) if token not in _NEUTRAL]


def _token(written: str) -> str | Decimal:
    return Decimal(written) if written[-1].isdigit() else written.casefold()


def _number(text: str) -> Decimal | None:
    """A plain number, or a quotient of two."""
    above, slash, below = text.strip().removesuffix(".").replace(",", "").partition("/")
    try:
        value = Decimal(above) / Decimal(below) if slash else Decimal(above)
    except DecimalException:
        return None
    return value if value.is_finite() else None
