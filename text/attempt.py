"""A language model's attempts at problems."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.serving import Completion, EngineName, LanguageModel, Request, Unfit, Watermark, resolve
from multisynth.stage import Map, Needs

from .worked import prompt

if TYPE_CHECKING:
    import numpy as np


class Attempt(Map):
    """Asks a model for several answers to each problem, after worked examples of the same kind (Brown et al. 2020).

    All attempts are handed on, right or wrong; `text.verify` judges them.
    """

    takes = (PROBLEM,)
    makes = REASONING
    needs: ClassVar[Needs] = Needs(batch_size=64, concurrency=1)

    model: str = Field("smollm2-135m", description="`hf:org/name`, a folder, or a name of the project's model list.")
    engine: EngineName = Field(
        "auto", description="What runs the model: auto takes vllm where it works, else transformers."
    )
    attempts: int = Field(4, ge=1, le=1024, description="Answers asked for each problem.")
    temperature: float = Field(0.5, ge=0, le=5, description="Of the sampling; 0 takes the likeliest token each time.")
    top_p: float = Field(1.0, gt=0, le=1, description="Sample from the smallest set of tokens with this probability.")
    max_tokens: int = Field(64, ge=1, le=32768, description="Tokens an answer may have.")
    watermark: bool = Field(False, description="Whether to put the text watermark into the answers.")
    delta: float = Field(
        1.0,
        gt=0,
        le=20,
        description="Watermark: bias on the logits of green tokens; more is found sooner and costs more right answers.",
    )
    gamma: float = Field(0.25, gt=0, lt=1, description="Watermark: fraction of the vocabulary that is green.")
    width: int = Field(1, ge=1, le=8, description="Watermark: preceding tokens that seed the green list.")

    _language_model: LanguageModel | None = PrivateAttr(None)
    _runner: asyncio.Runner | None = PrivateAttr(None)

    def artifacts(self) -> Sequence[Artifact]:
        """The model."""
        return (resolve(self.model).artifact,)

    def open(self) -> None:
        """Find the model; its engine starts with the first request that the cache cannot answer."""
        self._language_model = LanguageModel(resolve(self.model), self.engine)
        self._runner = asyncio.Runner()

    def close(self) -> None:
        """Let go of the model."""
        if self._language_model is not None and self._runner is not None:
            self._language_model.close()
            self._runner.close()

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Make every attempt at every problem of the batch at once."""
        assert self._runner is not None
        answers = self._runner.run(self._ask(samples))
        for sample, completions in zip(samples, answers, strict=True):
            if isinstance(completions, Unfit):
                yield Drop(sample, f"does not fit the model: {completions.problem}")
                continue
            self.spend(sample, tokens=sum(c.prompt_tokens + c.generated for c in completions))
            yield from (self._made(sample, number, answer) for number, answer in enumerate(completions))

    async def _ask(self, samples: Batch) -> list[list[Completion] | Unfit]:
        return await asyncio.gather(*(self._ask_one(sample) for sample in samples))

    async def _ask_one(self, sample: Sample) -> list[Completion] | Unfit:
        assert self._language_model is not None
        model = self._language_model
        try:
            return await asyncio.gather(*(model.complete(self._request(sample, k)) for k in range(self.attempts)))
        except Unfit as error:
            return error

    def _request(self, sample: Sample, number: int) -> Request:
        draws: np.random.Generator = self.rng(sample, f"attempt {number}")
        return Request(
            prompt(sample["question"], sample["domain"]),
            seed=int(draws.integers(2**63)),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            stop=("\n",),
            watermark=Watermark(self.delta, self.gamma, self.width) if self.watermark else None,
        )

    def _made(self, sample: Sample, number: int, answer: Completion) -> Sample:
        return sample.child(
            REASONING,
            question=sample["question"],
            answer=sample["answer"],
            domain=sample["domain"],
            completion=answer.text.strip(),
            attempt=number,
            model=self.model,
            token_ids=list(answer.token_ids),
            meta={**sample.meta, "finish": answer.finish, "watermarked": self.watermark},
        )
