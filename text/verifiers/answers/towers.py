"""Whether an answer holds powers that no algebra system ends with."""

from __future__ import annotations

import math
import re

MOST = 10_000
"""The largest exponent that is worked out."""
_DEEPEST = 20
_FACTORIAL = re.compile(r"\d{4,}\s*!|!\s*\)*\s*!|\\binom\s*\{?\s*\d{4,}")


def hopeless(text: str) -> bool:
    """Whether working out an answer would take for ever: exponents beyond `MOST`, factorials of large numbers.

    Args:
        text: LaTeX; hostile.
    """
    return bool(_FACTORIAL.search(text)) or _value(text, 0) > MOST


def _value(text: str, depth: int) -> float:
    """At least the largest exponent in a text, and where it is an exponent itself (depth > 0), its own value."""
    if depth > _DEEPEST:
        return math.inf
    most, product, place = 1.0, 1.0, 0
    while match := re.compile(r"(\d+)|(\^)\s*|!").search(text, place):
        place = match.end()
        if match[1]:
            product *= float(match[1][:300])
        elif not match[2]:
            product = math.inf if product > 7 else math.factorial(int(product))
        else:
            place, inside = _group(text, place)
            while chained := re.compile(r"\s*\^\s*").match(text, place):
                place, more = _group(text, chained.end())
                inside += f"^{{{more}}}"
            exponent = _value(inside, depth + 1)
            most = max(most, exponent)
            product = math.inf if product > 1 and exponent * math.log(product) > 100 else product**exponent
        if most > MOST or (depth and product > MOST):
            return math.inf
    return max(most, product) if depth else most


def _group(text: str, place: int) -> tuple[int, str]:
    """Where the exponent that starts at a place ends, and what is in it."""
    if text[place : place + 1] not in ("{", "("):
        match = re.compile(r"-?(?:\d+|.)?", re.DOTALL).match(text, place)
        assert match is not None
        return match.end(), match[0]
    depth = 0
    for end in range(place, len(text)):
        depth += (text[end] in "{(") - (text[end] in "})")
        if depth == 0:
            return end + 1, text[place + 1 : end]
    return len(text), text[place + 1 :]
