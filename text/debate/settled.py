"""What debates teach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from multisynth.kinds import DEBATE, REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map

from ..posed import posed
from .contradiction import same_answer


class Settled(Map):
    """Keeps debates in which nobody contradicted themselves and the verdict verifies, as reasoning for the verdict."""

    takes = (DEBATE,)
    makes = REASONING

    reasons: Literal["winner", "judge"] = Field(
        "winner",
        description="Whose words are kept: the opening of the side that won, or the judge's.",
    )

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Judge each debate by itself."""
        for sample in samples:
            turns = sample["turns"]
            if sample["flagged"]:
                place = next(k for k, turn in enumerate(turns) if turn["contradicts"] >= 0)
                yield Drop(sample, f"a speaker contradicts themselves: turn {place}")
            elif sample["right"] is None:
                yield Drop(sample, "nothing to verify the verdict by")
            elif not sample["right"]:
                yield Drop(sample, f"the verdict is wrong: {sample['verdict'][:60]}, gold {sample['answer'][:60]}")
            else:
                yield from self._kept(sample)

    def _kept(self, sample: Sample) -> Iterator[Sample | Drop]:
        turns, verdict = sample["turns"], sample["verdict"]
        told = next(
            (
                turn
                for turn in (turns if self.reasons == "winner" else turns[-1:])
                if turn["act"] in ("opening", "verdict") and turn["claim"] and same_answer(turn["claim"], verdict)
            ),
            None,
        )
        if told is None or (told["speaker"] == "judge" and self.reasons == "winner"):
            yield Drop(sample, f"nobody stood for the verdict: {verdict[:60]}")
            return
        yield sample.child(
            REASONING,
            **posed(sample),
            completion=told["text"],
            attempt=0,
            model=sample["judge" if told["speaker"] == "judge" else "model"],
            token_ids=[],
            meta={**sample.meta, "speaker": told["speaker"]},
        )
