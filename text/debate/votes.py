"""Self-consistency: the answer that most independent samples give (Wang et al. 2023, arXiv 2203.11171)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .contradiction import normal


def majority(answers: Sequence[str]) -> str:
    """The commonest answer, as it was first written; of several equally common the one that came first.

    Args:
        answers: In the order of the samples; empty ones do not vote.
    """
    counted = Counter(normal(answer) for answer in answers if answer)
    if not counted:
        return ""
    most = max(counted.values())
    return next(answer for answer in answers if answer and counted[normal(answer)] == most)
