"""The amounts and dates in a clause: how much, of what, and what it is said of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .amounts import ABOVE, BELOW, Amount, amounts, bounds, counts, definite, nouns
from .clauses import Clause
from .force import NEGATIONS
from .lexicon import CALENDAR, content, persons, qualifiers, stem

_DIMENSIONS = {*CALENDAR.values(), "share", "clock", "year", "times"}
_MEASURES = frozenset(map(stem, ("long", "tall", "high", "wide", "deep", "thick", "measure", "weigh", "heavy")))
_SLIGHT = frozenset(map(stem, ("make", "get", "come", "equal", "total")))
_DATING = {
    "",
    "on",
    "in",
    "is",
    "was",
    "until",
    "by",
    "for",
    "to",
    "since",
    "first",
    "second",
    "third",
    "last",
    *map(str, range(1, 32)),
}
_BOUNDS = {*BELOW, *ABOVE, "least", "most", "minimum", "maximum", "than", "no"}


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
        known: Those that belong to something known: `the 8 hours`.
        qualifiers: Words by which things, times and amounts are told apart.
        persons: `i`, `you`, `he`, `she`.
        text: The clause.
        referents: The stems for which a pronoun as its subject may stand.
        number: The number before its unit.
    """

    low: Fraction | str
    high: Fraction | str
    unit: str
    said: tuple[str, ...]
    act: str
    beside: frozenset[Fraction]
    known: frozenset[Fraction]
    qualifiers: frozenset[str]
    persons: frozenset[str]
    text: str
    referents: frozenset[str] = frozenset()
    number: Fraction | None = None

    @property
    def counted(self) -> bool:
        """Whether it is a number of things, not of some unit."""
        return bool(self.unit) and self.unit not in _DIMENSIONS and not self.unit.startswith("[")

    def misses(self, other: Value) -> bool:
        """Whether no amount is in both."""
        if isinstance(self.low, str) or isinstance(other.low, str):
            return self.low != other.low
        assert not isinstance(self.high, str) and not isinstance(other.high, str)
        return self.high < other.low or other.high < self.low


def values(clause: Clause) -> list[Value]:
    """All amounts and dates of a clause; what stands after `when` is a clause of its own."""
    if "when" in clause.tokens[1:]:
        place = clause.tokens.index("when", 1)
        parts = clause.tokens[:place], clause.tokens[place + 1 :]
        return [value for part in parts if part for value in values(Clause(clause.text, part, clause.names))]
    tokens = clause.tokens
    if NEGATIONS & set(tokens):
        return []
    found = list(_dates(clause))
    every = list(amounts(tokens))
    for amount in every:
        if (
            "than" in tokens
            and tokens[amount.place - 1] != "than"
            and tokens[amount.place - 2 : amount.place - 1] != ("than",)
            and not _by(tokens, amount)
        ):
            continue
        used = {k for k, token in enumerate(tokens) if token in CALENDAR} if amount.unit == "year" else set()
        used |= {k for one in every for k in range(one.place, one.end)} - nouns(every, amount, tokens)
        low, high = bounds(tokens, amount)
        if low != high:
            used |= {k for k in range(max(amount.place - 4, 0), amount.place) if tokens[k] in _BOUNDS}
        beside = frozenset(
            one.value for one in every if one is not amount and not definite(tokens, one) and one.value != 1
        )
        known = frozenset(one.value for one in every if one is not amount and definite(tokens, one))
        unit = f"{amount.unit} {_by(tokens, amount)}".strip()
        made = _value(clause, low, high, unit, used, amount.place, beside, known)
        found.append(replace(made, number=amount.number))
    return found


def _by(tokens: Sequence[str], amount: Amount) -> str:
    """Of an amount by which two things differ, the word for it: `two years older than`."""
    word = tokens[amount.end] if amount.end < len(tokens) - 1 and "than" in tokens[amount.end :] else ""
    return word if word in ("more", "less", "fewer") or (word.endswith("er") and len(word) > 4) else ""


def _value(
    clause: Clause, low: Fraction | str, high: Fraction | str, unit: str, used: set[int], place: int,
    beside: frozenset[Fraction] = frozenset(), known: frozenset[Fraction] = frozenset(),
) -> Value:  # fmt: skip
    kept = [(k, token) for k, token in enumerate(clause.tokens) if k not in used]
    before = content([token for k, token in kept if k < place])
    said = content([token for _, token in kept])
    own = qualifiers([token for _, token in kept], amount=True)
    if unit in _DIMENSIONS or unit.startswith("["):
        before, said = _unmeasured(before), _unmeasured(said)
    act = next((stem(t) for t in reversed(clause.tokens[:place]) if stem(t) in before), "")
    act = "" if act in _SLIGHT else act
    return Value(low, high, unit, said, act, beside, known, own, persons(clause.tokens), clause.text, clause.referents)


def _unmeasured(stems: tuple[str, ...]) -> tuple[str, ...]:
    """Without the words for measuring, which the unit tells: `is 3 metres long`, `measures 3 metres`."""
    return tuple(stem for stem in stems if stem not in _MEASURES) or stems


def _dates(clause: Clause) -> Iterator[Value]:
    if sum(token in CALENDAR for token in clause.tokens) > 2:
        return
    for place, token in enumerate(clause.tokens):
        before = clause.tokens[place - 1] if place else ""
        alone = sum(CALENDAR.get(t) == CALENDAR.get(token) for t in clause.tokens) == 1
        if token in CALENDAR and alone and before in _DATING:
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
