"""Which step of a wrong answer is the first wrong one: what a verifier can tell, and how a model is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from multisynth.sample import Sample

from ..problems.scratchpad import first_fault
from ..search.steps import split
from ..verifiers.addition import AdditionCheck
from ..verifiers.answers.stated import stated
from ..verifiers.reasoning.equations import Unreadable, equations
from ..worked import examples


def known(problem: Sample, steps: Sequence[str]) -> int | None:
    """The first step that is shown to be false, from 0, without a model; one before may be wrong in another way.

    Of an addition the first line that differs from the right scratchpad; of anything else the first step with an
    equation that does not hold. None where nothing can be told, as where the reasoning is about something else.
    """
    if problem["verifier"] == "addition":
        first, second = AdditionCheck.model_validate_json(problem["check"]).terms
        text = "".join(steps)
        found = stated(text)
        fault = first_fault(first, second, text if found is None else text[: found.start])
        return len(steps) - 1 if fault is None else min(fault[0], len(steps) - 1)
    for place, step in enumerate(steps):
        try:
            if any(not equation.holds for equation in equations(step)):
                return place
        except Unreadable:
            return None
    return None


def asked(question: str, steps: Sequence[str]) -> str:
    """The question which step is wrong."""
    numbered = "\n".join(f"Step {number}: {' '.join(step.split())}" for number, step in enumerate(steps, 1))
    return f"{question}\nA wrong answer, in steps:\n{numbered}\nWhich step is the first wrong one?"


def shown(domain: str) -> list[tuple[str, str]]:
    """Worked examples of finding it: in each answer one step after another has its last number spoilt."""
    found = []
    for place, (question, told) in enumerate(examples(domain)):
        steps = split(told)
        spoilt = place % len(steps)
        while (worse := _spoilt(steps[spoilt])) is None:
            spoilt = (spoilt + 1) % len(steps)
        found.append((asked(question, [*steps[:spoilt], worse, *steps[spoilt + 1 :]]), f"Step {spoilt + 1}."))
    return found


def named(text: str, count: int) -> int | None:
    """The step that a model's answer names, from 0; None where it names none of so many."""
    match = re.search(r"\d{1,6}", text)
    number = int(match[0]) if match else 0
    return number - 1 if 1 <= number <= count else None


def _spoilt(step: str) -> str | None:
    """A step with the last digit of its last number changed; None where it has none."""
    places = [match.start() for match in re.finditer(r"\d", step)]
    if not places:
        return None
    at = places[-1]
    return f"{step[:at]}{(int(step[at]) + 1) % 10}{step[at + 1 :]}"
