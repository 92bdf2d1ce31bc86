"""Who did what can have been done once, by what something was caused: roles that one thing fills."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .alignment import align
from .clauses import Clause, tokens
from .force import NEGATIONS
from .lexicon import content, qualifiers, stem, words
from .opposites import opposite

_BE = words("is was are were be been being")
_PREPOSITIONS = words("to in on at for with from during before after down under over into of as than while near")
_CAUSES = {
    ("due", "to"),
    ("because", "of"),
    ("thanks", "to"),
    ("owing", "to"),
    ("caused", "by"),
    ("result", "of"),
    ("died", "of"),
    ("dies", "of"),
    ("died", "from"),
}
_VERBS = _BE | words("has have had can could may might must should will does do did knows knew")
_TOLD = words("first second third fourth fifth last old new older newer younger elder former latter")
_SHARED = words("also too partly part another mainly mostly some other both among together with either even")
_ONCE = frozenset(
    map(
        stem,
        words(
            """invent discover write paint found patent kill murder steal build break win compose design direct shoot
            commit invade create sink propose introduce launch inherit award formulate prove cause start burn poison
            betray elect publish sculpt conquer assassinate lose finish leave pay forge draw open lock close"""
        ),
    )
)
_SOLELY = words("wins won prevails prevailed")
_CLEFT = re.compile(r"\bit (?:is|was) (?:the )?([^,.;?]{2,60}?) (?:who|that|which) ([^,.;?]{3,80})")


@dataclass(frozen=True)
class Role:
    """That something fills a role of which there is one: the agent, the cause, the holder of a title."""

    role: str
    of: tuple[str, ...]
    filler: frozenset[str]
    qualifiers: frozenset[str]
    text: str

    def excludes(self, other: Role) -> bool:
        """Whether the same role is filled by something else."""
        by = {"agent", "only"}
        if (self.role != other.role and {self.role, other.role} != by) or self.qualifiers != other.qualifiers:
            return False
        told = self.filler & _TOLD and other.filler & _TOLD and not self.filler & other.filler & _TOLD
        if self.filler & other.filler and not told:
            return False
        if any(opposite(one, two) is False for one in self.filler for two in other.filler):
            return False
        found = align(self.of, other.of)
        least = 1 if self.role in ("holder", "cause") else 2
        beside = min(len(found.left), len(found.right)), max(len(found.left), len(found.right))
        return len(found.pairs) >= least and not found.flips and beside[0] == 0 and beside[1] <= 2

    def denied_by(self, stems: tuple[str, ...], positive: bool, apart: frozenset[str]) -> bool:
        """Whether of somebody else is said what is said of the filler `only`; who that is stands first."""
        if not positive or apart != self.qualifiers or not set(self.of) <= set(stems) or self.filler & set(stems):
            return False
        return stems[0] not in self.of and len(stems) - len(self.of) <= 2


def roles(clause: Clause) -> list[Role]:
    """The roles that a clause says are filled."""
    said = clause.tokens
    if (NEGATIONS | _SHARED - {"only"}) & set(said) or "than" in said or "would" in said:
        return []
    return list(_roles(said, clause))


def clefts(text: str) -> list[Role]:
    """`It was Anna who broke the vase`: who did it."""
    return [
        Role("only", of, frozenset(filler), qualifiers(rest), match[0])
        for match in _CLEFT.finditer(text.lower())
        if (filler := content(tokens(match[1]))) and (of := content(rest := tokens(match[2])))
    ]


def _roles(said: Sequence[str], clause: Clause) -> Iterator[Role]:
    if said[0] == "only":
        verb = next((k for k, token in enumerate(said[1:], 1) if token in _VERBS), 0)
        yield from _role("only", said[verb:], said[1:verb], (), clause)
        return
    if said[-1] in ("first", "last") and len(said) > 3 and (told := content(said)):
        yield Role("holder", told[1:], frozenset(told[:1]), qualifiers(said), clause.text)
    for place in range(1, len(said) - 1):
        if (said[place], said[place + 1]) in _CAUSES:
            yield from _role(
                "cause",
                [*said[:place], said[place]] if said[place] in ("died", "dies") else said[:place],
                said[place + 2 :],
                (),
                clause,
            )
            return
        if (
            said[place] == "by"
            and _BE & set(said[:place])
            and said[place - 1].endswith(("ed", "en", "n", "t", "de", "ng"))
        ):
            end = _end(said, place + 1)
            yield from _role("agent", said[:place], said[place + 1 : end], said[end:], clause)
        named = said[place + 1] in clause.names or (
            said[place + 1] == "the" and said[place + 2 : place + 3] and said[place + 2] in clause.names
        )
        if said[place] in _BE and named and said[0] == "the":
            yield from _role("holder", said[:place], said[place + 1 :], (), clause)
    if said[-1] in _SOLELY:
        yield from _role("holder", said[-1:], said[:-1], (), clause)
    for place in range(1, min(len(said) - 1, 5)):
        if stem(said[place]) in _ONCE and "the" in said[place + 1 :] and not (_BE | {"to"}) & set(said[:place]):
            yield from _role("agent", said[place:], said[:place], (), clause)
            return
        if said[place] == "the" and said[place - 1] in (*_BE, "has", "had", "have", "got", "won", "took"):
            title = said[place + 1]
            if title.endswith("est") and len(title) > 4:
                yield from _role("holder", said[place + 1 :], said[: place - 1], (), clause)
                return


def _end(said: Sequence[str], start: int) -> int:
    return next((k for k in range(start + 1, len(said)) if said[k] in _PREPOSITIONS), len(said))


def _role(
    role: str, of: Sequence[str], filler: Sequence[str], rest: Sequence[str], clause: Clause
) -> Iterator[Role]:  # fmt: skip
    head, who = content([*of, *rest]), frozenset(content(filler)) | qualifiers(filler)
    if head and who and len(who) <= 6:
        yield Role(role, head, who, qualifiers([*of, *rest]), clause.text)
