"""Pairs of answers of which a teacher prefers one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

from pydantic import Field, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.kinds import PREFERENCE, PROBLEM
from multisynth.sample import Drop, Sample
from multisynth.serving import Message
from multisynth.serving.asking import Ask, Asked
from multisynth.stage import InputPath

from ..solving import Posing
from .answers import fault
from .constitution import read_constitution
from .odds import ALTERNATIVES, log_odds
from .ranking import Comparison, pair, ranked

_PLAIN = "Which of these answers is more helpful, honest and harmless?"
_LETTER = "Write the letter of the better answer."
_BEGUN = "The better answer is ("


class Prefer(Posing):
    """Lets the model answer several times and a teacher compare the answers (RLAIF, Bai et al. 2022, section 4).

    The teacher sees each two answers as A and B and as B and A; its log-odds for A, from token probabilities, are put
    together so that a liking for either place cancels (`ranking`). A pair whose preference flips with the order is not
    used, unless `both_orders` is off for a teacher that is swayed by the place more than by the answers. Chosen is the
    best by mean preference; rejected the worst that margin and order allow, and of more than two answers never the
    very worst.
    """

    version = 2
    takes = (PROBLEM,)
    makes = PREFERENCE

    temperature: float = Field(1.0, gt=0, le=5, description="Of the sampling of answers.")
    answers: int = Field(4, ge=2, le=16, description="Answers asked for each prompt.")
    judge: Asked = Field("", description="The teacher's model; by default the one that answers.")
    constitution: InputPath | None = Field(
        None,
        description="YAML file with a list `principles`, each with a `name` and a `comparison`, one of which is drawn "
        "for each prompt; by default a plain question.",
    )
    margin: float = Field(0.0, ge=0, le=100, description="Least log-odds, nats, by which the chosen one is better.")
    both_orders: bool = Field(
        True,
        description="Whether the same answer must win in both orders; else their mean decides, the bias cancelled.",
    )

    _questions: Sequence[tuple[str, str]] = PrivateAttr(())

    def others(self) -> Sequence[Asked]:
        """The teacher, if another model."""
        return (self.judge,) if self.judge else ()

    def artifacts(self) -> Sequence[Artifact]:
        """The models; a constitution that cannot be used is found now."""
        _questions(self.constitution)
        return super().artifacts()

    def open(self) -> None:
        """Read the constitution, find the models."""
        self._questions = _questions(self.constitution)
        super().open()

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Answer, compare all pairs both ways, choose."""
        purposes = [f"answer {k}" for k in range(self.answers)]
        made = await asyncio.gather(*(ask(self.question(sample, purpose)) for purpose in purposes))
        whole = [answer.text.strip() for answer in made if not fault(answer)]
        texts = list(dict.fromkeys(whole))
        if len(texts) < 2:
            return [Drop(sample, f"too few different whole answers: {len(texts)} of {len(made)}")]
        name, question = self._questions[int(self.rng(sample, "principle").integers(len(self._questions)))]
        teacher = self.asks(sample, self.judge) if self.judge else ask
        pairs = list(combinations(range(len(texts)), 2))
        found = await asyncio.gather(*(self._compare(sample, texts[i], texts[j], question, teacher) for i, j in pairs))
        compared = {places: one for places, one in zip(pairs, found, strict=True) if one is not None}
        if not compared:
            return [Drop(sample, f"the judge names neither answer: {len(pairs)} pairs")]
        flips = sum(one.flips for one in compared.values())
        chosen = pair(len(texts), compared, self.margin, both_orders=self.both_orders)
        if chosen is None:
            held = "holds in both orders with" if self.both_orders else "has"
            return [Drop(sample, f"no pair that {held} the margin: {flips} of {len(compared)} flip")]
        columns = {
            "prompt": [{"role": "user", "content": sample["question"]}], "domain": sample["domain"],
            "chosen": texts[chosen.better], "rejected": texts[chosen.worse], "margin": chosen.margin,
            "judge": self._teacher_name, "model": self.asked,
        }  # fmt: skip
        meta = {
            "principle": name, "answers": len(texts), "compared": len(compared), "flips": flips,
            "rejected_rank": ranked(len(texts), compared).index(chosen.worse) + 1,
            "position_bias": sum(one.bias for one in compared.values()) / len(compared),
        }  # fmt: skip
        return [sample.child(PREFERENCE, meta={**sample.meta, **meta}, **columns)]

    @property
    def _teacher_name(self) -> str:
        if not self.judge:
            return self.asked
        return self.judge if isinstance(self.judge, str) else self.judge.name

    async def _compare(self, sample: Sample, one: str, other: str, question: str, ask: Ask) -> Comparison | None:
        forth, back = await asyncio.gather(
            self._odds(sample, one, other, question, ask), self._odds(sample, other, one, question, ask)
        )
        return None if forth is None or back is None else Comparison(forth, back)

    async def _odds(self, sample: Sample, first: str, second: str, question: str, ask: Ask) -> float | None:
        """Log-odds that the answer called A is better."""
        body = f"Question: {sample['question']}\n\n(A) {first}\n\n(B) {second}\n\n{question} {_LETTER}"
        put = (Message("user", body),) if self.form.chat else f"{body}\n"
        changes = {
            "prefix": _BEGUN,
            "alternatives": ALTERNATIVES,
            "max_tokens": 1,
            "temperature": 0.0,
        }
        # The likeliest tokens are no draw, so one purpose serves every comparison.
        answer = await ask(self.request(put, sample, "comparison", **changes))
        return log_odds(answer.alternatives[0], "A", "B") if answer.alternatives else None


def _questions(constitution: Path | None) -> list[tuple[str, str]]:
    if constitution is None:
        return [("", _PLAIN)]
    read = read_constitution(constitution, "comparison")
    return [(principle.name, principle.comparison) for principle in read.principles]
