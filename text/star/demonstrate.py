"""Right answers written by rule, from which a model learns the form before it teaches itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import Field

from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map

from ..problems.scratchpad import scratchpad
from .hints import hinted


class Demonstrate(Map):
    """Works additions out on a scratchpad, line by line, as the worked examples of STaR's prompts are.

    A small model cannot learn the form from examples in its prompt; it can from a few that it is trained on. Problems
    of other verifiers are dropped. In `meta`: `route`, demonstrated.
    """

    takes = (PROBLEM,)
    makes = REASONING

    hints: float = Field(
        0.0, ge=0, le=1, description="Share of the problems that come once more with a hint, as `text.star` puts it."
    )

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Write the answers."""
        for sample in samples:
            if sample["verifier"] != "addition":
                yield Drop(sample, f"cannot be worked out by rule: verifier {sample['verifier'] or 'math'}")
                continue
            asked = [sample["question"]]
            if self.rng(sample, "hint").random() < self.hints:
                asked.append(hinted(sample["question"], sample["answer"], "addition"))
            for question in asked:
                yield self._worked(sample, question)

    def _worked(self, problem: Sample, question: str) -> Sample:
        first, second = json.loads(problem["check"])["terms"]
        columns = {name: problem[name] for name in ("answer", "domain", "verifier", "check")}
        return problem.child(
            REASONING, meta={**problem.meta, "route": "demonstrated"}, question=question,
            completion=scratchpad(first, second), attempt=0, model="rule", token_ids=[], **columns,
        )  # fmt: skip
