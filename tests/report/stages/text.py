"""Language models: problems, answers, debates, searches, preferences, and what is trained."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from pydantic import Field

from multisynth.artifact import Artifact
from multisynth.kinds import DEBATE, DOCUMENT, MODEL, PREFERENCE, PROBLEM, REASONING, TREE
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Source
from tests.report.hostile import HOSTILE


class Ask(Source):
    makes = PROBLEM
    count: int = Field(20, ge=0, description="How many.")
    words: str = Field("How many", description="Question.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            yield Sample(PROBLEM, n, question=f"{self.words} {n}?", answer=str(n), domain="counting")


class Solve(Map):
    """Three attempts at each problem, of which those at every third one are wrong in two ways."""

    takes = (PROBLEM,)
    makes = REASONING

    def artifacts(self) -> Sequence[Artifact]:
        return (Artifact("sha256:" + "ab" * 32, "model", HOSTILE, "Apache-2.0"),)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            self.spend(sample, read=60, written=40)
            wrong = int(sample["answer"]) % 3 == 0
            for attempt in range(3):
                if attempt and wrong:
                    yield Drop(sample, f"wrong: said {attempt}" if attempt == 1 else "empty")
                elif not (wrong and sample["answer"] == "0"):
                    yield sample.child(
                        REASONING, question=sample["question"], answer=sample["answer"], domain="counting",
                        attempt=attempt,
                        completion=f"{sample['question']} is {sample['answer']}", model="small", token_ids=[1, 2],
                        meta={"watermark_z": 6.0 if attempt else 1.0},
                    )  # fmt: skip


class Check(Map):
    """Drops late attempts and raises on two inputs."""

    takes = (REASONING,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if sample["answer"] in ("4", "5"):
                raise ValueError(f"{HOSTILE} at {sample['answer']}")
            yield Drop(sample, f"{HOSTILE}: 2") if sample["attempt"] == 2 else sample


class Copies(Map):
    """Calls each document but the first of a batch a copy of the one before it."""

    takes = (DOCUMENT,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        before: Sample | None = None
        for sample in samples:
            yield sample if before is None else Drop(sample, f"copy of {before.id}: distance 0")
            before = sample


class Grade(Map):
    """Says which attempts are right: those at even answers, and of the others the first ones."""

    takes = (REASONING,)
    words: str = Field("", description="Of a domain, before the number.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(sample["answer"])
            right = n % 2 == 0 or sample["attempt"] == 0
            yield sample.replace(domain=f"{self.words}{n % 2}").with_meta(right=right, reason=self.words)


class Even(Map):
    """Keeps what is right at even answers."""

    takes = (REASONING,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample if int(sample["answer"]) % 2 == 0 else Drop(sample, f"odd: {sample['answer']}")


class Route(Map):
    """A rationale of each problem but every fifth, by one of two routes."""

    takes = (PROBLEM,)
    makes = REASONING
    words: str = Field("", description="Of a route, before its name.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(sample["answer"])
            if n % 5 == 4:
                yield Drop(sample, f"wrong answer: {n}")
                continue
            route = f"{self.words}{'attempt' if n % 5 < 3 else 'rationalised'}"
            yield sample.child(
                REASONING, question=sample["question"], answer=sample["answer"], domain="counting", attempt=0,
                completion=f"{self.words} first\n```python\nprint({n})\n```\n{self.words} last", model="small",
                token_ids=[], steps=[f"{self.words} first\n", "last"] if n % 2 else None,
                values=[0.25, 1.0] if n % 2 else None, meta={"route": route},
            )  # fmt: skip


class Debate(Map):
    """Verdicts are right at every third problem, votes at every other one, and every fourth debate is flagged."""

    takes = (PROBLEM,)
    makes = DEBATE
    words: str = Field("so", description="What is said.")
    verified: bool = Field(True, description="Whether there is anything to verify by.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n, flagged = int(sample["answer"]), int(sample["answer"]) % 4 == 0
            turns = [
                {
                    "speaker": ["proponent", "opponent", self.words][k % 3], "act": "opening",
                    "text": f"{self.words} {k}", "claim": str(k), "contradicts": 0 if flagged and k == 3 else -1,
                    "reason": self.words if flagged and k == 3 else "",
                }
                for k in range(5)
            ]  # fmt: skip
            yield sample.child(
                DEBATE, question=sample["question"], answer=sample["answer"], domain=self.words, turns=turns,
                flagged=flagged, verdict=self.words, right=n % 3 == 0 if self.verified else None, tokens=100 + n,
                vote=self.words, vote_right=n % 2 == 0 if self.verified else None, votes=[self.words, "b", "b"],
                vote_tokens=200 + n, model=self.words, judge=self.words,
            )  # fmt: skip


class Search(Map):
    """A tree of each problem n: the root, and below it n steps in a row; the last is right where n is even."""

    takes = (PROBLEM,)
    makes = TREE
    words: str = Field("step", description="Of each step.")
    nodes: str | None = Field(None, description="Instead, JSON.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(sample["answer"])
            nodes = [
                {
                    "parent": k - 1, "text": f"{self.words} {k}" if k else "", "prior": 0.5, "visits": 10 - k % 10,
                    "value": k / max(n, 1), "ends": k == n, "right": n % 2 == 0 if k == n and n else None,
                }
                for k in range(n + 1)
            ]  # fmt: skip
            yield sample.child(
                TREE, question=sample["question"], answer=sample["answer"], domain="counting",
                nodes=nodes if self.nodes is None else json.loads(self.nodes), rollouts=n,
                first_right=n % 4 == 0 and n > 0, tokens=10 * n, model=self.words,
            )  # fmt: skip


class Prefer(Map):
    """A pair of each problem n, with the margin n / 10."""

    takes = (PROBLEM,)
    makes = PREFERENCE
    words: str = Field("good", description="Of both.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            prompt = [{"role": "user", "content": sample["question"]}, {"role": self.words, "content": self.words}]
            yield sample.child(
                PREFERENCE, prompt=prompt, chosen=f"```\n{self.words}\n```", rejected=f"not {self.words}",
                domain=self.words, margin=int(sample["answer"]) / 10, judge=self.words, model=self.words,
            )  # fmt: skip


class Train(Source):
    """Models of 50 steps each further; their losses are 1 / step."""

    makes = MODEL
    count: int = Field(1, ge=1, description="How many.")
    words: str = Field("sft", description="Method and base.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            steps = 50 * (n + 1)
            yield Sample(
                MODEL, n, parents=[f"{k:032x}" for k in range(7)], base=self.words, method=self.words, step=steps,
                tokens=1000 * steps, losses=(1 / np.arange(1, steps + 1)).astype(np.float32), held_out=0.5 + 0.1 * n,
                files=b"{}", weights=b"weights", moments=b"moments", meta={"held_out_before": 0.25},
            )  # fmt: skip
