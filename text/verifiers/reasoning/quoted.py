"""Whether reasoning says of a number of the question what the question says of another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction

from .quantities import quantities

_CLAUSE = re.compile(r"[;:?!\n]+|,(?!\d)|\.(?=\s|$)")
_OPERATOR = re.compile(r"[-+*/×÷·−–=]|\bx\b")
_NO_NOUN = (
    "of|in|on|at|with|and|or|for|to|from|than|each|every|per|more|by|into|among|are|is|was|were|as|that|which|who|if|he|"
    "she|they|it|so|then|but|has|have|had|there|the|a|an|times|dozen|dozens"
)
_NOUN = rf"(?:\s+(?!(?:{_NO_NOUN})\b)[a-z][a-z-]*)"
_COUNTED = re.compile(rf"(?:\s+more)?(?P<noun>{_NOUN}{{1,3}})")
_MORE = re.compile(r"\s+more\b")
_LEFT = re.compile(r"\b(?:left|still|remain|remains|remaining)\b")
_PLACE = re.compile(rf"{_NOUN}{{0,3}}\s+(?:on|in the|at the|during the)\s+(?:the\s+)?(\w+)")
_EACH = re.compile(
    rf"{_NOUN}{{1,3}}(?:\s+(?:in|on|for|to|among|into|at|from))?\s+(?:each|every|per|apiece|1(?!\s*[-+*/×÷·.,])|one)\b"
    r"(?! of)\s*(\w*)"
)
_ANY_EACH = re.compile(r"\b(?:each|every|per|apiece|one|1|a|an|daily|single)\b|[a-z]/[a-z]", re.IGNORECASE)
_IN_ALL = re.compile(rf"{_NOUN}{{1,3}}\s+in\s*$")
_OWNER = re.compile(r"\b([A-Z][a-z]+)\s+([a-z]+)\s+(?:(?:him|her|them|[A-Z][a-z]+|only)\s+)?$")
_GIVES = {"gives", "gave", "sells", "sold", "loses", "lost", "lends", "lent", "donates", "donated"}
_TIMES = {"second", "minute", "hour", "day", "night", "week", "month", "year"}


@dataclass(frozen=True)
class _Mention:
    """What a text says of a number that stands in no sum.

    Args:
        value: The number.
        text: The clause in which it stands.
        nouns: What is counted, one word or a few.
        more: Whether these come to others.
        left: Whether these are left.
        place: Where or when they are, one word, or none.
        each: Of what there are so many for each, where that is said right after.
        rate: Whether anything in its clause is said to be for each.
        in_all: Whether these are in so many others: `4 laps in 4 days`.
        owner: Who has or gives them, where that is said right before.
    """

    value: Fraction
    text: str
    nouns: frozenset[str]
    more: bool
    left: bool
    place: str
    each: str | None
    rate: bool
    in_all: bool
    owner: str


def misquoted(question: str, reasoning: str, derived: Collection[Fraction]) -> str:
    """The first place where reasoning says of a number what the question says, but of other numbers only.

    Args:
        question: What is quoted.
        reasoning: Where it may be misquoted.
        derived: Numbers that were found, of which the reasoning may say new things.
    """
    asked = list(_mentions(question))
    for said in _mentions(reasoning):
        same = [mention for mention in asked if mention.value == said.value]
        others = [mention for mention in asked if mention.value != said.value]
        same = [mention for mention in same if mention.nouns & said.nouns] or same
        if said.value not in derived and said.value != 1 and same and _misquotes(said, same, others):
            return said.text
    return ""


def _misquotes(said: _Mention, same: list[_Mention], others: list[_Mention]) -> bool:
    """Whether what is said of a number is what the question says of others and not of this one."""
    counted = said.nouns & {noun for other in others for noun in other.nouns}
    if counted and all(mention.nouns and not mention.nouns & said.nouns for mention in same):
        return True
    if said.more and any(other.more for other in others) and not any(mention.more for mention in same):
        return True
    if said.left and not any(mention.left for mention in same):
        return True
    if said.place and said.place in {m.place for m in others} - {m.place for m in same}:
        return True
    if said.owner and said.owner not in (owners := {m.owner for m in same}) and owners != {""}:
        return True
    if said.each is not None and not any(mention.rate for mention in same):
        return True
    units = {mention.each for mention in same}
    return None not in units and (said.in_all or (said.each in _TIMES and units <= _TIMES - {said.each}))


def _mentions(text: str) -> Iterator[_Mention]:
    for clause in _CLAUSE.split(text):
        found = list(quantities(clause))
        rate = _ANY_EACH.search(clause) is not None
        for place, quantity in enumerate(found):
            start = found[place - 1].end if place else 0
            following = found[place + 1] if place + 1 < len(found) else None
            before = clause[start : quantity.start]
            after = clause[quantity.end : following.start if following else len(clause)]
            if _OPERATOR.search(before) or _OPERATOR.search(after) or "%" in clause[quantity.start : quantity.end]:
                continue
            each, counted, where = _EACH.match(clause, quantity.end), _COUNTED.match(after), _PLACE.match(after)
            yield _Mention(
                value=quantity.value,
                text=clause.strip(),
                nouns=frozenset(map(_singular, counted["noun"].split())) if counted else frozenset(),
                more=_MORE.match(after) is not None,
                left=_LEFT.search(after) is not None,
                place=where[1] if where else "",
                each=_singular(each[1]) if each else None,
                rate=rate,
                in_all=_IN_ALL.fullmatch(after) is not None and following is not None and following.value != 1,
                owner=_owner(before),
            )


def _owner(before: str) -> str:
    """`has Mia` or `gives Mia`, where that stands before a number; else nothing."""
    match = _OWNER.search(before[-80:])
    if match is None or match[2] not in _GIVES | {"has"}:
        return ""
    return f"{'has' if match[2] == 'has' else 'gives'} {match[1]}"


def _singular(word: str) -> str:
    return re.sub(r"(?:(?<=[sxh])es|s)$", "", word)
