"""What two statements of one speaker cannot both hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .alignment import MOST, Alignment, align
from .assigned import Assigned
from .conclusions import Conclusion
from .denials import takes_back
from .echoes import Echo, changed
from .lexicon import CALENDAR, stem
from .opposites import SYMMETRIC, exclusive, opposite
from .orders import Order, reversed_orders
from .propositions import Proposition
from .quantities import Value
from .roles import Role
from .statements import Statement

_CASES = ("during ", "without ", "with ", "after ", "before ", "when ")
_DATES = frozenset(map(stem, CALENDAR))


def opposed(one: Statement, other: Statement) -> str:
    """In what way a statement contradicts another; empty where it does not."""
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
        case Order(), Order() if reversed_orders(one, other):
            return "reversed"
        case Assigned(), Assigned() if one.excludes(other):
            return "other value"
        case Echo(), Echo() if takes_back(one, other):
            return "denies having said"
        case Echo(), Echo():
            return changed(one, other)
        case Conclusion(), Conclusion() if one.excludes(other):
            return "other value"
    return ""


def _other_value(one: Value, other: Value) -> bool:
    if one.unit != other.unit or not one.misses(other) or one.qualifiers != other.qualifiers:
        return False
    if one.unit in ("clock", "year") and one.beside and other.beside and not one.beside & other.beside:
        return False
    beside = one.beside <= other.beside | other.known and other.beside <= one.beside | one.known
    if not beside and one.unit not in ("clock", "year") and not _unit_slip(one, other):
        return False
    mine = _meant(one.said, one.referents, other.said)
    yours = _meant(other.said, other.referents, one.said)
    found = align(mine, yours)
    if found.contrasts or found.flips or _others(one.persons, other.persons):
        return False
    if found.left and found.right and len(found.pairs) < 3:
        return False
    if one.act and other.act and not any(mine[a] == one.act and yours[b] == other.act for a, b in found.pairs):
        return False
    if max(len(found.left), len(found.right)) > MOST or _dated(mine, found.left) or _dated(yours, found.right):
        return False
    return bool(found.pairs) and (len(found.pairs) + one.counted > 1 or (not found.left and not found.right))


def _unit_slip(one: Value, other: Value) -> bool:
    """Whether the same number is said of two units: `50 minutes at 100 litres a minute`, `50 hours`."""
    return one.number is not None and one.number == other.number and not (one.beside and other.beside)


def _meant(stems: tuple[str, ...], referents: frozenset[str], others: tuple[str, ...]) -> tuple[str, ...]:
    """Stems with what a pronoun before them stands for, if that may be what the others begin with."""
    return (others[0], *stems) if others and others[0] in referents and others[0] not in stems else stems


def _dated(said: Sequence[str], alone: Sequence[int]) -> bool:
    """Whether only one of two amounts is said of a time: `in May there were nine`."""
    return any(said[place] in _DATES for place in alone)


def _denied(one: Proposition, other: Proposition) -> str:
    if one.qualifiers != other.qualifiers or _others(one.persons, other.persons):
        return ""
    if not set(one.stems) & set(other.stems) and len(one.stems) > 2:
        return ""
    one, other = (
        replace(one, stems=_meant(one.stems, one.referents, other.stems)),
        replace(other, stems=_meant(other.stems, other.referents, one.stems)),
    )
    found = align(one.stems, other.stems)
    if other.text.startswith(_CASES) and any(k < len(other.stems) // 2 for k in found.right):
        return ""  # an exception, or another case
    counted = (
        one.counts == other.counts or not (one.counts and other.counts) or "all" in (one.force.scope, other.force.scope)
    )
    if found.same(modal=bool(one.force.mode and other.force.mode), counts=bool(one.counts & other.counts)):
        # A starving child may be fed with what was stolen, and not starve.
        if not found.right and len(found.left) > MOST - 2 and one.subject in {one.stems[k] for k in found.left}:
            return ""
        if not found.left and len(found.right) > MOST - 2 and other.subject in {other.stems[k] for k in found.right}:
            return ""
        # Hot soup and cold soup are two things.
        if any(
            one.stems[a] == one.subject != other.subject == other.stems[b]
            for a, b in found.pairs
            if _turned(one, other, a, b)
        ):
            return ""
        # Of the counterfeit coins it says nothing what the genuine ones weigh.
        order = [there for _, there in found.pairs]
        if found.flips and (found.left or found.right) and order != sorted(order):
            return ""
        # Neither hot nor cold: what is not the one need not be the opposite.
        if found.flips % 2 and not one.force.positive and not other.force.positive:
            return ""
        if counted and one.force.excludes(other.force.turned(found.flips)):
            return "denied"
        if one.force == other.force and one.counts == other.counts and not found.flips and _swapped(one, found):
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


def _swapped(one: Proposition, found: Alignment) -> bool:
    """Whether two words have changed places round a third: who did it and to whom it was done."""
    if SYMMETRIC & set(one.stems) or (found.left and found.right):
        return False
    order = [there for _, there in found.pairs]
    moved = [k for k, (now, sorted_) in enumerate(zip(order, sorted(order), strict=True)) if now != sorted_]
    return len(moved) == 2 and moved[1] - moved[0] >= 2
