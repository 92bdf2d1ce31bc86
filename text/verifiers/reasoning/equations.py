"""Equations stated in running text, and whether they hold.

Only numbers, + - * / and brackets are read, with the words that stand between them as units; nothing that a model wrote
is ever evaluated as code, and the work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .expression import LONGEST, MOST, NUMBER, Unreadable, evaluated, is_number, number

__all__ = ["Equation", "Unreadable", "equations", "number"]

UNIT = 6  # words of a unit: `4 students in each of the groups`
_TOKEN = re.compile(
    rf"(?P<number>{NUMBER})|(?P<spoken>(?:x|plus|minus|times|divided\s+by|equals)(?=\s*[($€£]*\.?\d))"
    r"|(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)|(?P<sign>[+*/×÷·−–=()%]|-(?![^\W\d_]))"
    r"|(?P<break>\.(?!\s*[+*/×÷·=])|[;:?!,\n]+)|(?P<other>[^\s$€£])",
    re.IGNORECASE,
)
_SIGNS = {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"}
_SPOKEN = {"x": "*", "plus": "+", "minus": "-", "times": "*", "equals": "="}
_OPERATORS = ("+", "-", "*", "/")


@dataclass(frozen=True)
class Equation:
    """One `left = right` of a text.

    Args:
        text: As written.
        holds: Whether both sides are equal; a decimal of two places or more may be rounded.
        terms: The numbers on the left.
        result: The value on the right.
        computes: Whether the left side has an operation.
        goes_on: Whether its left side is the right side of the one before, as in `a = b = c`.
    """

    text: str
    holds: bool
    terms: tuple[Fraction, ...]
    result: Fraction
    computes: bool
    goes_on: bool = False


def equations(text: str) -> list[Equation]:
    """All equations of a text, in order; `a = b = c` is two; what only gives a name to a value (`Total = 15`) is none.

    Raises:
        Unreadable: Something beside an equals sign cannot be read.
    """
    found = []
    for clause in _clauses(text):
        places = [k for k, token in enumerate(clause) if token == "="]
        sides = [clause[a + 1 : b] for a, b in zip([-1, *places], [*places, len(clause)], strict=True)]
        before: list[str] = []
        for left, right in pairwise(sides):
            first, last = _tail(left), _head(right)
            if any(side and not any(map(is_number, kept)) for side, kept in ((left, first), (right, last))):
                before = []
                continue
            found.append(_equation(first, last, goes_on=first == before))
            before = last
    return found


def _equation(left: list[str], right: list[str], *, goes_on: bool) -> Equation:
    """With percent signs as hundredths where it holds so, else as a unit."""
    words = " ".join([*left, "=", *right])
    for percent in (Fraction(1, 100), Fraction(1)):
        terms, value = evaluated(left, percent)
        _, result = evaluated(right, percent)
        holds = value == result or abs(value - result) < _rounding(right) * percent ** right.count("%")
        if holds or "%" not in words:
            break
    return Equation(words, holds, terms, result, len(terms) > 1, goes_on)


def _rounding(side: list[str]) -> Fraction:
    """By how much a number as written may differ from what it stands for."""
    places = len(side[0].partition(".")[2]) if len(side) == 1 + side.count("%") else 0
    return Fraction(1, 10**places) if places > 1 else Fraction(0)


def _clauses(text: str) -> Iterator[list[str]]:
    """Tokens between stops; currency signs left out; words as `word`."""
    clause: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match.lastgroup == "break":
            yield clause
            clause = []
        elif match.lastgroup == "spoken":
            clause.append(_SPOKEN.get(token.casefold(), "/") if any(map(_ends, clause[-UNIT - 1 :])) else "word")
        elif match.lastgroup == "number" and len(token) > LONGEST:
            raise Unreadable(token[:LONGEST] + "…")
        elif match.lastgroup in ("number", "sign"):
            clause.append(_SIGNS.get(token, token))
        elif clause[-2:-1] == ["word"] and clause[-1] == "/":
            clause[-1] = "word"  # miles/hour
        elif clause[-1:] == ["/"] and is_number(clause[-2] if len(clause) > 1 else "="):
            clause[-1] = "word"  # $20/hour
        else:
            clause.append("word")
    yield clause


def _tail(tokens: list[str]) -> list[str]:
    """The arithmetic at the end of what stands left of the first equals sign: `Sam has 3 apples + 4` → `3 + 4`."""
    kept = _head(tokens[::-1], step=-1)
    return kept[::-1]


def _head(tokens: list[str], step: int = 1) -> list[str]:
    """The arithmetic at the start of what stands right of an equals sign: `12 apples in all` → `12`.

    Words belong to it as a unit, after a number and before an operator (or, at the inner end, the equals sign).

    Args:
        tokens: From the equals sign outward.
        step: The direction of reading: 1 as written, -1 from right to left.
    """
    opening, closing = ("(", ")") if step == 1 else (")", "(")
    kept: list[str] = []
    place = depth = 0
    while place < len(tokens):
        token = tokens[place]
        if token == "word":
            start = place
            while place < len(tokens) and tokens[place] == "word":
                place += 1
            before = kept[-1] if kept else ""
            after = tokens[place] if place < len(tokens) else ""
            number_side, sign_side = (before, after) if step == 1 else (after, before)
            unit = (
                place - start <= UNIT
                and _ends(number_side)
                and (sign_side in _OPERATORS or (not sign_side and step == -1))
            )
            if not unit and not (before in _OPERATORS and _ends(after) and place - start <= 2):
                break
            continue
        if kept and is_number(token) and is_number(kept[-1]):
            break  # two numbers with words between them: `gives 4 of 13 - 5 = 8`
        depth += (token == opening) - (token == closing)
        if depth < 0:
            break  # the bracket around all of it: `12 apples (3 + 9 = 12)`
        kept.append(token)
        if len(kept) > MOST:
            raise Unreadable(" ".join(kept[-8:]))
        place += 1
    return kept


def _ends(token: str) -> bool:
    """Whether a number, or what has the value of one, may end so."""
    return bool(token) and (is_number(token) or token in ")%")
