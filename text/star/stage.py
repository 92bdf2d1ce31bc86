"""Rationales that a model found by itself, or with the answer as a hint: the inner loop of STaR."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal, NamedTuple

from pydantic import Field

from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Drop, Sample
from multisynth.serving import Completion, Request
from multisynth.serving.asking import Ask

from ..solving import Solving, Trying, answered
from ..verifiers import Verdict
from .hints import hintable, leak
from .rationalise import rationalising


class Star(Trying, Solving):
    """Attempts each problem, and rationalises where it fails (STaR: Zelikman et al. 2022, arXiv 2203.14465).

    A problem gives one rationale at most: its first attempt that verifies, or else the first that verifies when the
    model is asked again with the gold answer as a hint. That one is kept with the question as it was, without the hint;
    one that lets the hint show is dropped. In `meta`: `route`, attempt or rationalised, `verifier` and
    `verified_answer`. A problem that gives none is dropped with what was wrong with the last answer. No hint is given
    where the answer is a program or JSON: it would be copied.
    """

    version = 5
    takes = (PROBLEM,)
    makes = REASONING

    attempts: int = Field(
        1, ge=1, le=1024, description="Answers asked for a problem until one is right; under the hint as many again."
    )
    rationalise: bool = Field(True, description="Whether to ask again with the gold answer as a hint.")
    hint_shots: bool = Field(
        True, description="Whether worked examples with hints come before a hinted question, however others are asked."
    )
    sound: bool = Field(
        True,
        description="Whether the reasoning too must be without flaws that a verifier sees.",
    )
    temperature: float = Field(0.5, ge=0, le=5, description="Of the sampling; 0 takes the likeliest token each time.")

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Find one rationale."""
        tried = await self._try(sample, ask, "attempt")
        if not tried.verdict.right and self.rationalise and sample["answer"] and hintable(sample["verifier"]):
            tried = await self._try(sample, ask, "rationalised")
        verdict, route = tried.verdict, tried.route
        if not verdict.right:
            return [Drop(sample, verdict.reason if route == "attempt" else f"under the hint, {verdict.reason}")]
        measured = {"route": route, "verifier": verdict.verifier, "verified_answer": verdict.answer}
        number = tried.number + (self.attempts if route == "rationalised" else 0)
        return [self.reasoning(sample, tried.answer, attempt=number, meta=measured)]

    async def _try(self, problem: Sample, ask: Ask, route: Route) -> Tried:
        """Ask until an answer is right; the last answer where none is."""
        for number in range(self.attempts):
            answer = await answered(ask, self._request(problem, route, number))
            verdict = await self._verdict(problem, answer, route)
            if verdict.right:
                break
        return Tried(route, number, answer, verdict)

    def _request(self, problem: Sample, route: Route, number: int) -> Request:
        request = self.question(problem, f"{route} {number}")
        if route == "attempt":
            return request
        prompt = rationalising(self.form, problem, shots=self.form.shots or self.hint_shots)
        return dataclasses.replace(request, prompt=prompt)

    async def _verdict(self, problem: Sample, answer: Completion, route: Route) -> Verdict:
        verdict = await self.judged(problem, answer)
        fault = verdict.flaw if self.sound else ""
        if route == "rationalised":
            fault = fault or leak(problem["question"], problem["answer"], answer.text, problem["verifier"])
        return dataclasses.replace(verdict, right=False, reason=fault) if verdict.right and fault else verdict


Route = Literal["attempt", "rationalised"]


class Tried(NamedTuple):
    """The last of some answers to a problem, and what is to be said of it."""

    route: Route
    number: int
    answer: Completion
    verdict: Verdict
