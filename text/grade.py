"""How many attempts are right."""

from __future__ import annotations

from collections.abc import Iterator

from multisynth.sample import Batch, Sample

from .judging import Judging


class Grade(Judging):
    """Keeps every attempt and notes in its `meta` whether it is `right`, and if not the `reason`.

    Right is the answer; a fault of the reasoning, where the verifier reads that, is its `flaw`.

    On problems that were held out from training, the mean of `right` is the model's accuracy.
    """

    version = 6

    def process(self, samples: Batch) -> Iterator[Sample]:
        """Judge each attempt by itself."""
        for sample, verdict in self.judged(samples):
            yield sample.with_meta(
                right=verdict.right, reason=verdict.reason, flaw=verdict.flaw, verifier=verdict.verifier,
                verified_answer=verdict.answer,
            )  # fmt: skip
