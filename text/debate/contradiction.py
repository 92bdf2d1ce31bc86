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
from .alignment import MOST, Alignment, align
from .clauses import tokens
from .lexicon import content
from .opposites import SYMMETRIC, exclusive, opposite
from .quantities import Value
from .roles import Role
from .spoken import written
from .statements import APART, Order, Proposition, Statement, statements, topic

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
    topic: frozenset[str] = frozenset()


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
        now = _Said(place, turn.claim, _equations(turn.text), statements(turn.text, asked), topic(asked))
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
            if (kind := _opposed(one, other)) and not now.topic & _stems(other.text) - _stems(one.text):
                return f"{kind}: {_short(one.text)}, then {_short(other.text)}"
    return ""


def _stems(text: str) -> frozenset[str]:
    return frozenset(content(tokens(text)))


def _opposed(one: Statement, other: Statement) -> str:
    match one, other:
        case Value(), Value() if _other_value(one, other):
            return "other value"
        case Proposition(), Proposition():
            return _denied(one, other)
        case Role(role="only"), Proposition() if one.denied_by(other.stems, other.force.positive, other.qualifiers):
            return "another"
        case Proposition(), Role(role="only") if other.denied_by(one.stems, one.force.positive, one.qualifiers):
            return "another"
        case Role(), Role() if one.excludes(other):
            return "another"
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
    if one.unit != other.unit or not one.misses(other) or one.qualifiers != other.qualifiers:
        return False
    if one.beside != other.beside and one.unit not in ("clock", "year"):
        return False
    found = align(one.said, other.said)
    if found.contrasts or found.flips or _others(one.persons, other.persons):
        return False
    if found.left and found.right and len(found.pairs) < 3:
        return False
    if one.act and other.act and not any(one.said[a] == one.act and other.said[b] == other.act for a, b in found.pairs):
        return False
    if max(len(found.left), len(found.right)) > MOST:
        return False
    return bool(found.pairs) and (len(found.pairs) + one.counted > 1 or (not found.left and not found.right))


def _denied(one: Proposition, other: Proposition) -> str:
    if one.qualifiers != other.qualifiers or _others(one.persons, other.persons):
        return ""
    if not set(one.stems) & set(other.stems) and len(one.stems) > 2:
        return ""
    found = align(one.stems, other.stems)
    if one.denies or other.denies:
        held = found.same() and not found.flips and one.denies != other.denies
        return "denies having said" if held and one.force.positive == other.force.positive and not one.denies else ""
    counted = (
        one.counts == other.counts or not (one.counts and other.counts) or "all" in (one.force.scope, other.force.scope)
    )
    if found.same(modal=bool(one.force.mode and other.force.mode)):
        # Hot soup and cold soup are two things.
        if any(
            one.stems[a] == one.subject != other.subject == other.stems[b]
            for a, b in found.pairs
            if _turned(one, other, a, b)
        ):
            return ""
        # Neither hot nor cold: what is not the one need not be the opposite.
        if found.flips % 2 and not one.force.positive and not other.force.positive:
            return ""
        if counted and one.force.excludes(other.force.turned(found.flips)):
            return "denied"
        if one.force == other.force and one.counts == other.counts and not found.flips and _swapped(one, other, found):
            return "the other way round"
    elif len(found.left) == len(found.right) == 1 and found.contrasts and not found.flips and one.force == other.force:
        mine, yours = one.stems[found.left[0]], other.stems[found.right[0]]
        if one.counts == other.counts and one.force.positive and _apart(one, other, mine, yours):
            return "another"
    return ""


def _turned(one: Proposition, other: Proposition, mine: int, yours: int) -> bool:
    return opposite(one.stems[mine], other.stems[yours]) is True


def _others(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and not one & other


def _apart(one: Proposition, other: Proposition, mine: str, yours: str) -> bool:
    """Whether two words in the same place of two clauses cannot both be said of one thing."""
    if mine not in one.predicates or yours not in other.predicates:
        return False
    named = mine in one.names and yours in other.names and one.one and other.one and len(one.stems) > 2
    return named or exclusive(mine, yours)


def _swapped(one: Proposition, other: Proposition, found: Alignment) -> bool:
    """Whether two words have changed places round a third: who did it and to whom it was done."""
    if SYMMETRIC & set(one.stems) or (found.left and found.right):
        return False
    order = [there for _, there in found.pairs]
    moved = [k for k, (now, sorted_) in enumerate(zip(order, sorted(order), strict=True)) if now != sorted_]
    return len(moved) == 2 and moved[1] - moved[0] >= 2


def _reversed(one: Order, other: Order) -> bool:
    if (one.left | one.right) & APART != (other.left | other.right) & APART:
        return False
    turned = False if one.dimension == other.dimension else opposite(one.dimension, other.dimension)
    if turned is None:
        return False
    sign = -other.sign if turned else other.sign
    if _alike(one.left, other.left) and _alike(one.right, other.right):
        same = one.sign == sign
    elif _alike(one.left, other.right) and _alike(one.right, other.left):
        same = one.sign == -sign
    else:
        return False
    return (one.positive != other.positive) if same else (one.positive and other.positive)


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether they are the same things, one of them perhaps said more closely."""
    return one <= other or other <= one


def _equations(text: str) -> list[Equation]:
    found = []
    for clause in re.split(r"(?<=[.;!?])\s+|\n", written(text[:8000].lower())):
        try:
            found += equations(clause)
        except Unreadable:
            continue
    return found


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
