"""Where a text states its final answer: in a box or tags, after `####`, after `the answer is`, or after `Answer:`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_TAGGED = re.compile(r"<answer>((?:(?!</?answer>).)*)</answer>", re.DOTALL)
_COLON = r"\**[ \t]*:\**(?:[ \t]*\n){0,2}"
_TO = r"\banswer(?:[ \t]+to[ \t][^\n.:!?]{1,60}?)?"
_VERB = r"[ \t]+(?:is|was|equals|comes[ \t]+to|(?:would|will|should|must)[ \t]+be)\b"
_SENTENCE = r"[ \t]*((?:(?!\banswer\b)[^\n])+?)(?=[.!?](?:\s|$)|\n|$)"
_LINES = (
    re.compile(r"####[ \t]*([^\n]+)"),
    re.compile(rf"(?i:(?:\bthe )?(?:final )?{_TO}{_VERB}(?:{_COLON})?{_SENTENCE})"),
)
_LABEL = re.compile(rf"(?i:(?:\bthe )?(?:final )?{_TO}{_COLON}{_SENTENCE})")
_BRACES = re.compile(r"(?P<open>\\(?:boxed|fbox)\s*\{)|\\(?:boxed|fbox)\s+(?P<bare>[^\s${}\\]+)|\\.|[{}]", re.DOTALL)

_PREAMBLE = frozenset({"and", "answer", "final", "hence", "is", "it", "my", "so", "the", "therefore", "thus"})
"""Words that lead to an answer and give no reason."""


class Stated(NamedTuple):
    """An answer, where its statement starts, and where it ends."""

    answer: str
    start: int
    end: int


def stated(completion: str) -> Stated | None:
    """The final answer of a text, the last of the strongest form, with all of its statement; None where it states none.

    `The answer is $\\boxed{8}$` is one statement, of the answer in the box.
    """
    forms = list(_all(completion))
    found = next((found[-1] for found in forms if found), None)
    if found is None:
        return None
    start, end = next((start, end) for start, end in _stretches(forms) if start <= found.start < end)
    return Stated(found.answer, start, end)


def to_line_end(completion: str, found: Stated) -> str:
    """An answer with what follows in its line, for a full stop may be that of `Dr. Who`; of boxes and tags no more."""
    match = _LINES[1].match(completion, found.start) or _LABEL.match(completion, found.start)
    if match is None or _bare(match[1]) != found.answer:
        return found.answer
    return _bare(completion[match.start(1) :].partition("\n")[0])


def reasons(completion: str) -> bool:
    """Whether it says anything before it states its answer."""
    found = stated(completion)
    before = completion if found is None else completion[: found.start]
    return any(word.casefold() not in _PREAMBLE for word in re.findall(r"\w+", before))


def statements(completion: str) -> int:
    """How many times it states an answer."""
    return len(_stretches(_all(completion)))


def first_stated(completion: str) -> int | None:
    """Where a text first states an answer; None where it states none."""
    return min((said.start for found in _all(completion) for said in found), default=None)


def _all(completion: str) -> Iterator[list[Stated]]:
    """What is stated in each form, the strongest form first, each from the start of the text to its end.

    A label alone counts where nothing else does: `Answer: 2 + 3 = 5. The answer is 5.`
    """
    tags = [Stated(match[1].strip(), match.start(), match.end()) for match in _TAGGED.finditer(completion)]
    forms = [list(_boxes(completion)), tags]
    forms += [[_said(match) for match in form.finditer(completion)] for form in _LINES]
    yield from forms
    if not any(forms):
        yield [_said(match) for match in _LABEL.finditer(completion)]


def _stretches(forms: Iterable[list[Stated]]) -> list[tuple[int, int]]:
    """From where to where a text states an answer, in order; what overlaps is one statement in several forms."""
    found: list[tuple[int, int]] = []
    for _, start, end in sorted((said for form in forms for said in form), key=lambda said: said.start):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _said(match: re.Match[str]) -> Stated:
    return Stated(_bare(match[1]), match.start(), match.end())


def _boxes(completion: str) -> Iterator[Stated]:
    """What stands in boxes that are closed, the innermost where they are in one another."""
    opened: list[tuple[int, int] | None] = []
    reached = 0
    for match in _BRACES.finditer(completion):
        if match["bare"]:
            yield Stated(_bare(match["bare"]), match.start(), match.end())
            reached = match.end()
        elif match["open"]:
            opened.append((match.start(), match.end()))
        elif match[0] == "{":
            opened.append(None)
        elif match[0] == "}" and opened and (box := opened.pop()) is not None and box[0] >= reached:
            yield Stated(_bare(completion[box[1] : match.start()]), box[0], match.end())
            reached = match.end()


def _bare(answer: str) -> str:
    """An answer without the marks around it; a dollar sign on one side alone is a currency."""
    answer = answer.strip().strip("* ").rstrip(".")
    around = min(len(answer) - len(answer.lstrip("$")), len(answer) - len(answer.rstrip("$")))
    return answer[around : len(answer) - around].strip("* ").rstrip(".")
