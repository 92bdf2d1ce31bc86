"""Final answers compared as numbers, or by math-verify."""

from __future__ import annotations

from multisynth.sample import Sample

from .stated import stated
from .symbolic import Symbolic
from .verdict import Verdict


class Mathematics:
    """The final answer means what the gold answer means, however it is written."""

    def __init__(self, symbolic: Symbolic) -> None:
        self._symbolic = symbolic

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        found = stated(completion)
        if found is None:
            return Verdict(False, "no answer", "", "exact")
        gold = problem["answer"]
        try:
            same, verifier = self._symbolic.same(gold, found.answer)
        except TimeoutError as error:
            return Verdict(False, f"undecided: {error}", found.answer, "math-verify")
        reason = "" if same else f"wrong answer: got {shortened(found.answer)}, gold {shortened(gold)}"
        return Verdict(same, reason, found.answer, verifier)

    def close(self) -> None:
        """Nothing was started."""


def shortened(text: str) -> str:
    """As reasons quote it."""
    return text if len(text) <= 60 else text[:59] + "…"
