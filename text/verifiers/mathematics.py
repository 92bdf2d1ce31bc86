"""Final answers compared as numbers, or by math-verify."""

from __future__ import annotations

import re

from multisynth.sample import Sample

from .answers.stated import stated
from .answers.symbolic import Symbolic
from .verdict import Verdict, shortened

_SCALE = "(dozen|hundred|thousand|million|billion)"
_ASKED = re.compile(
    rf"\bhow (?:many|much)(?: more| total)? {_SCALE}|\bin {_SCALE}s\b|\b(?:what|which|many|as an?|in|the) (percent)",
    re.IGNORECASE,
)


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
        if not gold.strip():
            return Verdict(False, "no gold answer", found.answer, "exact")
        asked = _ASKED.search(problem["question"])
        unit = next(filter(None, asked.groups())).lower() if asked else ""
        try:
            same, verifier = self._symbolic.same(gold, found.answer, unit)
        except TimeoutError as error:
            return Verdict(False, f"undecided: {error}", found.answer, "math-verify")
        reason = "" if same else f"wrong answer: got {shortened(found.answer)}, gold {shortened(gold)}"
        return Verdict(same, reason, found.answer, verifier)

    def close(self) -> None:
        """Nothing was started."""
