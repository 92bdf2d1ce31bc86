"""Word problems whose reasoning is arithmetic: the answer must be right and the reasoning bear it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from multisynth.sample import Sample

from .answers.stated import stated, statements
from .answers.symbolic import Symbolic
from .mathematics import Mathematics
from .reasoning.dependence import chains, idle
from .reasoning.equations import Equation, Unreadable, equations, number
from .reasoning.founded import unfounded
from .reasoning.named import other_owner, stranger
from .reasoning.quoted import misquoted
from .verdict import Verdict, shortened

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9$])|\n+")
_AGAIN = re.compile(r"(?:\n|[.?!]\s)\s*(?:Q|A|Question|Answer|Problem)\s*:\s*\S")


class Arithmetic:
    """A right answer over reasoning that bears it (after STaR, Zelikman et al. 2022, arXiv 2203.14465).

    Beyond the answer: there is reasoning; every equation is true, and the answer depends on each; every number, in an
    equation or in prose, is one of the question, follows from its units, or was found before; what the question says
    of a number is not said of another; nobody comes in whom the question does not know; nothing is said twice, and the
    text ends with its answer. A right answer over wrong reasoning would teach the reasoning. Algebra is not read:
    reasoning in unknowns is refused.
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
    if _AGAIN.search(completion[:start].strip()):
        return "asks again"
    said = [sentence for sentence in _sentences(completion[:start]) if len(sentence.split()) > 1]
    if len(set(said)) < len(said):
        return f"repeats itself: {len(said) - len(set(said))} sentences"
    return ""


def _fault(question: str, answer: str, reasoning: str) -> str:
    sentences = _sentences(reasoning)
    try:
        said = [equations(sentence) for sentence in sentences]
    except Unreadable as error:
        return f"unreadable equation: {shortened(str(error))}"
    every = [equation for found in said for equation in found]
    wrong = next((equation for equation in every if not equation.holds), None)
    if wrong is not None:
        return f"false equation: {shortened(wrong.text)}"
    derivations = chains(every)
    if not derivations:
        return "no reasoning"
    if (nowhere := unfounded(question, sentences, said)) is not None:
        return f"number from nowhere: {nowhere}"
    if name := stranger(question, reasoning):
        return f"name from nowhere: {shortened(name)}"
    if quote := misquoted(question, reasoning, {abs(equation.result) for equation in every}):
        return f"misquotes the question: {shortened(quote)}"
    if owner := other_owner(question, sentences[-1]):
        return f"answers for another: {shortened(owner)}"
    return _unborne(derivations, number(answer))


def _unborne(derivations: Sequence[Sequence[Equation]], answer: Fraction | None) -> str:
    """Whether the answer is what was derived, out of all that was."""
    last = derivations[-1][-1].result
    if answer is not None and answer not in (last, 100 * last):  # 0.25 of a dollar is 25 cents
        return f"reasoning for another answer: {last}, not {answer}"
    unused = idle(derivations, last)
    return "" if unused is None else f"nothing is made of it: {shortened(unused[-1].text)}"


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]
