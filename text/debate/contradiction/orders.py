"""Comparisons: what is more than what, and what comes before what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .clauses import tokens
from .lexicon import LIGHT, QUALIFIERS, stem
from .opposites import opposite

APART = frozenset(map(stem, QUALIFIERS))
_LATER = r"(?:only )?(?:then|after that|afterwards|next)"
_THEN = (
    re.compile(rf"\bfirst,? ([^,.;]{{3,80}}),? (?:and )?{_LATER},? ([^,.;]{{3,80}})", re.IGNORECASE),
    re.compile(rf"\b([^,.;]{{3,80}}) first,? (?:and )?(?:{_LATER} )?([^,.;]{{3,80}})", re.IGNORECASE),
)


@dataclass(frozen=True)
class Order:
    """That one thing is more (`sign` 1) or less (-1) than another in some dimension, or is not so."""

    left: frozenset[str]
    right: frozenset[str]
    dimension: str
    sign: int
    positive: bool
    text: str


def reversed_orders(one: Order, other: Order) -> bool:
    """Whether two comparisons cannot both hold."""
    if (one.left | one.right) & APART != (other.left | other.right) & APART:
        return False
    turned = False if one.dimension == other.dimension else opposite(one.dimension, other.dimension)
    if turned is None:
        return False
    sign = -other.sign if turned else other.sign
    if _alike(one.left, other.left) and _alike(one.right, other.right):
        same = one.sign == sign
    elif _alike(one.left, other.right) and _alike(one.right, other.left):
        same = one.sign == -sign
    else:
        return False
    return (one.positive != other.positive) if same else (one.positive and other.positive)


def compared(said: Sequence[str], text: str) -> Order | None:
    """`more … than`, `taller than`; with a number on the right it bounds an amount and compares nothing."""
    if "than" not in said:
        return None
    than = said.index("than")
    for place in range(than - 1, max(than - 9, -1), -1):
        word = said[place]
        if word in ("more", "less", "fewer"):
            dimension, sign = " ".join(stem(t) for t in said[place + 1 : than]) or "great", 1 if word == "more" else -1
            left = _things(said[:place])
        elif (word.endswith("er") and len(word) > 4) or word in ("worse", "older"):
            dimension, sign, left = _base(word), 1, _things([*said[:place], *said[place + 1 : than]])
        else:
            continue
        right = _things(said[than + 1 :])
        left = left or _things(said[place + 1 : than])  # `better to be feared than loved`
        if not left or not right:
            return None
        positive = sum(t in ("not", "no", "never", "nothing", "nobody") for t in said[:place]) % 2 == 0
        return Order(left, right, dimension, sign, positive, text)
    return None


def in_time(said: Sequence[str], text: str) -> list[Order]:
    """What a clause says to be before or after what."""
    found = []
    for word, sign in (("before", -1), ("after", 1)):
        if said.count(word) == 1:
            place = said.index(word)
            left, right = _things(said[:place]), _things(said[place + 1 :])
            if left and right:
                found.append(Order(left, right, "before", -sign, True, text))
    return found


def first_then(text: str) -> list[Order]:
    """`first this, then that`."""
    return [
        Order(left, right, "before", 1, True, match[0])
        for pattern in _THEN
        for match in pattern.finditer(text)
        if (left := _things(tokens(match[1]))) and (right := _things(tokens(match[2])))
    ]


def _base(word: str) -> str:
    """What a comparative compares by: `bigger` → the stem of `big`."""
    if word in ("better", "worse", "elder", "further", "farther", "lesser"):
        return stem(word)
    short = word[:-2]
    return stem(short[:-1] + "y" if short.endswith("i") else short)


def _things(said: Sequence[str]) -> frozenset[str]:
    return frozenset(
        stem(token)
        for token in said
        if token not in LIGHT and token not in ("worth", "far", "altogether", "afterwards")
    )


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether they are the same things, one of them perhaps said more closely."""
    return one <= other or other <= one
