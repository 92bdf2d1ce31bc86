"""Amounts: how much of which unit an answer says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from ...numerals import CARDINALS, PARTS, SCALES
from ..reasoning.equations import number
from .phrases import measures, units
from .units import NUMBER, PERCENT, Unit, ratio

_SCALES = SCALES | {"trillion": 10**12}
_SHORT = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion"}
_SHARES = PARTS | {"hundredth": 100, "thousandth": 1000}
# Words that make another number of the one before them, or one of several.
_CHANGES = {
    *CARDINALS, *_SCALES, *_SHARES, "or", "nor", "if", "not", "unless", "but", "plus", "minus", "squared", "cubed",
    "factorial", "choose", "divided", "multiplied", "most", "least", "twice", "thrice", "double", "doubled", "triple",
    "tripled", "halved", "couple", "gross", "root", "pi", "infinity", "negative", "below", "point",
}  # fmt: skip
_MOST = 8  # words of a unit
_LONGEST = 40  # characters of a number

_NUMBER = r"\d[\d,]*(?:\.\d+)?|\.\d+"
_PHRASE = r"(?:[^\W\d_]|[ '’\".%°$€£¥₹¢/]|(?<=[^\W\d_])-(?=[^\W\d_])|\s*\^\s*\{?-?\d\}?)*"
_PLAIN = re.compile(
    rf"(?P<minus>[-−–])?\s*(?P<money>(?:US)?\$|[£€¥₹])?\s*(?P<after_money>[-−])?(?P<whole>{_NUMBER})"
    rf"(?:\s*/\s*(?P<under>{_NUMBER})|\s+(?P<top>\d+)\s*/\s*(?P<bottom>\d+))?(?P<half>\s+and\s+a\s+half\b)?"
    rf"(?P<phrase>{_PHRASE})"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FACTORS = re.compile(r"(?!(?:st|nd|rd|th)\b)[^\W\d_]{1,3}(?![^\W\d_])")
_NEXT = re.compile(r"\s*(?:,?\s+and|,)?\s+(?=\d)")
_WRAPPED = r"\\(?:text|textrm|textbf|textit|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}"
_RAISED = r"(?:\s*\^\s*\{?\s*(-?\d)\s*\}?)?"
_WRAPPED_UNIT = re.compile(rf"(.*\S)\s*{_WRAPPED}{_RAISED}(?:\s*/\s*{_WRAPPED}{_RAISED})?", re.DOTALL)
_UNIT = re.compile(
    rf"(.*[\d\\].*)\s((?:(?:square|sq|cubic)\s+)?[^\W\d_]{{2,}}(?:\s*/\s*[^\W\d_]+)?){_RAISED}", re.DOTALL
)


class Amount(NamedTuple):
    """One meaning of an answer: its text without the unit, its value if that is a plain number, and the unit."""

    body: str
    value: Fraction | None
    unit: Unit | None

    def over(self, other: Amount) -> Fraction | None:
        """How many of the other's unit its own is; None where they never compare."""
        return ratio(self.unit, other.unit)


def amounts(text: str, asked: str = "") -> list[Amount]:
    """All that an answer may mean; never empty.

    Args:
        text: An answer, plain or in LaTeX.
        asked: `dozen`, `million` or the like, if the question wants a number of those: then 7 dozen may be 7; or
            `percent`: then 7% are no hundredths.
    """
    plain = re.sub(_WRAPPED, r" \1 ", text).strip()
    found = [*_plain(plain, asked), *_compound(plain)]
    if not found:
        return list(_unit_apart(text)) or [Amount(text, None, None)]
    if re.search(r"\d[^\W\d_]{1,3}$", text):  # 3h are three hours, or three times h
        found.append(Amount(text, None, None))
    return found


