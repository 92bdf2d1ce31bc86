"""Answers that have to be the gold answer, letter for letter but for how they are set."""

from __future__ import annotations

from multisynth.sample import Sample

from .mathematics import shortened
from .stated import stated
from .symbolic import Symbolic
from .verdict import Verdict
from .words import normalised


class Exact:
    """The final answer is the gold answer, apart from case, spaces, quotes, a full stop and a leading article."""

    def __init__(self, symbolic: Symbolic) -> None:
        """As every verifier; nothing symbolic is needed."""

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        found = stated(completion)
        if found is None:
            return Verdict(False, "no answer", "", "exact")
        right = normalised(found.answer) == normalised(problem["answer"])
        got, gold = shortened(found.answer), shortened(problem["answer"])
        return Verdict(right, "" if right else f"wrong answer: got {got}, gold {gold}", found.answer, "exact")

    def close(self) -> None:
        """Nothing was started."""
