"""A sentence said again with one thing changed: `scurvy comes of a lack of vitamin C`, then `… of vitamin D`.

What stands word for word the same but for one word in the predicate is meant to say something else of the same, unless
the words that differ say the same, or tell of another time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from .amounts import amounts, bounds
from .clauses import SUPPOSED
from .force import ALWAYS_LIGHT, MODAL, NEGATIONS, SCOPE, Force, force
from .lexicon import CALENDAR, LIGHT, NUMBERS, QUALIFIERS, persons, stem, words
from .measures import measured
from .opposites import exclusive, opposite

WIDEST = 2  # words that stand in each other's place
FEWEST = 3  # words that both share, where nothing is known of those that differ; definite things need one less
_PLACED = words("in on at by for from with to over under up out off during between toward towards")
_TIMES = words(
    """year month week day hour minute moment time night morning evening noon afternoon midnight spring summer autumn
    winter past future now then century decade ago later earlier lunch dinner breakfast"""
) | CALENDAR.keys()  # fmt: skip
_DEFINITE = words("the his her its their our my your")
_ONE_OF_SOME = words("a an some more another many several few")
_RANKS = words("first second third fourth fifth sixth seventh eighth ninth tenth last")
_CONDITIONS = words("if unless when without otherwise")
_BE = words("is are was were be been")
_MEANT = (_PLACED | words("before after first last")) - {"of"}


@dataclass(frozen=True)
class Echo:
    """A sentence or clause as it stands.

    Args:
        stems: Its words but for the lightest, in order.
        tokens: The word of each stem.
        said: All its words.
        force: How strongly it is said.
        names: Its words that are written as names are.
        around: The stems of the whole turn.
        text: The sentence.
        supposed: Whether it supposes something, or says what holds if something else does.
        denies: Whether its speaker denies having said it.
    """

    stems: tuple[str, ...]
    tokens: tuple[str, ...]
    said: tuple[str, ...]
    force: Force
    names: frozenset[str]
    around: frozenset[str]
    text: str
    supposed: bool
    denies: bool


def echo(said: Sequence[str], names: frozenset[str], around: frozenset[str], text: str) -> Echo | None:
    """A clause, if it says enough to be told from another."""
    denies = "notsaid" in said
    if denies:
        said = said[said.index("notsaid") + 1 :]
    kept = tuple(t for t in said if (t not in LIGHT or t in _MEANT) and t not in ALWAYS_LIGHT and t not in SCOPE)
    if sum(t not in _MEANT and t[0].isalpha() for t in kept) < 2:
        return None
    supposed = SUPPOSED.search(text) is not None
    return Echo(tuple(map(stem, kept)), kept, tuple(said), force(said), names, around, text, supposed, denies)


def changed(one: Echo, other: Echo) -> str:
    """What a sentence said again says otherwise; empty where it may well be both."""
    if one.denies or other.denies:
        return ""
    mine, yours = persons(one.said), persons(other.said)
    if one.force != other.force or one.supposed != other.supposed or (mine and yours and not mine & yours):
        return ""
    if one.supposed and ({*one.said} ^ {*other.said}) & _CONDITIONS:
        return ""
    steps = [step for step in SequenceMatcher(None, one.stems, other.stems, False).get_opcodes() if step[0] != "equal"]
    swaps = [step for step in steps if step[0] == "replace"]
    if len(swaps) != 1 or len(steps) > 2:
        return ""
    _, a, b, c, d = swaps[0]
    for kind, *ends in steps:
        if kind != "replace" and _tells_apart(chain(one.tokens[ends[0] : ends[1]], other.tokens[ends[2] : ends[3]])):
            return ""
    if b - a > WIDEST or d - c > WIDEST or all(token in _MEANT for token in one.tokens[:a]):
        return ""
    shared = sum(token not in _MEANT for token in one.tokens) - (b - a)
    return _otherwise(one, other, (a, b), (c, d), shared)


def _tells_apart(tokens: chain[str]) -> bool:
    """Whether words that only one sentence has make it one about another time, place or case."""
    added = list(tokens)
    return len(added) > 3 or any(t in QUALIFIERS or t in _TIMES or t in _PLACED or t[0].isdigit() for t in added)


def _otherwise(one: Echo, other: Echo, mine: tuple[int, int], yours: tuple[int, int], shared: int) -> str:
    ours, theirs = one.tokens[slice(*mine)], other.tokens[slice(*yours)]
    if one.said[-1:] == ours and other.said[-1:] == theirs and {*ours, *theirs} <= _RANKS:
        return "another"
    if any(map(_numeric, ours)) and any(map(_numeric, theirs)):
        beside = [tuple(t for t in side if not _numeric(t)) for side in (ours, theirs)]
        if all(beside) and beside[0] != beside[1]:
            return ""  # `at A 40`, `at B 65`
        return "other value" if shared >= 2 and _misses(one, other) else ""
    if any(map(_numeric, (*ours, *theirs))):
        return ""
    if any(t in _TIMES or t in QUALIFIERS - {"before", "after"} for t in (*ours, *theirs)):
        return ""
    left, right = one.stems[slice(*mine)], other.stems[slice(*yours)]
    if {*ours, *theirs} <= MODAL:
        return ""  # which the force tells
    known = [turned for a in left for b in right if (turned := opposite(a, b)) is not None]
    if known:
        all_known = len(known) == len(left) == len(right)
        return "denied" if all_known and known.count(True) % 2 and one.force.scope != "some" else ""
    if NEGATIONS & set(one.said) and one.force.scope != "all":
        return ""  # not the one and not the other
    if one.force.scope == "some" or len(left) != len(right) == 1:
        return ""
    if shared >= 2 and any(exclusive(a, b) for a in left for b in right):
        return "another"
    before = _before(one, mine), _before(other, yours)
    if any(word in _ONE_OF_SOME for word in before):
        return ""  # who saw a man may have seen a dog as well
    definite = all(word in _DEFINITE or word in _PLACED for word in before)
    named = set(ours) <= one.names and set(theirs) <= other.names
    if shared < FEWEST - (named or definite) or set(left) & other.around or set(right) & one.around:
        return ""
    return "another"


def _before(sentence: Echo, at: tuple[int, int]) -> str:
    """The word that stands before a part of a sentence; for an article, what it follows."""
    place = sentence.said.index(sentence.tokens[at[0]])
    word = sentence.said[place - 1] if place else ""
    earlier = sentence.said[place - 2] if place > 1 else ""
    return earlier if word in ("a", "an") and earlier in _BE | _PLACED else "in" if word == "of" else word


def _numeric(token: str) -> bool:
    return token[0].isdigit() or token in NUMBERS or (len(token) > 1 and measured(token) is not None)


def _misses(one: Echo, other: Echo) -> bool:
    """Whether the amounts differ that are not the same in both."""
    mine = [(bounds(one.said, amount), amount.unit) for amount in amounts(one.said)]
    yours = [(bounds(other.said, amount), amount.unit) for amount in amounts(other.said)]
    alone = [pair for pair in mine if pair not in yours], [pair for pair in yours if pair not in mine]
    if len(alone[0]) != 1 or len(alone[1]) != 1:
        return False
    ((low, high), unit), ((least, most), other_unit) = alone[0][0], alone[1][0]
    if bool(unit) != bool(other_unit):
        return False
    return unit != other_unit or high < least or most < low
