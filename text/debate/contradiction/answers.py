"""Whether two answers are the same."""

from __future__ import annotations

import re

from ...verifiers.answers.symbolic import plainly
from ...verifiers.reasoning.equations import number


def same_answer(one: str, other: str) -> bool:
    """Whether two answers are the same, as the verifier of word problems has it: 5 apples are 5, but not 5 pears."""
    known = plainly(one, other)
    return normal(one) == normal(other) if known is None else known


def normal(answer: str) -> str:
    """An answer without its marks: `1,200`, `$1200` and `1200.0` alike; case, articles and closing marks aside."""
    plain = re.sub(r"\s+", " ", answer.strip().strip("*$.!\"'").lower())
    value = number(re.sub(r"\s*(?:dollars|percent|%)$", "", plain))
    if value is not None:
        return str(value)
    return re.sub(r"^(?:a|an|the) ", "", plain)
