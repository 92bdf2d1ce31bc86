"""Which attempts are worth learning from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from multisynth.sample import Batch, Drop, Sample

from .judging import Judging

_FENCE = re.compile(r"^[ \t]*```", re.MULTILINE)


class Verify(Judging):
    """Keeps an attempt if the verifier that its problem names finds it right; drops the rest with the reason.

    An answer that was cut off at `max_tokens` is not right, whatever it says so far. A block of code that a stop string
    left open is closed, and a fence that closes none is gone.
    """

    version = 7

    flawless: bool = Field(
        True,
        description="Whether a right answer over a fault that its verifier notes (a false equation) goes too.",
    )

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Judge each attempt by itself."""
        for sample, verdict in self.judged(samples):
            if not verdict.right:
                yield Drop(sample, verdict.reason)
                continue
            if self.flawless and verdict.flaw:
                yield Drop(sample, verdict.flaw)
                continue
            text = _closed(sample["completion"].strip())
            kept = sample if text == sample["completion"] else sample.replace(completion=text)
            yield kept.with_meta(verifier=verdict.verifier, verified_answer=verdict.answer)


def _closed(text: str) -> str:
    if len(_FENCE.findall(text)) % 2 == 0:
        return text
    before, _, last = text.rpartition("\n")
    return before if before and last.strip() == "```" else f"{text}\n```"
