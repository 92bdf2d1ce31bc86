"""Reasons for an answer that is known (rationalisation: Zelikman et al. 2022, arXiv 2203.14465, section 3.2)."""

from __future__ import annotations

from multisynth.sample import Sample
from multisynth.serving import Message

from ..prompting import Prompting
from ..verifiers.answers.stated import stated
from ..worked import examples
from .hints import hinted


def rationalising(form: Prompting, problem: Sample, *, shots: bool) -> str | tuple[Message, ...]:
    """The prompt that asks for the reasons of the gold answer.

    Args:
        form: How questions are put.
        problem: With `question`, `answer`, `domain` and `verifier`.
        shots: Whether worked examples come first, each with its answer as the hint, as the question has.
    """
    verifier = problem["verifier"]
    shown = [
        (hinted(asked, found.answer, verifier), told)
        for asked, told in (examples(problem["domain"]) if shots else ())
        if (found := stated(told)) is not None
    ]
    return form.put(hinted(problem["question"], problem["answer"], verifier), shown)
