"""Answers that have to be the gold answer, letter for letter but for how they are set."""

from __future__ import annotations

from multisynth.sample import Sample

from .answers.stated import stated, to_line_end
from .answers.symbolic import Symbolic
from .answers.words import exactly
from .verdict import Verdict, shortened


class Exact:
    """The final answer is the gold answer, apart from case, spaces, quotes, marks around it and a leading article."""

    def __init__(self, symbolic: Symbolic) -> None:
        """As every verifier; nothing symbolic is needed."""

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        found = stated(completion)
        if found is None:
            return Verdict(False, "no answer", "", "exact")
        gold = exactly(problem["answer"])
        if not gold:
            return Verdict(False, "no gold answer", found.answer, "exact")
        # A sentence ends after `Dr.`, or goes on: `Dr. Who`.
        right = next((said for said in (found.answer, to_line_end(completion, found)) if exactly(said) == gold), None)
        if right is None:
            reason = f"wrong answer: got {shortened(found.answer)}, gold {shortened(problem['answer'])}"
            return Verdict(False, reason, found.answer, "exact")
        return Verdict(True, "", right, "exact")

    def close(self) -> None:
        """Nothing was started."""
