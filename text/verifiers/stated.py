"""Where a text states its final answer: in a box or tags, after `####`, or after `the answer is`."""

from __future__ import annotations

import re
from typing import NamedTuple

_TAGGED = re.compile(r"<answer>((?:(?!</?answer>).)*)</answer>", re.DOTALL)
_FORMS = (
    re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"),
    _TAGGED,
    re.compile(r"####[ \t]*([^\n]+)"),
    re.compile(r"(?i:(?:\bthe )?(?:final )?\banswer is:?)[ \t]*([^\n]+?)(?=[.!?](?:\s|$)|\n|$)"),
)


class Stated(NamedTuple):
    """An answer, where its statement starts, and where it ends."""

    answer: str
    start: int
    end: int


def stated(completion: str) -> Stated | None:
    """The final answer of a text, the last of the strongest form; None where it states none."""
    for form in _FORMS:
        matches = list(form.finditer(completion))
        if matches:
            last = matches[-1]
            said = last[1].strip()
            return Stated(said if form is _TAGGED else said.strip("*$ ").rstrip("."), last.start(), last.end())
    return None


def statements(completion: str) -> int:
    """How many times it states an answer."""
    return sum(1 for form in _FORMS for _ in form.finditer(completion))


def first_stated(completion: str) -> int | None:
    """Where a text first states an answer; None where it states none."""
    return min((match.start() for form in _FORMS for match in form.finditer(completion)), default=None)
