"""The text watermark in a corpus of completions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field, PrivateAttr

from multisynth.kinds import REASONING
from multisynth.mark.detect import detect
from multisynth.mark.key import key_id, load_key
from multisynth.sample import Batch, Drop, Sample
from multisynth.serving.protocol import Watermark
from multisynth.stage import Map, Needs


class Audit(Map):
    """Measures the watermark of each completion with the user's key; drops nothing.

    In `meta`: `watermark_z`, `watermark_p`, `watermark_green` (share of green n-grams), `watermark_scored` (distinct
    n-grams) and `watermark_key` (the key's id). Short texts show little each; `multisynth.mark.detect.audit` tests all
    of them together.
    """

    takes = (REASONING,)
    needs: ClassVar[Needs] = Needs(batch_size=256)

    gamma: float = Field(0.25, gt=0, lt=1, description="Fraction of the vocabulary that is green, as at generation.")
    width: int = Field(1, ge=1, le=8, description="Preceding tokens that seed the green list, as at generation.")

    _key: bytes = PrivateAttr(b"")

    def open(self) -> None:
        """Read the key."""
        self._key = load_key()

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Annotate every sample."""
        watermark = Watermark(gamma=self.gamma, width=self.width)
        for sample in samples:
            found = detect(sample["token_ids"], self._key, watermark)
            yield sample.with_meta(
                watermark_z=round(found.z, 4),
                watermark_p=found.p_value,
                watermark_green=round(found.green_fraction, 4),
                watermark_scored=found.scored,
                watermark_key=key_id(self._key),
            )
