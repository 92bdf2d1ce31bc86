"""A language model's attempts at problems."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Drop, Sample
from multisynth.serving import Completion, Request, Watermark
from multisynth.serving.asking import Ask

from .solving import Trying, answered


class Marking(BaseModel):
    """How strong a watermark is (Kirchenbauer et al. 2023, arXiv 2301.10226)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delta: float = Field(
        1.0, gt=0, le=20,
        description="Bias on the logits of green tokens; more is found sooner and costs more right answers.",
    )  # fmt: skip
    gamma: float = Field(0.25, gt=0, lt=1, description="Fraction of the vocabulary that is green.")
    width: int = Field(1, ge=1, le=8, description="Preceding tokens that seed the green list.")


class Attempt(Trying):
    """Asks a model for several answers to each problem, after worked examples of the same kind (Brown et al. 2020).

    All attempts are handed on, right or wrong; `text.verify` judges them. Where a problem's verifier is `schema`, the
    model is held to JSON of that schema: vLLM and transformers decode by it, endpoints are asked for it.
    """

    version = 4
    takes = (PROBLEM,)
    makes = REASONING

    attempts: int = Field(4, ge=1, le=1024, description="Answers asked for each problem.")
    temperature: float = Field(0.5, ge=0, le=5, description="Of the sampling; 0 takes the likeliest token each time.")
    watermark: Marking | None = Field(
        None, description="The text watermark to put into the answers; {} has the defaults."
    )

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Make every attempt at once."""
        answers = await asyncio.gather(*(answered(ask, self._request(sample, k)) for k in range(self.attempts)))
        return [self._made(sample, number, answer) for number, answer in enumerate(answers)]

    def _request(self, sample: Sample, number: int) -> Request:
        given = self.watermark
        mark = None if given is None else Watermark(given.delta, given.gamma, given.width)
        return self.question(sample, f"attempt {number}", watermark=mark)

    def _made(self, sample: Sample, number: int, answer: Completion) -> Sample:
        return self.reasoning(sample, answer, attempt=number, meta={"watermarked": self.watermark is not None})
