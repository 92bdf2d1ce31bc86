"""Propositions: that something is so, is not, must or may be so.

Clauses are bags of stems in order, as in the first systems for contradiction detection (Harabagiu et al. 2006; de
Marneffe et al. 2008): negation, quantifiers, modality and opposites are read, syntax hardly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .amounts import counts
from .clauses import LONGEST, SENTENCE, tokens
from .force import ALWAYS_LIGHT, MODAL, Force, force
from .lexicon import AUXILIARIES, HEDGES, LIGHT, NUMBERS, content, persons, qualifiers, stem, words

_WHETHER = re.compile(
    r"(?:so |but |and |then )*(?:(?:do|would|will|did) you (?:not )?(?:agree|think|say|accept|believe|admit|claim)"
    r"(?: that)?|is it (?:not )?true that|are you saying that)\b"
)
_ANSWER = re.compile(
    r"\s*(?:(yes|yeah|certainly(?! not)|of course(?! not)|indeed|absolutely(?! not)|by all means)\b"
    r"|(no(?! (?:one|doubt|matter|[a-z]+ (?:is|are|was|has|can)))"
    r"|nope|not at all|of course not|certainly not|by no means)\b"
    rf"|(?:[a-z]+ )((?:{'|'.join(sorted(AUXILIARIES))}))(n't| not)?(?=[.,:;!]|$))"
)
_AND = re.compile(r"^(?:(?:so|but|and|then|now|well|ok)\b,? ?)+")
_OPEN = words("who what how when where why which whose whom")
_BE = words("is was are were be been being")
_PLACED = _BE | words("in on at from by to of into a an it i we you they must should to not")
_ONE = words("took happened born died held lives comes built")
_DETERMINERS = words("the a an all every each no some many most my your his her its our their this these those both")
_PASSED = words("to in on at for with from during before after down because under over")


@dataclass(frozen=True)
class Proposition:
    """That something is so.

    Args:
        stems: What it is about, in order.
        force: Whether of all or some, a must or a may, and whether it is affirmed.
        qualifiers: Words by which things and times are told apart.
        persons: `i`, `you`, `he`, `she`.
        counts: The amounts in it.
        predicates: Those stems that stand where the predicate of a clause or the noun of an adverbial does.
        names: Those stems that are names.
        text: The clause.
        one: Whether its subject is one thing, of which it says what or where that is.
        subject: The stem that it begins with, where that is no pronoun.
        referents: The stems for which a pronoun as its subject may stand.
    """

    stems: tuple[str, ...]
    force: Force
    qualifiers: frozenset[str]
    persons: frozenset[str]
    counts: frozenset[Fraction]
    predicates: frozenset[str]
    names: frozenset[str]
    text: str
    one: bool = False
    subject: str = ""
    referents: frozenset[str] = frozenset()


def proposition(said: Sequence[str], text: str, names: frozenset[str] = frozenset()) -> Proposition | None:
    """What a clause says is so; None where its words are all light.

    Args:
        said: Its words.
        text: The clause.
        names: Those words that are names.
    """
    said = tuple(_active(said))
    strength = force(said, counted=_counted(said))
    last = next((token for token in reversed(said) if token in MODAL), "") if strength.mode else ""
    kept = [token for token in said if token not in ALWAYS_LIGHT and token != last]
    stems = content(kept)
    if not stems:
        return None
    predicates = frozenset(
        stem(token) for k, token in enumerate(said) if k == 0 or said[k - 1] in _PLACED
    ) & frozenset(stems)  # fmt: skip
    one = bool((_BE | _ONE) & set(said)) and said[0] not in ("there", "some")
    called = frozenset(map(stem, names)) & set(stems)
    return Proposition(
        stems,
        strength,
        qualifiers(said),
        persons(said),
        counts(said),
        predicates,
        called,
        text,
        one,
        _subject(said),
    )


def _subject(said: Sequence[str]) -> str:
    first = next((token for token in said if token not in _DETERMINERS), "")
    return "" if first in LIGHT else stem(first)


def _counted(said: Sequence[str]) -> bool:
    """Whether the subject is a number of things: `at least one swan is not white`."""
    head = [token for token in said[:6] if token not in ("at", "least", "only", "more", "than")]
    return (
        len(head) > 1
        and (head[0] in NUMBERS or head[0].isdigit() or head[0] == "one")
        and (head[1] == "of" or head[1] not in LIGHT | MODAL)
    )


def _active(said: Sequence[str]) -> Sequence[str]:
    """A passive with its agent, the other way round: `the cake was eaten by the dog` is `the dog eaten the cake`."""
    for place in range(2, len(said) - 1):
        verb = said[place - 1]
        if said[place] == "by" and _BE & set(said[:place]) and (verb.endswith(("ed", "en")) or stem(verb) != verb):
            if (
                said[place + 1] in NUMBERS
                or said[place + 1][0].isdigit()
                or stem(verb) in ("multipli", "multiply", "divid", "reduc", "increas")
            ):
                return said
            end = next((k for k in range(place + 2, len(said)) if said[k] in _PASSED), len(said))
            return [*said[place + 1 : end], verb, *said[: place - 1], *said[end:]]
    return said


def answered(text: str, asked: str) -> Proposition | None:
    """What a text that begins with yes or no says to the last question of another; None where it does not."""
    said = _ANSWER.match(text.lower().replace("’", "'"))
    questions = [part for part in SENTENCE.split(asked[-LONGEST:]) if part.strip().endswith("?")]
    if said is None or not questions:
        return None
    question = _WHETHER.sub("", _AND.sub("", questions[-1].strip().lower().rstrip("?").replace("’", "'")), count=1)
    put = list(tokens(question))
    if not put or put[0] in _OPEN or HEDGES & set(put) or "than" in put or " or " in question:
        return None
    if put[0] in AUXILIARIES:
        put = [t for k, t in enumerate(put) if not (t == "not" and k < 3)]  # `is it not so?` — yes, it is
    yes = said[1] or (said[3] and not said[4])
    return proposition(put if yes else ["not", *put], f"{'yes' if yes else 'no'} to: {question.strip()}")
