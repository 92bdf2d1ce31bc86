"""In which order samples are learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np


def batches(lengths: Sequence[int], size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """One epoch in batches drawn at random, each sorted by length, so that its passes pad little.

    Batches of one length would pad less, and teach worse: each step would be about one kind of sample.

    Args:
        lengths: Of each sample, tokens. [N]
        size: Samples of a batch; the last one may have fewer.
        rng: Draws the order.

    Returns:
        Places in `lengths`, each once. [ceil(N / size)] of [size or fewer]
    """
    order = rng.permutation(len(lengths))
    drawn = [order[k : k + size] for k in range(0, len(order), size)]
    return [batch[np.argsort(np.asarray(lengths)[batch], kind="stable")] for batch in drawn]


def epochs(
    lengths: Sequence[int], size: int, rng: Callable[[int], np.random.Generator]
) -> Callable[[int], Sequence[int]]:
    """What each step learns from, epoch after epoch: a function from its number to places in `lengths`.

    Args:
        lengths: Of each sample, tokens. [N]
        size: As of `batches`.
        rng: Draws the order of an epoch, by its number.
    """
    per_epoch = -(-len(lengths) // size)

    @lru_cache(maxsize=1)
    def epoch(number: int) -> list[np.ndarray]:
        return batches(lengths, size, rng(number))

    def step(number: int) -> Sequence[int]:
        places: Sequence[int] = epoch(number // per_epoch)[number % per_epoch].tolist()
        return places

    return step


def passes(lengths: Sequence[int], most: int) -> list[slice]:
    """A batch, sorted by length, cut so that a pass has at most so many tokens with its padding, but one sample.

    Args:
        lengths: Of each sample of the batch, tokens. [B]
        most: Tokens of a pass.
    """
    cuts, first, longest = [], 0, 0
    for k, length in enumerate(lengths):
        longest = max(longest, length)
        if k > first and longest * (k + 1 - first) > most:
            cuts.append(slice(first, k))
            first, longest = k, length
    return [*cuts, slice(first, len(lengths))] if lengths else []
