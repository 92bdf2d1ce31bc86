"""How good an answer is, by a model that was trained to say so or by a language model's judgement."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from math import exp

from pydantic import Field, PrivateAttr

from multisynth.errors import BadInput
from multisynth.kinds import REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.serving import Message, Request
from multisynth.serving.asking import Ask, Asking
from multisynth.serving.models import resolve

from .classifier import Classifier

ASKED = """Rate an answer to a question from 1 to 10: 1 is useless, 10 could not be better. Look for this: {criteria}.

Question: {question}

Answer: {answer}

Reply with the number alone."""


class Reward(Asking):
    """Notes in `meta` the `reward` of each attempt; `text.top` keeps the best.

    A `model` with a head for sequence classification gives its score (one output) or the probability of its last class
    (several), in batches. Any other is asked for a rating: the reward is its expected value, 1 to 10, over the model's
    probabilities of the numbers (Liu et al. 2023, arXiv 2303.16634, section 2), and `rated` how probable it was that
    the model would give a number at all.
    """

    takes = (REASONING,)

    criteria: str = Field(
        "it is correct, and every step of it follows", min_length=1, max_length=4000, description="Of ratings."
    )
    chat: bool = Field(True, description="For ratings: whether to use the model's chat template.")
    batch: int = Field(16, ge=1, le=4096, description="For classifiers: answers scored at once.")

    _classifier: Classifier | None = PrivateAttr(None)

    def open(self) -> None:
        """Find the model."""
        if not self._classifies():
            super().open()
            return
        assert isinstance(self.model, str)
        path = resolve(self.model).path
        assert path is not None
        self._classifier = Classifier(path, self.batch)

    def close(self) -> None:
        """Let go of the model."""
        super().close()
        self._classifier = None

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Score each attempt by itself."""
        if self._classifier is None:
            yield from super().process(samples)
            return
        scores = self._classifier.scores(list(zip(samples["question"], samples["completion"], strict=True)))
        for sample, score in zip(samples, scores, strict=True):
            yield Drop(sample, "no reward: not a number") if score != score else sample.with_meta(reward=score)

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Ask for the first digit and for what follows a 1: few tokenizers have a token for 10."""
        first, second = await asyncio.gather(*(ask(self._request(sample, prefix)) for prefix in ("", "1")))
        expected, rated = expectation(_next(first.alternatives), _next(second.alternatives))
        if not rated:
            return [Drop(sample, "no rating among the likeliest tokens")]
        return [sample.with_meta(reward=expected, rated=rated)]

    def _request(self, sample: Sample, prefix: str) -> Request:
        text = ASKED.format(criteria=self.criteria, question=sample["question"], answer=sample["completion"])
        prompt = (Message("user", text),) if self.chat else f"{text}\n\nRating, 1 to 10:\n"
        return self.request(
            prompt, sample, f"rating {prefix}", prefix=prefix, max_tokens=1, temperature=0.0, top_p=1.0, top_k=0,
            alternatives=20,
        )  # fmt: skip

    def _classifies(self) -> bool:
        if self.trained or not isinstance(self.model, str):
            return False
        path = resolve(self.model).path
        if path is None:
            return False
        try:
            names = json.loads((path / "config.json").read_text(encoding="utf-8")).get("architectures") or [""]
        except (OSError, ValueError, AttributeError) as error:
            raise BadInput(
                f"config.json of the model {self.model} cannot be read: {error}", "save it with `save_pretrained`"
            ) from None
        return str(names[0]).endswith("ForSequenceClassification")


def expectation(first: dict[str, float], after_one: dict[str, float]) -> tuple[float, float]:
    """The expected rating, and the probability of any rating.

    Args:
        first: Probabilities of the first token.
        after_one: Probabilities of the token after `1`.

    Returns:
        Both 0 where no rating is among the tokens.
    """
    weights = {rating: first.get(str(rating), 0.0) for rating in range(1, 11)}
    tens = weights[1] * sum(p for token, p in after_one.items() if token.startswith("0"))
    weights[1], weights[10] = weights[1] - tens, weights[10] + tens
    rated = sum(weights.values())
    return (sum(rating * p for rating, p in weights.items()) / rated, min(rated, 1.0)) if rated > 0 else (0.0, 0.0)


def _next(alternatives: tuple[tuple[tuple[str, float], ...], ...] | None) -> dict[str, float]:
    """Probabilities of the first place's tokens, spaces around them left out."""
    found: dict[str, float] = {}
    for token, logprob in alternatives[0] if alternatives else ():
        found[token.strip()] = found.get(token.strip(), 0.0) + exp(logprob)
    return found
