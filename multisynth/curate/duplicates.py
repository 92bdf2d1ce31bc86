"""What every removal of near-duplicates shares: one pass in the order of the inputs that keeps the first.

An input goes if it is close to one that stayed before it. So no two that stay are close, each that goes is close to
the one its reason names, and inputs that arrive later never change what was decided about earlier ones, which merging
chains of neighbours into clusters would.
"""

from __future__ import annotations

from collections.abc import Iterator

from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Reduce


class Deduplicate(Reduce):
    """Keeps the first of what is nearly the same; `resolve` says which goes and why."""

    def apply(self, samples: Batch, decision: dict[str, str]) -> Iterator[Sample | Drop]:
        """Hand on every sample but those that the decision names.

        Args:
            samples: Any batch of the inputs.
            decision: The reason for each id that goes.
        """
        for sample in samples:
            reason = decision.get(sample.id)
            yield sample if reason is None else Drop(sample, reason)
