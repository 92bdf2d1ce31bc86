"""Word problems whose reasoning is arithmetic: the answer must be right and the reasoning bear it."""

from __future__ import annotations

import re
from fractions import Fraction

from multisynth.sample import Sample

from .equations import Equation, Unreadable, equations, number
from .mathematics import Mathematics, shortened
from .stated import stated, statements
from .symbolic import Symbolic
from .verdict import Verdict

_HAS = re.compile(r"\b([A-Z][a-z]+) has (\d+)\b(?!\s*[-+*/×÷,.]\s*\d)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Arithmetic:
    """A right answer over reasoning that bears it (after STaR, Zelikman et al. 2022, arXiv 2203.14465).

    Beyond the answer: there is reasoning; every equation stated is true; its equations use only numbers of the question
    or results found before; the last one gives the answer; it gives nobody what the question gives to another; it says
    nothing twice and ends with its answer. A right answer over wrong reasoning would teach the reasoning.
    """

    def __init__(self, symbolic: Symbolic) -> None:
        self._answers = Mathematics(symbolic)

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        verdict = self._answers.judge(problem, completion)
        found = stated(completion)
        if not verdict.right or found is None:
            return verdict
        fault = _rambling(completion, found.start, found.end) or _fault(
            problem["question"], found.answer, completion[: found.start]
        )
        return Verdict(not fault, fault, verdict.answer, verdict.verifier)

    def close(self) -> None:
        """Nothing was started."""


def _rambling(completion: str, start: int, end: int) -> str:
    """Whether the text does more than reason once and answer once."""
    if (times := statements(completion)) > 1:
        return f"answers more than once: {times} times"
    after = completion[end:].strip(" .!*$\n")
    if after:
        return f"goes on after the answer: {len(after)} characters"
    sentences = [sentence.strip() for sentence in _SENTENCE.split(completion[:start]) if sentence.strip()]
    if len(set(sentences)) < len(sentences):
        return f"repeats itself: {len(sentences) - len(set(sentences))} sentences"
    return ""


def _fault(question: str, answer: str, reasoning: str) -> str:
    try:
        said = equations(reasoning)
    except Unreadable as error:
        return f"unreadable equation: {shortened(str(error))}"
    wrong = next((equation for equation in said if not equation.holds), None)
    if wrong is not None:
        return f"false equation: {shortened(wrong.text)}"
    computing = [equation for equation in said if equation.computes]
    if not computing:
        return "no reasoning"
    unfounded = _unfounded(question, computing)
    if unfounded is not None:
        return f"number from nowhere: {unfounded}"
    misquoted = next(
        (m[0] for m in _HAS.finditer(reasoning) if m[2] in _numbers(question) and m[0] not in question), None
    )
    if misquoted is not None:
        return f"misquotes the question: {misquoted}"
    value = number(answer)
    if value is not None and said[-1].result != value:
        return f"reasoning for another answer: {said[-1].result}, not {value}"
    return ""


def _unfounded(question: str, said: list[Equation]) -> Fraction | None:
    """The first number that is neither in the question nor the result of an equation before."""
    known = {value for word in _numbers(question) if (value := number(word)) is not None}
    for equation in said:
        for term in equation.terms:
            if term not in known:
                return term
        known.add(equation.result)
    return None


def _numbers(question: str) -> set[str]:
    return set(re.findall(r"\d[\d,.]*\d|\d", question))
