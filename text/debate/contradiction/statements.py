"""What a turn of a debate states: propositions, amounts, comparisons, each with the words it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .assigned import Assigned, assigned
from .clauses import LONGEST, OTHERS, SENTENCE, Clause, clauses, tokens, whole_sentences
from .conclusions import Conclusion, conclusion
from .echoes import Echo, echo
from .lexicon import HEDGES, content
from .orders import Order, compared, first_then, in_time, outstanding
from .propositions import Proposition, answered, proposition
from .quantities import Value, values
from .roles import Role, clefts, roles

Statement = Proposition | Value | Order | Role | Echo | Conclusion | Assigned


def statements(text: str, asked: str = "") -> list[Statement]:
    """What a turn states.

    Args:
        text: The turn.
        asked: The turn before it, by somebody else: its last question is answered if the turn begins with yes or no.
    """
    found: list[Statement] = []
    sentences = [asked[-LONGEST:], *SENTENCE.split(text[:LONGEST])]
    for question, answer in pairwise(sentences):
        said = answered(answer, question)
        if said is not None:
            found.append(said)
    found += first_then(text[:LONGEST])
    found += clefts(text[:LONGEST])
    for clause in clauses(text):
        found += _read(clause)
    found += _echoes(text)
    found += assigned(text)
    last = conclusion(text)
    return found if last is None else [*found, last]


def _echoes(text: str) -> list[Echo]:
    """Clauses and whole sentences to be found again with one thing changed."""
    whole = [clause for clause in whole_sentences(text) if not OTHERS.search(clause.text)]
    around = content(token for clause in whole for token in clause.tokens)
    every = dict.fromkeys((clause.tokens, clause.names, clause.text) for clause in (*clauses(text), *whole))
    made = [
        echo(said, names, frozenset(around), said_so)
        for said, names, said_so in every
        if said and not HEDGES & set(said)
    ]
    return [one for one in made if one is not None]


def topic(asked: str) -> frozenset[str]:
    """What a short question turns to: `And on Monday?`; what is then said of it is not said of what was said before."""
    question = SENTENCE.split(asked[-LONGEST:].strip())[-1]
    # `Even then?` and `The others too?` ask whether the same holds there as well.
    short = (
        question.endswith("?")
        and question.count(" ") < 8
        and not re.search(r"\b(?:even|too|also)\b|^(?:why|not|is|are|was|do|does|did|so)\b|^\w+n't\b", question.lower())
    )
    return frozenset(content(tokens(question.lower()))) if short else frozenset()


def _read(clause: Clause) -> list[Statement]:
    said = clause.tokens
    if not said or "notsaid" in said or HEDGES & set(said) or _guessed(said):
        return []
    order = compared(said, clause.text)
    if order is not None:
        return [order, *values(clause)]
    outdoes = outstanding(said, clause.text)
    found: list[Statement] = [] if outdoes is None else [outdoes]
    found += in_time(said, clause.text)
    made = proposition(said, clause.text, clause.names)
    if made is None:
        return found
    made = replace(made, referents=clause.referents)
    if clause.on_condition:
        return [replace(made, force=replace(made.force, scope="some"))] if made.force.scope in ("", "some") else []
    supposed = "would" in said
    if not supposed or made.force.mode == "ought" or said[0] == "it":
        found.append(made)
    if not supposed:
        found += values(clause)
        found += roles(clause)
    return found


def _guessed(said: Sequence[str]) -> bool:
    """Whether it may be so, which states nothing; what may be done or used is allowed."""
    if "may" not in said:
        return False
    after = [token for token in said[said.index("may") + 1 :] if token not in ("not", "never", "also", "only")][:2]
    return after[:1] == ["have"] or (after[:1] == ["be"] and not (after[1:] and after[1].endswith(("ed", "en"))))
