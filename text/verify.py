"""Which attempts are worth learning from."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import PrivateAttr

from multisynth.kinds import REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map

from .verifiers import Verifiers


class Verify(Map):
    """Keeps an attempt if the verifier that its problem names finds it right; drops the rest with the reason."""

    version = 2
    takes = (REASONING,)

    _verifiers: Verifiers | None = PrivateAttr(None)

    def open(self) -> None:
        """Have the verifiers ready; each starts with the first problem that names it."""
        self._verifiers = Verifiers()

    def close(self) -> None:
        """End what the verifiers started."""
        if self._verifiers is not None:
            self._verifiers.close()

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Judge each attempt by itself."""
        assert self._verifiers is not None
        for sample in samples:
            verdict = self._verifiers.judge(sample, sample["completion"])
            if not verdict.right:
                yield Drop(sample, verdict.reason)
                continue
            text = sample["completion"].strip()
            kept = sample if text == sample["completion"] else sample.replace(completion=text)
            yield kept.with_meta(verifier=verdict.verifier, verified_answer=verdict.answer)
