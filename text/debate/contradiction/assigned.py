"""Values that variables are found to have: `solving gives x = 15`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ...verifiers.reasoning.equations import number
from .clauses import stated_sentences

_VALUE = re.compile(
    r"(?<![\d^*/+=(·×-] )(?<![\w^*/+=(·×.'-])([b-hj-z]|a(?= ?=)) ?(?:=|(?:is|equals|must be) )"
    r" ?([-−]?\d{1,12}(?:\.\d{1,9})?(?:/\d{1,9})?)(?![\w(.]*\w| ?[-+*/^=·×(%]| [a-z])"
)
_TRIED = re.compile(r"\b(?:when|for|try|tries|trying|let|set|at|where|or|check|checking|plug|plugging|would|not)\b")


@dataclass(frozen=True)
class Assigned:
    """A variable, and the only value that a turn finds it to have."""

    name: str
    value: Fraction
    text: str

    def excludes(self, other: Assigned) -> bool:
        """Whether the variable cannot have both values."""
        return self.name == other.name and self.value != other.value


def assigned(text: str) -> list[Assigned]:
    """The variables that a turn gives one value each."""
    found: dict[str, set[Assigned]] = {}
    for sentence in stated_sentences(text):
        for match in _VALUE.finditer(sentence):
            value = number(match[2].replace("−", "-"))
            if value is not None and not _TRIED.search(sentence[: match.start()]):
                found.setdefault(match[1], set()).add(Assigned(match[1], value, match[0]))
    return [next(iter(one)) for one in found.values() if len(one) == 1]
