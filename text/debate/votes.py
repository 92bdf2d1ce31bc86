"""Self-consistency: the answer that most independent samples give (Wang et al. 2023, arXiv 2203.11171)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence


def majority(answers: Sequence[str], same: Callable[[str, str], bool]) -> str:
    """The answer that most votes are the same as, as it was first written.

    5 apples are 5, and so are 5 pears, yet they are not each other: so votes form no groups, and each counts for every
    answer that it means. Of several with as many votes the one that more have written so wins, then the first.

    Args:
        answers: In the order of the samples; empty ones do not vote.
        same: Whether the first answer, were it right, would make the second one right.
    """
    counted = Counter(answer for answer in answers if answer)
    votes = {
        answer: sum(times for other, times in counted.items() if other == answer or same(answer, other))
        for answer in counted
    }
    return max(counted, key=lambda answer: (votes[answer], counted[answer]), default="")
