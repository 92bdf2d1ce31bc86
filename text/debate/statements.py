"""What a turn of a debate states: propositions, quantities, dates, comparisons, each with the words it is about.

Sentences are cut into clauses and these into bags of stems, as in the first systems for contradiction detection
(Harabagiu et al. 2006; de Marneffe et al. 2008): negation, antonyms, numbers and modality are read, syntax is not.
What is asked, supposed or said of others states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..verifiers.equations import number
from .lexicon import (
    ABILITIES,
    AUXILIARIES,
    CALENDAR,
    COMPARATIVES,
    HEDGES,
    LIGHT,
    NEGATIONS,
    NUMBERS,
    OBLIGATIONS,
    PERSONS,
    QUALIFIERS,
    UNITS,
    stem,
    words,
)

LONGEST = 8000  # characters of a turn that are read
MOST = 64  # clauses of a turn that are read

_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+")
_CLAUSE = re.compile(
    r"\s*[,:;—]\s*|\s+(?:and|but|because|since|although|though|whereas|while|which|so that|whatever)\s+", re.IGNORECASE
)
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?(?:/\d+)?|[$%€£]|[a-z]+(?:[-'][a-z]+)*")
_OTHERS = re.compile(
    r"\b(?:you|they|opponent|proponent|he|she|people|some|others|critics) (?:may |might |would |will |have )?"
    r"(?:say|says|said|claim|claims|claimed|argue|argues|argued|think|thinks|believe|believes|suggest|suggests)\b"
    r"|\baccording to\b"
)
_IDIOMS = (
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(in|of|by|until|since|this|next|last) may\b"), r"\1 the-may"),
    (re.compile(r"\bno one\b"), "nobody"),
    (re.compile(r"\b(?:has|have|had|needs?) to\b"), "must"),
    (re.compile(r"\bafter all(?: this| that)?\b|\bat all\b|\beven (?=for|if|when|though|in|to|the|with)"), ""),
    (re.compile(r"\b(?:in all|in total|all in all|all told)\b"), "altogether"),
    (re.compile(r"\bo'clock\b"), "oclock"),
    (re.compile(r"\b(?:true|the case) that\b"), "that"),
    (re.compile(r"'s\b|'(?=\s|$)"), ""),
)
_WHETHER = re.compile(
    r"(?:so |but |and |then )*(?:(?:do|would|will|did) you (?:not )?(?:agree|think|say|accept|believe|admit|claim)"
    r"(?: that)?|is it (?:not )?true that|are you saying that)\b"
)
_SCOPES = words("left every each most about still then now")  # qualify amounts alone
_WHEN = re.compile(r"\bwhen\b")
_OPEN = words("who what how when where why which whose whom")


@dataclass(frozen=True)
class Proposition:
    """That something is so: `scope` is `all`, `some` or plain, `positive` whether it is said to be or not to be."""

    words: frozenset[str]
    positive: bool
    scope: str
    modality: str
    qualifiers: frozenset[str]
    text: str


@dataclass(frozen=True)
class Value:
    """An amount or a date: of which unit or noun, and what it is said of."""

    value: Fraction | str
    unit: str
    words: frozenset[str]
    qualifiers: frozenset[str]
    text: str


@dataclass(frozen=True)
class Order:
    """That one thing is more (`sign` 1) or less (-1) than another in some dimension, or is not so."""

    left: frozenset[str]
    right: frozenset[str]
    dimension: str
    sign: int
    positive: bool
    text: str


Statement = Proposition | Value | Order


def statements(text: str, asked: str = "") -> list[Statement]:
    """What a turn states.

    Args:
        text: The turn.
        asked: The turn before it, by somebody else: its last question is answered if the turn begins with yes or no.
    """
    found: list[Statement] = []
    answered = _answered(text, asked)
    if answered is not None:
        found.append(answered)
    for clause in _clauses(text[:LONGEST]):
        found += _read(clause)
    return found


def _clauses(text: str) -> Iterator[str]:
    count = 0
    for sentence in _SENTENCE.split(text):
        plain = sentence.strip().lower().replace("’", "'")
        if plain.endswith("?") or re.search(r"\banswer (?:is|was|would|must)\b|\\boxed|####", plain):
            continue
        for clause in _CLAUSE.split(re.sub(r"(?<=\d),(?=\d{3})", "", plain).rstrip(".!;")):
            if _OTHERS.search(clause):
                break  # whatever follows in the sentence is theirs
            count += 1
            if count > MOST:
                return
            yield clause


def _tokens(clause: str) -> list[str]:
    for pattern, instead in _IDIOMS:
        clause = pattern.sub(instead, clause)
    return [token.rstrip(",") for token in _TOKEN.findall(clause)]


def _read(clause: str) -> list[Statement]:
    tokens = _tokens(clause)
    if not tokens or HEDGES & set(tokens) or "=" in clause:
        return []
    order = _order(tokens, clause)
    if order is not None:
        return [order]
    proposition = _proposition(tokens, clause)
    if proposition is None:
        return []
    return [proposition, *(value for part in _WHEN.split(clause) for value in _values(_tokens(part), part))]


def _content(tokens: Sequence[str]) -> frozenset[str]:
    return frozenset(stem(token) for token in tokens if token not in LIGHT and token not in "$%€£")


def _proposition(tokens: Sequence[str], clause: str) -> Proposition | None:
    content = _content(tokens)
    if not content:
        return None
    scope, positive = _scope(tokens), sum(token in NEGATIONS for token in tokens) % 2 == 0
    modality = "ought" if OBLIGATIONS & set(tokens) else "can" if ABILITIES & set(tokens) else ""
    qualifiers = frozenset(tokens) & (QUALIFIERS | PERSONS) - {
        "left",
        "every",
        "each",
        "most",
        "about",
        "still",
        "then",
        "now",
    }
    return Proposition(content, positive, scope, modality, qualifiers, clause)


def _scope(tokens: Sequence[str]) -> str:
    """`all`, `some`, `` for none; `not all` is `some` with the negation that is counted elsewhere."""
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token in ("all", "every", "everyone", "everybody", "everything", "always"):
            return "some" if before == "not" else "all"
        if token in ("never", "none", "nobody", "nothing") or (token == "no" and before == ""):
            return "all"
        if token in ("some", "someone", "somebody", "something", "sometimes"):
            return "some"
    return ""


def _values(tokens: Sequence[str], clause: str) -> list[Value]:
    if NEGATIONS & set(tokens) or "than" in tokens:
        return []
    qualifiers = frozenset(tokens) & (QUALIFIERS | PERSONS)
    found = []
    for place, token in enumerate(tokens):
        if token in CALENDAR and (place == 0 or tokens[place - 1] in ("on", "in", "is", "until", "by", "next", "last")):
            words = _content([t for k, t in enumerate(tokens) if k != place and t not in CALENDAR])
            found.append(Value(token, CALENDAR[token], words, qualifiers, clause))
            continue
        value = Fraction(NUMBERS[token]) if token in NUMBERS else number(token)
        if value is None:
            continue
        unit, factor, used = _unit(tokens, place, value)
        words = _content([t for k, t in enumerate(tokens) if k not in used and t not in NUMBERS and not t[0].isdigit()])
        found.append(Value(value * factor, unit, words, qualifiers, clause))
    return found


def _unit(tokens: Sequence[str], place: int, value: Fraction) -> tuple[str, Fraction, set[int]]:
    """Of what a number counts: a unit or a noun, the factor to the base of its dimension, and the places it takes."""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    before = tokens[place - 1] if place else ""
    if before in ("$", "€", "£"):
        return "money", Fraction(1), {place - 1, place}
    if after in UNITS:
        dimension, factor = UNITS[after]
        if tokens[place + 2 : place + 3] == ["per"]:
            return (
                f"{after} per {' '.join(tokens[place + 3 : place + 4])}",
                Fraction(1),
                {place, *range(place + 1, place + 4)},
            )
        return dimension, factor, {place, place + 1}
    if after and after not in LIGHT:
        return stem(after), Fraction(1), {place, place + 1}
    if before in ("in", "since", "year") and 1000 <= value < 2200 and value.denominator == 1:
        return "year", Fraction(1), {place}
    return "", Fraction(1), {place}


def _order(tokens: Sequence[str], clause: str) -> Order | None:
    if "than" not in tokens:
        return None
    than = tokens.index("than")
    for place in range(than - 1, max(than - 4, -1), -1):
        word = tokens[place]
        if word in COMPARATIVES:
            dimension, sign = COMPARATIVES[word]
        elif word in ("more", "less", "fewer"):
            dimension, sign = " ".join(stem(t) for t in tokens[place + 1 : than]), 1 if word == "more" else -1
        else:
            continue
        left, right = _things(tokens[:place]), _things(tokens[than + 1 :])
        if not left or not right:
            return None
        return Order(left, right, dimension, sign, not NEGATIONS & set(tokens[:place]), clause)
    return None


def _things(tokens: Sequence[str]) -> frozenset[str]:
    return frozenset(stem(token) for token in tokens if token not in LIGHT and token != "worth")


def _answered(text: str, asked: str) -> Proposition | None:
    said = re.match(r"\s*(yes|no)\b(?! one| doubt| matter)", text.lower())
    questions = [part for part in _SENTENCE.split(asked[-LONGEST:]) if part.strip().endswith("?")]
    if said is None or not questions:
        return None
    question = _WHETHER.sub("", questions[-1].strip().lower().rstrip("?").replace("’", "'"), count=1)
    tokens = _tokens(question)
    if not tokens or tokens[0] in _OPEN or HEDGES & set(tokens) or "than" in tokens or " or " in question:
        return None
    if tokens[0] in AUXILIARIES:
        tokens = [t for k, t in enumerate(tokens) if not (t == "not" and k < 3)]  # `is it not so?` — yes, it is
    made = _proposition(tokens, f"{said[1]} to: {question.strip()}")
    if made is None or said[1] == "yes":
        return made
    return Proposition(made.words, not made.positive, made.scope, made.modality, made.qualifiers, made.text)
