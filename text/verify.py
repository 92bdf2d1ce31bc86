"""Which attempts are worth learning from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from pydantic import PrivateAttr

from multisynth.kinds import REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map

from .equations import Equation, Unreadable, equations, number
from .judge import Judge

_STATED = (
    re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"),
    re.compile(r"####[ \t]*([^\n]+)"),
    re.compile(r"(?i:\banswer is:?)[ \t]*([^\n]+?)(?=[.!?](?:\s|$)|\n|$)"),
)
_HAS = re.compile(r"\b([A-Z][a-z]+) has (\d+)\b(?!\s*[-+*/×÷,.]\s*\d)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Verify(Map):
    """Keeps an attempt if its final answer is right and its reasoning bears it (after STaR, Zelikman et al. 2022).

    The answer is compared as a number or by math-verify. Beyond the answer: there is reasoning; every equation stated
    is true; its equations use only numbers of the question or results found before; the last one gives the answer; it
    gives nobody what the question gives to another; it says nothing twice and ends with its answer. The rest is dropped
    with the reason. A right answer over wrong reasoning would teach the model the reasoning.
    """

    takes = (REASONING,)

    _judge: Judge = PrivateAttr(default_factory=Judge)

    def close(self) -> None:
        """End the comparing process."""
        self._judge.close()

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Judge each attempt by itself."""
        for sample in samples:
            reason, verifier, answer = self._fault(sample["question"], sample["answer"], sample["completion"])
            if reason:
                yield Drop(sample, reason)
            else:
                text = sample["completion"].strip()
                kept = sample if text == sample["completion"] else sample.replace(completion=text)
                yield kept.with_meta(verifier=verifier, verified_answer=answer)

    def _fault(self, question: str, gold: str, completion: str) -> tuple[str, str, str]:
        """The reason to drop, or an empty one, with the verifier and the answer found."""
        found = _answer(completion)
        if found is None:
            return "no answer", "", ""
        answer, start, end = found
        try:
            same, verifier = self._judge.same(gold, answer)
        except TimeoutError as error:
            return f"undecided: {error}", "", answer
        if not same:
            return f"wrong answer: got {_short(answer)}, gold {_short(gold)}", verifier, answer
        fault = _rambling(completion, start, end) or _reasoning_fault(question, answer, completion[:start])
        return fault, verifier, answer


def _answer(completion: str) -> tuple[str, int, int] | None:
    """The final answer, where its statement starts, and where it ends."""
    for pattern in _STATED:
        matches = list(pattern.finditer(completion))
        if matches:
            last = matches[-1]
            return last[1].strip().strip("*$ ").rstrip("."), last.start(), last.end()
    return None


def _rambling(completion: str, start: int, end: int) -> str:
    """Whether the text does more than reason once and answer once."""
    stated = sum(1 for pattern in _STATED for _ in pattern.finditer(completion))
    if stated > 1:
        return f"answers more than once: {stated} times"
    after = completion[end:].strip(" .!*$\n")
    if after:
        return f"goes on after the answer: {len(after)} characters"
    sentences = [sentence.strip() for sentence in _SENTENCE.split(completion[:start]) if sentence.strip()]
    if len(set(sentences)) < len(sentences):
        return f"repeats itself: {len(sentences) - len(set(sentences))} sentences"
    return ""


def _reasoning_fault(question: str, answer: str, reasoning: str) -> str:
    try:
        stated = equations(reasoning)
    except Unreadable as error:
        return f"unreadable equation: {_short(str(error))}"
    wrong = next((equation for equation in stated if not equation.holds), None)
    if wrong is not None:
        return f"false equation: {_short(wrong.text)}"
    computing = [equation for equation in stated if equation.computes]
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
    if value is not None and stated[-1].result != value:
        return f"reasoning for another answer: {stated[-1].result}, not {value}"
    return ""


def _unfounded(question: str, stated: list[Equation]) -> Fraction | None:
    """The first number that is neither in the question nor the result of an equation before."""
    known = {value for word in _numbers(question) if (value := number(word)) is not None}
    for equation in stated:
        for term in equation.terms:
            if term not in known:
                return term
        known.add(equation.result)
    return None


def _numbers(question: str) -> set[str]:
    return set(re.findall(r"\d[\d,.]*\d|\d", question))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
