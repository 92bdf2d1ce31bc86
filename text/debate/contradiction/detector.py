"""Whether somebody contradicts an earlier claim of their own, and by what.

The first sign found counts: another final answer without a concession; one expression or quantity with two values; a
proposition affirmed and denied, by negation, opposite, quantifier, must and may, or a yes and a no to one question; who
did what to whom the other way round; a role of which there is one filled by two; comparisons or an order in time that
cannot both hold; denying to have said it. It reads words, not the world: what only knowledge shows escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ...verifiers.reasoning.equations import Equation, Unreadable, equations
from .answers import same_answer
from .clash import opposed
from .clauses import tokens
from .lexicon import content
from .spoken import written
from .statements import Statement, statements, topic

_CONCESSION = re.compile(
    r"\b(?:I (?:do |must |have to |will |now )*(?:concede|admit|grant|retract|withdraw|take (?:it|that) back"
    r"|correct myself|stand corrected|change my (?:mind|answer|claim))(?! nothing| no\b)"
    r"|I (?:was|am) (?:wrong|mistaken)|I (?:made an? (?:mistake|slip|error|blunder)"
    r"|mis(?:spoke|counted|read|calculated|remembered)|erred)"
    r"|my (?:mistake|error|slip)\b|(?:scratch|strike) that\b"
    r"|(?<!if )you(?:'re| are) right|(?<!if )my opponent is right|I (?:now )?agree with (?:you|my opponent))",
    re.IGNORECASE,
)

_GIVEN = re.compile(r"(?:(\w+['’]s?|\b(?:my|your|his|her|their|that|this|an?))(?: \w+)? )?\banswer is\b", re.IGNORECASE)
_REASONS = re.compile(
    r"\s*(?:;|,? (?:because|since|which)\b|, (?:so|as|for|and|but|not|though|whatever|after)\b).*",
    re.DOTALL | re.IGNORECASE,
)
_JUDGED = re.compile(r"(?:in)?(?:correct|accurate)|right|wrong|false|mistaken", re.IGNORECASE)


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
        now = _Said(place, _settled(turn), _equations(turn.text), statements(turn.text, asked), topic(asked))
        earlier = said.setdefault(turn.speaker, [])
        clashes = [(before, reason) for before in earlier if (reason := _clash(before, now))]
        if concedes(turn.text):
            said[turn.speaker] = [before for before in earlier if all(before is not other for other, _ in clashes)]
        elif clashes:
            found.append(Contradiction(place, clashes[0][0].place, clashes[0][1]))
        said[turn.speaker].append(now)
    return found


def _clash(before: _Said, now: _Said) -> str:
    if _other_answer(before.claim, now.claim):
        return f"other answer: {_short(before.claim)}, then {_short(now.claim)}"
    for old in before.equations:
        for new in now.equations:
            if _same_sum(old, new) and old.result != new.result:
                return f"other value: {_short(old.text)}, then {_short(new.text)}"
    for one in before.statements:
        for other in now.statements:
            if (kind := opposed(one, other)) and not now.topic & _content(other.text) - _content(one.text):
                return f"{kind}: {_short(one.text)}, then {_short(other.text)}"
    return ""


def _settled(turn: Turn) -> str:
    """The answer that a turn stands for, without its reasons; none where it judges the answer of another."""
    given = _GIVEN.findall(turn.text)
    return "" if given and given[-1] and given[-1].lower() != "my" else _REASONS.sub("", turn.claim) or turn.claim


def _other_answer(one: str, other: str) -> bool:
    """Whether two answers are not the same; that an answer is right says nothing of which it is."""
    return (
        bool(one and other)
        and (_JUDGED.fullmatch(one) is None) == (_JUDGED.fullmatch(other) is None)
        and not same_answer(one, other)
    )


def _content(text: str) -> frozenset[str]:
    return frozenset(content(tokens(text)))


def _same_sum(one: Equation, other: Equation) -> bool:
    """Whether the left sides are the same sum or product, in whatever order."""
    return one.computes and other.computes and _left(one) == _left(other)


def _left(equation: Equation) -> tuple[tuple[Fraction, ...], tuple[str, ...]]:
    signs = tuple(sorted(sign for sign in equation.text.split("=")[0] if sign in "+-*/"))
    commutes = len(set(signs)) == 1 and signs[0] in "+*"
    return tuple(sorted(equation.terms) if commutes else equation.terms), signs


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
