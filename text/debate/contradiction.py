"""Whether somebody contradicts an earlier claim of their own, and by what.

Four signs, the first found counting: another final answer without a concession; one expression or quantity with two
values; a proposition affirmed and denied, by negation, antonym, quantifier or a yes and a no to the same question; two
comparisons that cannot both hold. It reads words, not the world: paraphrases that share none escape it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ..verifiers.equations import Equation, Unreadable, equations, number
from .lexicon import POLES, PREFIXES
from .statements import Order, Proposition, Statement, Value, statements

_CONCESSION = re.compile(
    r"\b(?:I (?:do |must |have to |will |now )*(?:concede|admit|retract|withdraw|take (?:it|that) back|correct myself"
    r"|stand corrected|change my (?:mind|answer|claim))(?! nothing| no\b)"
    r"|I (?:was|am) (?:wrong|mistaken)|I (?:made a mistake|misspoke|miscounted|erred)|my (?:mistake|error)\b"
    r"|(?<!if )you(?:'re| are) right|(?<!if )my opponent is right|I (?:now )?agree with (?:you|my opponent))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Turn:
    """Who says what, and the answer that it stands for (as `kinds.TURN` has them)."""

    speaker: str
    act: str
    text: str
    claim: str = ""


@dataclass(frozen=True)
class Contradiction:
    """A turn and an earlier one by the same speaker that cannot both be meant."""

    place: int
    earlier: int
    reason: str


@dataclass
class _Said:
    """What one turn claims."""

    place: int
    claim: str
    equations: list[Equation] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


def concedes(text: str) -> bool:
    """Whether a turn takes something back, or grants that the other is right."""
    return _CONCESSION.search(text.replace("’", "'")) is not None


def contradictions(turns: Sequence[Turn]) -> list[Contradiction]:
    """The first contradiction of each turn with an earlier turn of its speaker.

    After a concession what is contradicted no longer counts: a change of mind that is owned to is none.
    """
    found = []
    said: dict[str, list[_Said]] = {}
    for place, turn in enumerate(turns):
        asked = turns[place - 1].text if place and turns[place - 1].speaker != turn.speaker else ""
        now = _Said(place, turn.claim, _equations(turn.text), statements(turn.text, asked))
        earlier = said.setdefault(turn.speaker, [])
        clashes = [(before, reason) for before in earlier if (reason := _clash(before, now))]
        if concedes(turn.text):
            said[turn.speaker] = [before for before in earlier if all(before is not other for other, _ in clashes)]
        elif clashes:
            found.append(Contradiction(place, clashes[0][0].place, clashes[0][1]))
        said[turn.speaker].append(now)
    return found


def same_answer(one: str, other: str) -> bool:
    """Whether two answers are the same, as numbers where both are numbers."""
    return normal(one) == normal(other)


def normal(answer: str) -> str:
    """An answer as votes count it: `1,200`, `$1200` and `1200.0` alike; case, articles and closing marks aside."""
    plain = re.sub(r"\s+", " ", answer.strip().strip("*$.!\"'").lower())
    value = number(re.sub(r"\s*(?:dollars|percent|%)$", "", plain))
    if value is not None:
        return str(value)
    return re.sub(r"^(?:a|an|the) ", "", plain)


def _clash(before: _Said, now: _Said) -> str:
    if before.claim and now.claim and not same_answer(before.claim, now.claim):
        return f"other answer: {_short(before.claim)}, then {_short(now.claim)}"
    for old in before.equations:
        for new in now.equations:
            if _same_sum(old, new) and old.result != new.result:
                return f"other value: {_short(old.text)}, then {_short(new.text)}"
    for one in before.statements:
        for other in now.statements:
            if kind := _opposed(one, other):
                return f"{kind}: {_short(one.text)}, then {_short(other.text)}"
    return ""


def _opposed(one: Statement, other: Statement) -> str:
    match one, other:
        case Value(), Value() if _other_value(one, other):
            return "other value"
        case Proposition(), Proposition() if _denied(one, other):
            return "denied"
        case Order(), Order() if _reversed(one, other):
            return "reversed"
    return ""


def _same_sum(one: Equation, other: Equation) -> bool:
    """Whether the left sides are the same sum or product, in whatever order."""
    return one.computes and other.computes and _left(one) == _left(other)


def _left(equation: Equation) -> tuple[tuple[Fraction, ...], tuple[str, ...]]:
    signs = tuple(sorted(sign for sign in equation.text.split("=")[0] if sign in "+-*/"))
    commutes = len(set(signs)) == 1 and signs[0] in "+*"
    return tuple(sorted(equation.terms) if commutes else equation.terms), signs


def _other_value(one: Value, other: Value) -> bool:
    if one.unit != other.unit or one.value == other.value or one.qualifiers != other.qualifiers:
        return False
    shared = one.words & other.words
    return bool(shared) and (one.words <= other.words or other.words <= one.words)


def _denied(one: Proposition, other: Proposition) -> bool:
    left, right, flips = _aligned(one.words, other.words)
    shared = left & right
    if one.modality != other.modality or one.qualifiers != other.qualifiers:
        return False
    if not (left == right or (len(shared) >= 2 and (left <= right or right <= left) and len(left ^ right) <= 4)):
        return False
    if (one.positive == other.positive) != bool(flips % 2):
        return False
    # Square of opposition: that some are and some are not may both hold.
    return not (one.scope == "some" and other.scope in ("some", "")) and not (other.scope == "some" and one.scope == "")


def _aligned(one: frozenset[str], other: frozenset[str]) -> tuple[frozenset[str], frozenset[str], int]:
    """Bags of words with the opposites in one of words in the other replaced by these, and how many those were."""
    flips = 0
    for mine in sorted(one - other):
        for yours in sorted(other - one):
            if (turn := _opposite(mine, yours)) is not None:
                other, flips = other - {yours} | {mine}, flips + turn
                break
    return one, other, flips


def _opposite(one: str, other: str) -> bool | None:
    """Whether one stem says the opposite of another; False where both stand at the same end, None where neither."""
    if one in POLES and other in POLES and POLES[one][0] == POLES[other][0]:
        return POLES[one][1] != POLES[other][1]
    return True if any(one == prefix + other or other == prefix + one for prefix in PREFIXES) else None


def _reversed(one: Order, other: Order) -> bool:
    if one.dimension != other.dimension:
        return False
    if (one.left, one.right) == (other.left, other.right):
        same = one.sign == other.sign
    elif (one.left, one.right) == (other.right, other.left):
        same = one.sign == -other.sign
    else:
        return False
    return (one.positive != other.positive) if same else (one.positive and other.positive)


def _equations(text: str) -> list[Equation]:
    found = []
    for clause in re.split(r"(?<=[.;!?])\s+|\n", text[:8000]):
        try:
            found += equations(clause)
        except Unreadable:
            continue
    return found


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