def _plain(text: str, asked: str) -> Iterator[Amount]:
    """A plain number, with what it is of."""
    match = _PLAIN.fullmatch(text)
    if match is None or len(text) - len(match["phrase"]) > _LONGEST:
        return
    value = number(match["whole"] + (f"/{match['under']}" if match["under"] else ""))
    part = number(f"{match['top'] or 0}/{match['bottom'] or 1}")
    if value is None or part is None:
        return
    value += part + (Fraction(1, 2) if match["half"] else 0)
    value = -value if match["minus"] or match["after_money"] else value
    factors = _FACTORS.match(match["phrase"]) and not match["money"] and not measures(match["phrase"])
    if factors or match["phrase"].startswith("^"):
        return
    phrase, times, asked_for = _scaled(match["phrase"].strip(), value, asked, money=bool(match["money"]))
    if not _is_unit(phrase, money=bool(match["money"])):
        return
    for unit in units(f"{(match['money'] or '')[-1:]} {phrase}"):
        for total in {value * times, value * times / asked_for}:
            yield Amount(str(total), total, unit)
        if unit == PERCENT and asked != "percent":
            yield Amount(str(value / 100), value / 100, NUMBER)


def _scaled(phrase: str, value: Fraction, asked: str, *, money: bool) -> tuple[str, Fraction, int]:
    """A phrase without the words that multiply the number before it, by how much, and the part that is asked for."""
    times, asked_for = Fraction(1), 1
    while match := re.match(r"([^\W\d_]+)(?:\s+|$)", phrase):
        word = match[1].casefold()
        word = _SHORT.get(word, word) if money else word
        one = word.removesuffix("s")
        if one in _SCALES:
            times *= _SCALES[one]
            asked_for = _SCALES[one] if one == asked else asked_for
        elif one in _SHARES and (one != word or value == 1):  # 2 thirds, but 2 third graders
            times /= _SHARES[one]
        else:
            break
        phrase = phrase[match.end() :]
    return phrase, times, asked_for


def _is_unit(phrase: str, *, money: bool) -> bool:
    """Whether a phrase leaves the number before it as it is."""
    words = _WORD.findall(phrase)
    if words[:1] == ["and"]:
        return False
    said = {form for word in words for form in (word.casefold(), word.casefold().removesuffix("s"))}
    if len(words) > _MOST or (said & _CHANGES and not measures(phrase)):
        return False
    if phrase.startswith("/") and not money and (not words or len(words[0]) < 3):
        return False  # 5/n
    letters = [match for match in _WORD.finditer(phrase) if len(match[0]) == 1 and match[0] not in ("a", "A")]
    allowed = measures(phrase) or money
    inner = [
        match for match in letters if match.start() and not re.search(r"(?:/|°|\bper)\s*$", phrase[: match.start()])
    ]
    return (
        not re.search(r"(?:^|\s)(?:an?|and|by|from|of|per|than|to)$", phrase) and not inner and (not letters or allowed)
    )


def _compound(text: str) -> Iterator[Amount]:
    """`2 hours and 30 minutes` are 5/2 hours, or 150 minutes."""
    pieces = [list(_plain(piece.strip(), "")) for piece in _NEXT.split(text)]
    if not 2 <= len(pieces) <= 4:
        return
    for of in {(one.unit.top.of, one.unit.top.power) for one in pieces[0] if one.unit and not one.unit.bottom}:
        same = [
            next(
                (
                    (one.value, one.unit)
                    for one in piece
                    if one.value is not None and one.unit and (one.unit.top.of, one.unit.top.power) == of
                ),
                None,
            )
            for piece in pieces
        ]
        known = [pair for pair in same if pair is not None and pair[1].top.of]
        if len(known) == len(pieces):
            total = sum((value * unit.top.factor for value, unit in known), Fraction(0))
            for _, unit in known:
                yield Amount(str(total / unit.top.factor), total / unit.top.factor, unit)


def _unit_apart(text: str) -> Iterator[Amount]:
    """An expression and the unit after it, which is text to LaTeX or known by its name; or the currency before it."""
    if match := re.fullmatch(r"([$£€¥₹])\s*(\S.*)", text, re.DOTALL):
        for unit in units(match[1]):
            yield Amount(match[2], number(match[2]), unit)
        return
    if match := _WRAPPED_UNIT.fullmatch(text):
        phrase = _raised(match[2], match[3]) + (f"/{_raised(match[4], match[5])}" if match[4] else "")
        if not _is_unit(phrase.strip(), money=False):
            return
    elif match := _UNIT.fullmatch(text):
        phrase = _raised(match[2], match[3])
        if not measures(phrase):
            return
    else:
        return
    for unit in units(phrase):
        yield Amount(match[1].strip(), number(match[1]), unit)


def _raised(name: str, power: str | None) -> str:
    return name + (f"^{power}" if power else "")
