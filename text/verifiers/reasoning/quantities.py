"""Numbers in running text, in digits or in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from ...numerals import CARDINALS, ONES, SCALES, TENS
from .expression import LONGEST, NUMBER, fraction

_SMALL = rf"(?:(?:{'|'.join(TENS)})(?:[\s-]+(?:{'|'.join(ONES[1:10])}))?|(?:{'|'.join(reversed(ONES))}))"
_SCALE = rf"(?:{'|'.join(SCALES)})"
_NUMBER = re.compile(
    rf"(?P<digits>{NUMBER})(?!\d|st\b|nd\b|rd\b|th\b)(?:\s*/\s*(?P<under>\d+))?(?P<percent>\s*(?:%|percent\b))?"
    rf"|\b(?P<words>{_SMALL}(?:[\s-]+{_SCALE}(?:[\s-]+(?:and\s+)?{_SMALL})?)*|{_SCALE})s?\b",
    re.IGNORECASE,
)

_LEADING = re.compile(
    rf"(?P<small>{_SMALL})(?P<more>(?:[\s-]+{_SCALE}(?:[\s-]+(?:and\s+)?{_SMALL})?)*)(?=$|[\s-])", re.IGNORECASE
)
_SOME = re.compile(rf"\b{_SMALL}\b", re.IGNORECASE)


class Quantity(NamedTuple):
    """A number of a text: its value as said, where it stands, and itself with the parts that its saying names."""

    value: Fraction
    start: int
    end: int
    parts: frozenset[Fraction]


def quantities(text: str) -> Iterator[Quantity]:
    """The numbers of a text, in order; no ordinals, and none longer than `LONGEST`.

    Of `3/4` the parts are also 3, 4, what is left of the whole and what is more by as much; of `20%` 0.2, 0.8, 1.2.
    """
    for match in _NUMBER.finditer(text):
        if match["words"]:
            value = _cardinal(re.split(r"[\s-]+", match["words"].casefold()))
            yield Quantity(value, match.start(), match.end(), frozenset([value]))
        elif len(match["digits"]) <= LONGEST and len(match["under"] or "") <= LONGEST:
            value = fraction(match["digits"])
            parts = {value}
            if match["under"] and int(match["under"]):
                under = Fraction(int(match["under"]))
                parts |= {under, under - value, under + value, Fraction(1)} | _shares(value / under)
                value /= under
            if match["percent"]:
                parts |= _shares(value / 100) | {100 * share for share in _shares(value / 100)}
            elif value < 1:
                parts |= _shares(value)
            yield Quantity(value, match.start(), match.end(), frozenset(map(abs, parts)))


def in_digits(text: str) -> str:
    """A text that begins with a number in words with its digits: `Eight coins` is `8 coins`, `two thirds` `2 thirds`.

    `five million` is `5 million`, since one may have been asked for the millions; names (`Seven Samurai`) stay.
    """
    match = _LEADING.match(text)
    if match is None:
        return text
    end = match.end() if _SOME.search(match["more"]) else match.end("small")
    rest = text[end:].removeprefix("-")
    if rest != rest.lower():
        return text
    value = _cardinal(re.split(r"[\s-]+", text[:end].casefold()))
    return f"{value} {rest.lstrip()}".strip()


def _shares(share: Fraction) -> set[Fraction]:
    return {share, 1 - share, 1 + share}


def _cardinal(words: list[str]) -> Fraction:
    """`two hundred and five` is 205."""
    whole = part = 0
    for word in words:
        scale = SCALES.get(word, 1)
        if scale >= 1000:
            whole, part = whole + (part or 1) * scale, 0
        else:
            part = (part or 1) * scale if scale > 1 else part + CARDINALS.get(word, 0)
    return Fraction(whole + part)
