"""Self-consistency: the answer that most independent samples give (Wang et al. 2023, arXiv 2203.11171), at a price."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from multisynth.serving import Completion


async def worth(
    tokens: int, known: Sequence[Completion], most: int, sample: Callable[[int], Awaitable[Completion]]
) -> list[Completion]:
    """The first of all independent samples that together have written so many tokens.

    Each writes at most `most`, so waves of the remaining tokens over that never ask for one too many.

    Args:
        tokens: At least, together; and more samples than this are never asked.
        known: The first samples, which were asked before.
        most: Tokens of a sample.
        sample: Asks for the sample of a number.
    """
    answers = list(known)
    wanted = written = 0
    while written < tokens and wanted < tokens:
        wanted += math.ceil((tokens - written) / most)
        answers += await asyncio.gather(*(sample(k) for k in range(len(answers), wanted)))
        written = sum(answer.generated for answer in answers[:wanted])
    return answers[:wanted]


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
