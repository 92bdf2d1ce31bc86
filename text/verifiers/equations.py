"""Equations stated in running text, and whether they hold.

Only numbers, + - * / and brackets are read, by a parser of its own over fractions: nothing that a model wrote is ever
evaluated as code, and the work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

LONGEST = 12  # characters of a number
MOST = 64  # tokens of one side
_NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<word>[^\W\d_]+)|(?P<sign>[-+*/×÷·−–=()%])|(?P<break>[.;:?!,\n]+)|(?P<other>[^\s$€£])"
)
_SIGNS = {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"}


@dataclass(frozen=True)
class Equation:
    """One `left = right` of a text.

    Args:
        text: As written.
        holds: Whether both sides are equal.
        terms: The numbers on the left.
        result: The value on the right.
        computes: Whether the left side has an operation.
    """

    text: str
    holds: bool
    terms: tuple[Fraction, ...]
    result: Fraction
    computes: bool


class Unreadable(ValueError):
    """An equals sign with something beside it that is not arithmetic on numbers."""


def number(text: str) -> Fraction | None:
    """A plain number: `12`, `1,200`, `-3.5`, `3/4`, `12 apples` is none.

    Returns:
        Its value, or None where it is something else, or longer than any word problem's.
    """
    match = re.fullmatch(rf"\s*([-−]?)\s*\$?({_NUMBER})(?:\s*/\s*({_NUMBER}))?\s*", text)
    if match is None or len(text) > 3 * LONGEST:
        return None
    top, bottom = _fraction(match[2]), _fraction(match[3] or "1")
    if bottom == 0:
        return None
    return -top / bottom if match[1] else top / bottom


def equations(text: str) -> list[Equation]:
    """All equations of a text, in order; `a = b = c` is two.

    Raises:
        Unreadable: Something beside an equals sign cannot be read.
    """
    found = []
    for clause in _clauses(text):
        places = [k for k, token in enumerate(clause) if token == "="]
        sides = [clause[a + 1 : b] for a, b in zip([-1, *places], [*places, len(clause)], strict=True)]
        for left, right in pairwise(sides):
            first = _tail(left) if left is sides[0] else left
            last = _head(right) if right is sides[-1] else right
            terms, value = _value(first)
            _, result = _value(last)
            words = " ".join([*first, "=", *last])
            found.append(Equation(words, value == result, terms, result, len(terms) > 1))
    return found


def _clauses(text: str) -> Iterator[list[str]]:
    """Tokens between stops; units after numbers and currency signs left out; other words as `word`."""
    clause: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match.lastgroup == "break":
            yield clause
            clause = []
        elif match.lastgroup == "word" and token in "xX" and clause and _is_number(clause[-1]):
            clause.append("*")
        elif match.lastgroup == "number" and len(token) > LONGEST:
            raise Unreadable(token[:LONGEST] + "…")
        elif match.lastgroup in ("number", "sign"):
            clause.append(_SIGNS.get(token, token))
        else:
            clause.append("word")
    yield clause


def _is_number(token: str) -> bool:
    return token[0].isdigit()


def _tail(tokens: list[str]) -> list[str]:
    """The arithmetic at the end of what stands left of the first equals sign: `Sam has 3 apples + 4` → `3 + 4`."""
    kept: list[str] = []
    for k in range(len(tokens) - 1, -1, -1):
        token = tokens[k]
        if token != "word":
            if kept and _is_number(token) and _is_number(kept[0]):
                break  # two numbers with words between them: `gives 4 of 13 - 5 = 8`
            kept.insert(0, token)
            if len(kept) > MOST:
                raise Unreadable(" ".join(kept[-8:]))
        elif not _unit(tokens, k) or (kept and kept[0] not in ("+", "-", "*", "/")):
            break
    return kept


def _unit(tokens: list[str], place: int) -> bool:
    """Whether the words at a place follow a number directly, at most two of them: `4 toy cars`."""
    return any(
        place - n >= 0 and _is_number(tokens[place - n]) and all(t == "word" for t in tokens[place - n + 1 : place])
        for n in (1, 2)
    )


def _head(tokens: list[str]) -> list[str]:
    """The arithmetic at the start of what stands right of the last equals sign: `12 apples in all` → `12`."""
    kept: list[str] = []
    for k, token in enumerate(tokens):
        if token == "word":
            following = next((t for t in tokens[k:] if t != "word"), "")
            if _unit(tokens, k) and following in ("+", "-", "*", "/"):
                continue
            break
        if kept and _is_number(token) and _is_number(kept[-1]):
            break
        kept.append(token)
    return kept


def _value(tokens: list[str]) -> tuple[tuple[Fraction, ...], Fraction]:
    tokens = [token for k, token in enumerate(tokens) if token != "word" or not _unit(tokens, k)]
    if len(tokens) > MOST:
        raise Unreadable(" ".join(tokens[:8]) + " …")
    parser = _Parser(tokens)
    value = parser.sum()
    if parser.place != len(tokens):
        raise Unreadable(" ".join(tokens))
    return tuple(parser.terms), value


def _fraction(digits: str) -> Fraction:
    return Fraction(digits.replace(",", ""))


class _Parser:
    """Recursive descent over + - * / and brackets, at most a few brackets deep."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0
        self.terms: list[Fraction] = []

    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def sum(self) -> Fraction:
        """A sum of products."""
        value = self._product()
        while (sign := self._next()) in ("+", "-"):
            self.place += 1
            term = self._product()
            value = value + term if sign == "+" else value - term
        return value

    def _product(self) -> Fraction:
        value = self._factor()
        while (sign := self._next()) in ("*", "/"):
            self.place += 1
            factor = self._factor()
            if sign == "/" and factor == 0:
                raise Unreadable("division by 0")
            value = value * factor if sign == "*" else value / factor
        return value

    def _factor(self) -> Fraction:
        token = self._next()
        self.place += 1
        if token == "-":
            return -self._factor()
        if token == "(" and self.depth < 8:
            self.depth += 1
            value = self.sum()
            if self._next() != ")":
                raise Unreadable(" ".join(self.tokens))
            self.place += 1
            self.depth -= 1
            return value
        if not token or not _is_number(token):
            raise Unreadable(" ".join(self.tokens) or "nothing")
        self.terms.append(_fraction(token))
        return self.terms[-1]
