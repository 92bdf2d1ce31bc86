"""Comparisons: what is more than what, and what comes before what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .clauses import tokens
from .force import NEGATIONS
from .lexicon import LIGHT, QUALIFIERS, stem, words
from .opposites import POLES, exclusive, opposite, positive

APART = frozenset(map(stem, QUALIFIERS))
_BE = words("is are was were be been being")
_RESPECT = words("for to in on of at with as per")
_FRAMING = words("in on at with without from during for by to before after of under over given between among")
_OPENING = words("the a an it he she they we you i this that these those his her its their our my your both all")
_LATER = r"(?:only )?(?:then|after that|afterwards|next)"
_THEN = (
    re.compile(rf"\bfirst,? ([^,.;]{{3,80}}),? (?:and )?{_LATER},? ([^,.;]{{3,80}})", re.IGNORECASE),
    re.compile(rf"\b([^,.;]{{3,80}}) first,? (?:and )?(?:{_LATER} )?([^,.;]{{3,80}})", re.IGNORECASE),
)


@dataclass(frozen=True)
class Order:
    """That one thing is more (`sign` 1), as much (0) or less (-1) than another in some dimension, or is not so.

    Without `right` it is more than what else is spoken of; `frame` says in which case.
    """

    left: frozenset[str]
    right: frozenset[str]
    dimension: str
    sign: int
    positive: bool
    text: str
    frame: frozenset[str] = frozenset()

    def turned(self) -> Order:
        """The same from the other side."""
        return replace(self, left=self.right, right=self.left, sign=-self.sign)


def reversed_orders(one: Order, other: Order) -> bool:
    """Whether two comparisons cannot both hold."""
    if other.frame and one.frame != other.frame:
        return False
    if one.left == other.left and one.sign == other.sign and {one.dimension} == other.right:
        return one.positive and other.positive and {other.dimension} == one.right  # `more harm than good`
    opposed = False if one.dimension == other.dimension else opposite(one.dimension, other.dimension)
    if opposed is None:
        return False
    if opposed:
        other = replace(other, sign=-other.sign)
    if not one.right or not other.right:
        return one.positive and other.positive and _outdone(one, other)
    if (one.left | one.right) & APART != (other.left | other.right) & APART:
        return False
    if not (_alike(one.left, other.left) and _alike(one.right, other.right)):
        other = other.turned()
        if not (_alike(one.left, other.left) and _alike(one.right, other.right)):
            return False
    return one.positive != other.positive if one.sign == other.sign else one.positive and other.positive


def _outdone(one: Order, other: Order) -> bool:
    """Whether of two things first the one and then the other is said to be more."""
    if one.right or other.right:
        full, short = (one, other) if one.right else (other, one)
        if full.sign != short.sign:
            full = full.turned()
        return _alike(short.left, full.right) and not _alike(short.left, full.left)
    if one.sign != other.sign:
        return one.left == other.left
    mine, yours = one.left - other.left, other.left - one.left
    if len(mine) != 1 or len(yours) != 1:
        return False
    return (mine | yours) <= APART or bool(one.left & other.left) or exclusive(*mine, *yours)


def compared(said: Sequence[str], text: str) -> Order | None:
    """`more … than`, `taller than`, `as tall as`, `is taller`; a number on the right bounds an amount only."""
    frame, said = _framed(said)
    positive = not sum(token in NEGATIONS for token in said) % 2
    if "than" in said:
        than = said.index("than")
        for place in range(than - 1, max(than - 9, -1), -1):
            if (graded := _graded(said[:than], place)) is None:
                continue
            dimension, sign, left = graded
            right = _things(said[than + 1 :])
            left = left or _things(said[place + 1 : than])  # `better to be feared than loved`
            if not left or not right:
                return None
            positive = not sum(token in NEGATIONS for token in said[:place]) % 2
            return Order(left, right, dimension, sign, positive, text, frame)
        return None
    if said.count("as") == 2:
        first = said.index("as")
        second = said.index("as", first + 1)
        graded_by = said[first + 1 : second]
        left, right = _things(said[:first]), _things(said[second + 1 :])
        if len(graded_by) == 1 and stem(graded_by[0]) in POLES and left and right and graded_by[0] != "well":
            dimension = "great" if graded_by[0] in ("much", "many") else stem(graded_by[0])
            return Order(left, right, dimension, 0 if positive else -1, True, text, frame)
        return None
    return None


def outstanding(said: Sequence[str], text: str) -> Order | None:
    """`the first essay is stronger`, `it is the fund that does more good`: more than what else is spoken of."""
    frame, said = _framed(said)
    if "than" in said or NEGATIONS & set(said):
        return None
    for place in range(1, len(said)):
        graded = _graded(said, place)
        if graded is None or said[place - 1] in ("no", "a", "an", "any", "some", "one", "and", "or"):
            continue
        dimension, sign, left = graded
        if "there" in said[:place] and said[place] in ("more", "fewer"):
            return Order(_things(said[place + 1 :]), frozenset(), "many", sign, True, text, frame)
        known = said[place] in ("more", "less", "fewer") or dimension in POLES
        if known and left and (said[place - 1] == "the" or _BE | {"does", "do", "did", "it"} & set(said[:place])):
            return Order(left, frozenset(), dimension, sign, True, text, frame)
    return None


def _graded(said: Sequence[str], place: int) -> tuple[str, int, frozenset[str]] | None:
    """What a comparative compares by, which way, and what."""
    word = said[place]
    if word in ("more", "less", "fewer"):
        dimension = " ".join(stem(t) for t in said[place + 1 :]) or "great"
        sign = 1 if word == "more" else -1
        first = next((k for k in range(place + 1, len(said)) if said[k] in _RESPECT), len(said))
        if first < len(said) and first - place == 2:  # `more expensive for the family`
            return stem(said[place + 1]), sign, _things([*said[:place], *said[first:]])
        return dimension, sign, _things(said[:place])
    if (word.endswith("er") and len(word) > 4) or word in ("worse", "older"):
        return _base(word), 1, _things([*said[:place], *said[place + 1 :]])
    return None


def _framed(said: Sequence[str]) -> tuple[frozenset[str], Sequence[str]]:
    """The case of which a clause begins to speak, and the rest: `after the discount`, `the kayak is cheaper`."""
    end = _frame(said)
    return _things(said[1:end]), said[end:]


def _frame(said: Sequence[str]) -> int:
    if not said or said[0] not in _FRAMING:
        return 0
    return next((k for k in range(2, min(len(said), 12)) if said[k] in _OPENING), 0)


def in_time(said: Sequence[str], text: str) -> list[Order]:
    """What a clause says to be before or after what."""
    found = []
    positive = not NEGATIONS & set(said)
    for word, sign in (("before", -1), ("after", 1)):
        if said.count(word) == 1:
            place = said.index(word)
            left, right = _things(said[:place]), _things(said[place + 1 :])
            if not place and (end := _frame(said)):
                left, right = _things(said[end:]), _things(said[1:end])
            if left and right and not {"too", "also", "again"} & set(said):
                found.append(Order(left, right, "before", -sign, positive, text))
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
    known = positive(word)
    short = word[:-2]
    return known if known != word else stem(short[:-1] + "y" if short.endswith("i") else short)


def _things(said: Sequence[str]) -> frozenset[str]:
    return frozenset(
        stem(token)
        for token in said
        if token not in LIGHT and token not in ("worth", "far", "altogether", "afterwards")
    )


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether they are the same things, one of them perhaps said more closely."""
    less, more = sorted((one, other), key=len)
    return all(word in more or any(opposite(word, yours) is False for yours in more) for word in less)
