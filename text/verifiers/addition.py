"""Addition: the final answer is the sum, and whether the scratchpad bears it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from multisynth.sample import Sample

from ..problems.scratchpad import first_fault
from .answers.stated import stated
from .answers.symbolic import Symbolic
from .verdict import Verdict, shortened

Term = Annotated[int, Field(ge=0, lt=10**40)]


class AdditionCheck(BaseModel):
    """What `check` holds for this verifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: tuple[Term, Term] = Field(description="The numbers to add.")


class Addition:
    """The answer is the sum of the terms; a scratchpad with a wrong line is a flaw, as STaR keeps it all the same."""

    def __init__(self, symbolic: Symbolic) -> None:
        """As every verifier; nothing symbolic is needed."""

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        first, second = AdditionCheck.model_validate_json(problem["check"]).terms
        found = stated(completion)
        if found is None:
            return Verdict(False, "no answer", "", "addition")
        answer = re.sub(r"\s+|,(?=\d{3}\b)", "", found.answer)
        right = answer == str(first + second)
        fault = first_fault(first, second, completion[: found.start])
        flaw = (
            "" if fault is None else f"wrong step: {fault[0] + 1}, {shortened(fault[1])!r} for {shortened(fault[2])!r}"
        )
        reason = "" if right else f"wrong answer: got {shortened(answer)}, gold {first + second}"
        return Verdict(right, reason, answer, "addition", flaw)

    def close(self) -> None:
        """Nothing was started."""
