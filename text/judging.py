"""What stages that judge attempts have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from multisynth.kinds import REASONING
from multisynth.sample import Batch, Sample
from multisynth.sandbox import Isolation
from multisynth.stage import Map, Needs

from .verifiers import Verdict, Verifiers


class Judging(Map):
    """A stage that has attempts judged by the verifier that their problem names.

    A worker judges one attempt at a time: programs run under a limit by the clock, so that those of all workers
    together must not be more than the cores. Batches are small, for the workers to have enough of them.
    """

    needs: ClassVar[Needs] = Needs(batch_size=32)
    takes = (REASONING,)

    sandbox: Isolation = Field(
        "bubblewrap", description="Where programs are judged; none only if every one of them may be trusted."
    )

    _verifiers: Verifiers | None = PrivateAttr(None)

    def open(self) -> None:
        """Have the verifiers ready; each starts with the first problem that names it."""
        self._verifiers = Verifiers(self.sandbox)

    def close(self) -> None:
        """End what the verifiers started."""
        if self._verifiers is not None:
            self._verifiers.close()
        self._verifiers = None

    def judged(self, samples: Batch) -> Iterator[tuple[Sample, Verdict]]:
        """Each attempt with its verdict, in order."""
        assert self._verifiers is not None
        for attempt in samples:
            yield attempt, self._verifiers.judge(attempt, attempt["completion"], cut_off(attempt.meta))


def cut_off(ending: Mapping[str, Any]) -> int | None:
    """After how many tokens an answer was cut off at `max_tokens`; None where it ended by itself.

    Args:
        ending: How it ended, as its `meta` says: `finish`, and `generated` tokens.
    """
    return ending.get("generated", 0) if ending.get("finish") == "length" else None
