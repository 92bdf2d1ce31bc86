"""Arithmetic on plain numbers, read over fractions: + - * / and brackets, a percent sign; nothing is ever evaluated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

LONGEST = 12  # characters of a number
MOST = 64  # tokens of an expression
NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+"


class Unreadable(ValueError):
    """An equals sign with something beside it that is not arithmetic on numbers."""


def number(text: str) -> Fraction | None:
    """A plain number: `12`, `1,200`, `-3.5`, `3/4`, `12 apples` is none.

    Returns:
        Its value, or None where it is something else, or longer than any word problem's.
    """
    match = re.fullmatch(rf"\s*([-−]?)\s*\$?({NUMBER})(?:\s*/\s*({NUMBER}))?\s*", text)
    if match is None or len(text) > 3 * LONGEST:
        return None
    top, bottom = fraction(match[2]), fraction(match[3] or "1")
    if bottom == 0:
        return None
    return -top / bottom if match[1] else top / bottom


def fraction(digits: str) -> Fraction:
    """The value of a number as `NUMBER` matches it."""
    return Fraction(digits.replace(",", ""))


def is_number(token: str) -> bool:
    """Whether a token is one."""
    return token[0].isdigit() or token[0] == "."


def evaluated(tokens: Sequence[str], percent: Fraction = Fraction(1)) -> tuple[tuple[Fraction, ...], Fraction]:
    """The numbers of an expression, in order, and its value.

    Args:
        tokens: Numbers and signs.
        percent: What a percent sign multiplies by: 1/100, or 1 where it is a unit as any other.

    Raises:
        Unreadable: It is not one, or too long or too deep.
    """
    if len(tokens) > MOST:
        raise Unreadable(" ".join(tokens[:8]) + " …")
    parser = _Parser(tokens, percent)
    value = parser.sum()
    if parser.place != len(tokens):
        raise Unreadable(" ".join(tokens))
    return tuple(parser.terms), value


class _Parser:
    """Recursive descent, at most a few brackets deep; a bracket right after a number multiplies."""

    def __init__(self, tokens: Sequence[str], percent: Fraction) -> None:
        self.tokens, self.place, self.depth, self.percent = tokens, 0, 0, percent
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
        while (sign := self._next()) in ("*", "/", "("):
            self.place += sign != "("
            factor = self._factor()
            if sign == "/" and factor == 0:
                raise Unreadable("division by 0")
            value = value / factor if sign == "/" else value * factor
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
        if not token or not is_number(token):
            raise Unreadable(" ".join(self.tokens) or "nothing")
        self.terms.append(fraction(token))
        if self._next() == "%":
            self.place += 1
            return self.terms[-1] * self.percent
        return self.terms[-1]
