"""The amounts and dates in a clause: how much, of what, and what it is said of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..verifiers.equations import number
from .clauses import Clause
from .force import MODAL, NEGATIONS
from .lexicon import CALENDAR, FRACTIONS, LIGHT, NUMBERS, UNITS, content, persons, qualifiers, stem

_NEAR = Fraction(1, 10**6)  # `more than 50` begins here above 50
_ABOUT = Fraction(1, 5)  # what `about` leaves open on either side
_DEFINITE = ("the", "these", "those", "all", "both", "his", "her", "their", "its", "our", "my", "your", "of")
_BELOW, _ABOVE = (
    ("less", "fewer", "under", "below", "smaller", "shorter", "lighter", "cheaper", "younger", "lower"),
    ("more", "over", "above", "exceeding", "larger", "greater", "bigger", "longer", "heavier", "older", "higher"),
)
_DIMENSIONS = {dimension for dimension, _ in UNITS.values()} | {*CALENDAR.values(), "share", "clock", "year", "times"}
_SLIGHT = frozenset(map(stem, ("make", "get", "come", "equal", "total")))
_BOUNDS = {*_BELOW, *_ABOVE, "least", "most", "minimum", "maximum", "than", "no"}


@dataclass(frozen=True)
class Value:
    """An amount between two ends, or a date by its name.

    Args:
        low: The least that it may be; of a date its name.
        high: The most.
        unit: The dimension of its unit, or the stem of what is counted.
        said: Stems of the other words of the clause.
        act: The last of them before the amount.
        beside: Other amounts in the clause.
        qualifiers: Words by which things, times and amounts are told apart.
        persons: `i`, `you`, `he`, `she`.
        text: The clause.
    """

    low: Fraction | str
    high: Fraction | str
    unit: str
    said: tuple[str, ...]
    act: str
    beside: frozenset[Fraction]
    qualifiers: frozenset[str]
    persons: frozenset[str]
    text: str

    @property
    def counted(self) -> bool:
        """Whether it is a number of things, not of some unit."""
        return bool(self.unit) and self.unit not in _DIMENSIONS and not self.unit.startswith(("square ", "cubic "))

    def misses(self, other: Value) -> bool:
        """Whether no amount is in both."""
        if isinstance(self.low, str) or isinstance(other.low, str):
            return self.low != other.low
        assert not isinstance(self.high, str) and not isinstance(other.high, str)
        return self.high < other.low or other.high < self.low


@dataclass(frozen=True)
class _Amount:
    place: int
    end: int  # the first place after it and its unit
    value: Fraction
    unit: str


def values(clause: Clause) -> list[Value]:
    """All amounts and dates of a clause; what stands after `when` is a clause of its own."""
    if "when" in clause.tokens[1:]:
        place = clause.tokens.index("when", 1)
        parts = clause.tokens[:place], clause.tokens[place + 1 :]
        return [value for part in parts if part for value in values(Clause(clause.text, part, clause.names))]
    tokens = clause.tokens
    if "no" in tokens and not (NEGATIONS - {"no"}) & set(tokens):
        return list(_none(clause))
    if NEGATIONS & set(tokens):
        return []
    found = list(_dates(clause))
    amounts = list(_amounts(tokens))
    for amount in amounts:
        if (
            "than" in tokens
            and tokens[amount.place - 1] != "than"
            and tokens[amount.place - 2 : amount.place - 1] != ("than",)
        ):
            continue
        used = {k for k, token in enumerate(tokens) if token in CALENDAR} if amount.unit == "year" else set()
        used |= {k for one in amounts for k in range(one.place, one.end)} - _nouns(amounts, amount, tokens)
        low, high = _bounds(tokens, amount)
        if low != high:
            used |= {k for k in range(max(amount.place - 4, 0), amount.place) if tokens[k] in _BOUNDS}
        beside = frozenset(
            one.value for one in amounts if one is not amount and not _definite(tokens, one) and one.value != 1
        )
        found.append(_value(clause, low, high, amount.unit, used, amount.place, beside))
    return found


def counts(tokens: Sequence[str]) -> frozenset[Fraction]:
    """The amounts in a clause, without what they are of."""
    return frozenset(amount.value for amount in _amounts(tokens))


def _value(
    clause: Clause, low: Fraction | str, high: Fraction | str, unit: str, used: set[int], place: int,
    beside: frozenset[Fraction] = frozenset(),
) -> Value:  # fmt: skip
    kept = [(k, token) for k, token in enumerate(clause.tokens) if k not in used]
    before = content([token for k, token in kept if k < place])
    said = content([token for _, token in kept])
    own = qualifiers([token for _, token in kept], amount=True)
    act = next((stem(t) for t in reversed(_unfronted(clause.tokens[:place])) if stem(t) in before), "")
    return Value(low, high, unit, said, "" if act in _SLIGHT else act, beside, own, persons(clause.tokens), clause.text)


def _unfronted(tokens: Sequence[str]) -> Sequence[str]:
    """Without what follows a preposition, which is no act: `on the boat there were 34`."""
    placed = ("in", "on", "at", "with", "without", "for", "from", "after", "before", "during", "by", "to", "of")
    return [t for k, t in enumerate(tokens) if not {*tokens[max(k - 2, 0) : k]} & {*placed} or t.endswith("ed")]


def _none(clause: Clause) -> Iterator[Value]:
    """`no cakes are left`: none of them."""
    place = clause.tokens.index("no")
    after = clause.tokens[place + 1 : place + 2]
    if after and after[0] not in LIGHT and clause.tokens.count("no") == 1:
        nought = Fraction(0)
        yield _value(clause, nought, nought, stem(after[0]), {place, place + 1}, place)


def _dates(clause: Clause) -> Iterator[Value]:
    if sum(token in CALENDAR for token in clause.tokens) > 2:
        return
    for place, token in enumerate(clause.tokens):
        before = clause.tokens[place - 1] if place else ""
        alone = sum(CALENDAR.get(t) == CALENDAR.get(token) for t in clause.tokens) == 1
        if token in CALENDAR and alone and before in ("", "on", "in", "is", "was", "until", "by", "for", "to", "since"):
            others = {k for k, t in enumerate(clause.tokens) if t in CALENDAR}
            yield _value(
                clause,
                token,
                token,
                CALENDAR[token],
                others,
                place,
                frozenset(n for n in counts(clause.tokens) if not 1000 <= n < 2200),
            )


def _amounts(tokens: Sequence[str]) -> Iterator[_Amount]:
    end = 0
    for place in range(len(tokens)):
        if place < end:
            continue
        amount = _amount(tokens, place)
        if amount is not None:
            end = amount.end
            yield amount


def _amount(tokens: Sequence[str], place: int) -> _Amount | None:
    token = tokens[place]
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    before = tokens[place - 1] if place else ""
    if token in ("twice", "double", "thrice", "triple"):
        return _Amount(place, place + 1, Fraction(2 if token in ("twice", "double") else 3), "times")
    part, end = _fraction(tokens, place)
    if part is not None:
        if tokens[end : end + 1] == ("of",) and tokens[end + 1 : end + 2] in (("a",), ("an",)):
            end += 1
        if tokens[end : end + 1] in (("a",), ("an",)) and tokens[end + 1 : end + 2] and tokens[end + 1] in UNITS:
            dimension, factor = UNITS[tokens[end + 1]]
            return _Amount(place, end + 2, part * factor, dimension)
        return _Amount(place, end, part, "share")
    if ":" in token:
        hours, minutes = token.split(":")
        late = 12 if tokens[place + 1 : place + 2] == ("pm",) and int(hours) < 12 else 0
        return _Amount(place, place + 1, Fraction((int(hours) + late) * 60 + int(minutes)), "clock")
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
        return _Amount(place - 1, end, value, "money")
    if after == "of" and tokens[end + 1 : end + 2] and tokens[end + 1] in _DEFINITE and end + 2 < len(tokens):
        noun = end + 2 + (tokens[end + 2] in NUMBERS or tokens[end + 2][0].isdigit())
        return _Amount(place, noun + 1, value, stem(tokens[noun])) if noun < len(tokens) else None
    if after in ("oclock", "am", "pm"):
        return _Amount(place, end + 1, value * 60 + (720 if after == "pm" and value < 12 else 0), "clock")
    if after == "times":
        return _Amount(place, end + 1, value, "times")
    power = {"square": 2, "cubic": 3}.get(after, 1)
    if power > 1 and end + 1 < len(tokens) and tokens[end + 1] in UNITS:
        dimension, factor = UNITS[tokens[end + 1]]
        return _Amount(place, end + 2, value * factor**power, f"{after} {dimension}")
    if after in UNITS:
        dimension, factor = UNITS[after]
        if dimension == "per cent":
            return _Amount(place, end + 1, value / 100, "share")
        if tokens[end + 1 : end + 2] and tokens[end + 1] in ("per", "a", "an") and end + 2 < len(tokens):
            return _Amount(place, end + 3, value * factor, f"{dimension} per {stem(tokens[end + 2])}")
        return _Amount(place, end + 1, value * factor, dimension)
    if (
        after
        and (after == "of" or after not in LIGHT | MODAL)
        and after not in NUMBERS
        and not after[0].isdigit()
        and after not in ("$", "times")
    ):
        return _Amount(place, end + 1, value, stem(after))
    if before in ("in", "since", "year", "until", *CALENDAR) and 1000 <= value < 2200 and value.denominator == 1:
        return _Amount(place, end, value, "year")
    return _Amount(place, end, value, f"{before} …" if before in ("of", "from", "plus", "minus", "by") else "")


def _fraction(tokens: Sequence[str], place: int) -> tuple[Fraction | None, int]:
    """`half`, `a third`, `two thirds`: its value, and the first place after it."""
    if tokens[place] in ("half",):
        return Fraction(1, 2), place + 1
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    if after in FRACTIONS and tokens[place + 2 : place + 3] == ("of",):
        top = 1 if tokens[place] in ("a", "one") else NUMBERS.get(tokens[place])
        if top is not None:
            return top * FRACTIONS[after], place + 2
    return None, place


def _definite(tokens: Sequence[str], amount: _Amount) -> bool:
    return amount.place > 0 and tokens[amount.place - 1] in _DEFINITE


def _nouns(amounts: Sequence[_Amount], but: _Amount, tokens: Sequence[str]) -> set[int]:
    """The places of what other amounts count, which is about what the clause is."""
    return {
        one.end - 1
        for one in amounts
        if one is not but and one.unit and one.end - one.place > 1 and stem(tokens[one.end - 1]) == one.unit
    }


def _bounds(tokens: Sequence[str], amount: _Amount) -> tuple[Fraction, Fraction]:
    """From where to where an amount may be."""
    value, infinite = amount.value, Fraction(10**18)
    before = tokens[max(amount.place - 4, 0) : amount.place]
    if {"little", "just", "slightly", "bit"} & set(before):
        return value - abs(value) * _ABOUT, value + abs(value) * _ABOUT
    last = before[-1] if before else ""
    if last == "than" and len(before) > 1:
        negated = before[-3:-2] in (("no",), ("not",))
        if before[-2] in _ABOVE:
            return (-infinite, value) if negated else (value + _NEAR, infinite)
        if before[-2] in _BELOW:
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
