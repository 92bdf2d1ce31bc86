"""What stages that judge attempts have in common."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pydantic import Field, PrivateAttr

from multisynth.kinds import REASONING
from multisynth.sample import Batch, Sample
from multisynth.sandbox import Isolation
from multisynth.stage import Map

from .verifiers import Verdict, Verifiers


class Judging(Map):
    """A stage that has attempts judged by the verifier that their problem names."""

    takes = (REASONING,)

    sandbox: Isolation = Field(
        "bubblewrap", description="Where programs are judged; none only if every one of them may be trusted."
    )

    _verifiers: Verifiers | None = PrivateAttr(None)
    _threads: ThreadPoolExecutor | None = PrivateAttr(None)

    def open(self) -> None:
        """Have the verifiers ready; each starts with the first problem that names it."""
        self._verifiers = Verifiers(self.sandbox)
        self._threads = ThreadPoolExecutor(os.cpu_count())

    def close(self) -> None:
        """End what the verifiers started."""
        if self._threads is not None:
            self._threads.shutdown()
        if self._verifiers is not None:
            self._verifiers.close()
        self._threads = self._verifiers = None

    def judged(self, samples: Batch) -> Iterator[tuple[Sample, Verdict]]:
        """Each attempt with its verdict, in order; programs run several at once."""
        verifiers, threads = self._verifiers, self._threads
        assert verifiers is not None and threads is not None
        attempts = list(samples)
        verdicts = threads.map(lambda attempt: verifiers.judge(attempt, attempt["completion"]), attempts)
        return zip(attempts, verdicts, strict=True)
