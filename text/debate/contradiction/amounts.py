"""Numbers in a clause, of what they are, and from where to where they may lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...verifiers.reasoning.equations import number
from .force import MODAL
from .lexicon import CALENDAR, FRACTIONS, LIGHT, NUMBERS, stem
from .measures import unit

_NEAR = Fraction(1, 10**6)  # `more than 50` begins here above 50
_ABOUT = Fraction(1, 5)  # what `about` leaves open on either side
_DEFINITE = ("the", "these", "those", "all", "both", "his", "her", "their", "its", "our", "my", "your", "of")
BELOW, ABOVE = (
    ("less", "fewer", "under", "below", "smaller", "shorter", "lighter", "cheaper", "younger", "lower"),
    ("more", "over", "above", "exceeding", "larger", "greater", "bigger", "longer", "heavier", "older", "higher"),
)


@dataclass(frozen=True)
class Amount:
    """A number with its unit: where it stands, how much it is, and the dimension or the stem of what it counts."""

    place: int
    end: int  # the first place after it and its unit
    value: Fraction
    unit: str
    number: Fraction | None = None  # as it stands before a unit


def amounts(tokens: Sequence[str]) -> Iterator[Amount]:
    """The amounts of a clause, in order."""
    end = 0
    for place in range(len(tokens)):
        if place < end:
            continue
        amount = _amount(tokens, place)
        while amount is not None and amount.unit in ("[s]", "[m]", "[g]"):  # `2 hours and 50 minutes`
            after = amount.end + (tokens[amount.end : amount.end + 1] == ("and",))
            more = _amount(tokens, after) if after < len(tokens) else None
            if more is None or more.unit != amount.unit or more.value >= amount.value:
                break
            amount = Amount(amount.place, more.end, amount.value + more.value, amount.unit)
        if amount is not None:
            end = amount.end
            yield amount


def counts(tokens: Sequence[str]) -> frozenset[Fraction]:
    """The amounts in a clause, without what they are of."""
    return frozenset(amount.value for amount in amounts(tokens))


def bounds(tokens: Sequence[str], amount: Amount) -> tuple[Fraction, Fraction]:
    """From where to where an amount may be."""
    value, infinite = amount.value, Fraction(10**18)
    before = tokens[max(amount.place - 4, 0) : amount.place]
    if {"little", "just", "slightly", "bit"} & set(before):
        return value - abs(value) * _ABOUT, value + abs(value) * _ABOUT
    last = before[-1] if before else ""
    if last == "than" and len(before) > 1:
        negated = before[-3:-2] in (("no",), ("not",))
        if before[-2] in ABOVE:
            return (-infinite, value) if negated else (value + _NEAR, infinite)
        if before[-2] in BELOW:
            return (value, infinite) if negated else (-infinite, value - _NEAR)
    if last == "least" or last == "minimum":
        return value, infinite
    if last in ("most", "maximum") or before[-2:] == ("up", "to"):
        return -infinite, value
    if last in ("over", "above", "exceeding"):
        return value + _NEAR, infinite
    if last in ("under", "below"):
        return -infinite, value - _NEAR
    if last in ("about", "around", "roughly", "approximately", "nearly", "almost", "some"):
        return value - abs(value) * _ABOUT, value + abs(value) * _ABOUT
    return value, value


def definite(tokens: Sequence[str], amount: Amount) -> bool:
    """Whether it belongs to something known: `the four shelves`."""
    return amount.place > 0 and tokens[amount.place - 1] in _DEFINITE


def nouns(every: Sequence[Amount], but: Amount, tokens: Sequence[str]) -> set[int]:
    """The places of what other amounts count, which is about what the clause is."""
    return {
        one.end - 1
        for one in every
        if one is not but and one.unit and one.end - one.place > 1 and stem(tokens[one.end - 1]) == one.unit
    }


def _amount(tokens: Sequence[str], place: int) -> Amount | None:
    token = tokens[place]
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    before = tokens[place - 1] if place else ""
    if token in ("twice", "double", "thrice", "triple"):
        return Amount(place, place + 1, Fraction(2 if token in ("twice", "double") else 3), "times")
    if token == "once" and after in ("", "a", "per", "each", "every"):
        return Amount(place, place + 1, Fraction(1), "times")
    part, end = _fraction(tokens, place)
    if part is not None:
        if tokens[end : end + 1] == ("of",) and tokens[end + 1 : end + 2] in (("a",), ("an",)):
            end += 1
        if tokens[end : end + 1] in (("a",), ("an",)) and (of := unit(tokens, end + 1)):
            return Amount(place, end + 1 + of.words, part * of.factor, of.of)
        return Amount(place, end, part, "share")
    if ":" in token:
        hours, minutes = token.split(":")
        late = 12 if tokens[place + 1 : place + 2] == ("pm",) and int(hours) < 12 else 0
        return Amount(place, place + 1, Fraction((int(hours) + late) * 60 + int(minutes)), "clock")
    value = Fraction(NUMBERS[token]) if token in NUMBERS else number(token)
    if (
        value is None
        and token == "one"
        and after
        and (after == "of" or after not in LIGHT | MODAL)
        and before not in (*_DEFINITE, "no", "any", "this")
    ):
        value = Fraction(1)
    if value is None:
        return None
    end = place + 1
    while end < len(tokens) and tokens[end] in ("hundred", "thousand", "million"):
        value, end = value * {"hundred": 100, "thousand": 1000, "million": 10**6}[tokens[end]], end + 1
    after = tokens[end] if end < len(tokens) else ""
    if before in ("$", "€", "£"):
        rate = unit((before, *tokens[end:]), 0)
        return Amount(
            place - 1,
            end + (rate.words if rate else 1) - 1,
            value * (rate.factor if rate else 1),
            rate.of if rate else before,
            value,
        )
    if after == "of" and tokens[end + 1 : end + 2] and tokens[end + 1] in _DEFINITE and end + 2 < len(tokens):
        noun = end + 2 + (tokens[end + 2] in NUMBERS or tokens[end + 2][0].isdigit())
        return Amount(place, noun + 1, value, stem(tokens[noun])) if noun < len(tokens) else None
    if after in ("oclock", "am", "pm"):
        return Amount(place, end + 1, value * 60 + (720 if after == "pm" and value < 12 else 0), "clock")
    if after == "times":
        return Amount(place, end + 1, value, "times")
    if of := unit(tokens, end):
        if of.of == "[%]":
            return Amount(place, end + 1, value / 100, "share")
        return Amount(place, end + of.words, value * of.factor, of.of, value)
    if (
        after
        and (after == "of" or after not in LIGHT | MODAL)
        and after not in NUMBERS
        and not after[0].isdigit()
        and after not in ("$", "times")
    ):
        return Amount(place, end + 1, value, stem(after))
    if before in ("in", "since", "year", "until", *CALENDAR) and 1000 <= value < 2200 and value.denominator == 1:
        return Amount(place, end, value, "year")
    return Amount(place, end, value, f"{before} …" if before in ("of", "from", "plus", "minus", "by") else "")


def _fraction(tokens: Sequence[str], place: int) -> tuple[Fraction | None, int]:
    """`half`, `a third`, `two thirds`: its value, and the first place after it."""
    if tokens[place] == "half":
        return Fraction(1, 2), place + 1
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    if after in FRACTIONS and tokens[place + 2 : place + 3] == ("of",):
        top = 1 if tokens[place] in ("a", "one") else NUMBERS.get(tokens[place])
        if top is not None:
            return top * FRACTIONS[after], place + 2
    return None, place
