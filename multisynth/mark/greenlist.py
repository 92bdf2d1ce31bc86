"""Which tokens are green after which: a keyed function of the preceding tokens and the token.

After Kirchenbauer et al. 2023, "A Watermark for Large Language Models" (arXiv 2301.10226), algorithm 2. Theirs permutes
the vocabulary with the framework's generator, which differs between devices and can be guessed from a linear hash; here
BLAKE2b with the secret key turns the preceding tokens into a seed, and SplitMix64 (Steele et al., OOPSLA 2014) of the
seed and a token's id says whether that token is green. So each token is green with probability gamma, whatever the
device, the engine or the padding of the vocabulary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def context_seed(key: bytes, context: Sequence[int]) -> int:
    """64 bits from the preceding tokens, in order."""
    tokens = np.asarray(context, "<u4").tobytes()
    return int.from_bytes(
        hashlib.blake2b(tokens, key=key, digest_size=8, person=b"multisynth.green").digest(), "little"
    )


def is_green(
    seeds: NDArray[np.uint64],  # [N] or [1], of the contexts
    tokens: NDArray[np.uint64],  # [N]
    gamma: float,
) -> NDArray[np.bool_]:
    """Whether each token is green after its context. [N]"""
    mixed = seeds + (tokens + np.uint64(1)) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed < np.uint64(int(gamma * 2.0**64))


def green_mask(key: bytes, context: Sequence[int], gamma: float, vocabulary: int) -> NDArray[np.bool_]:
    """The green list after a context. [V]"""
    seed = np.array([context_seed(key, context)], np.uint64)
    return is_green(seed, np.arange(vocabulary, dtype=np.uint64), gamma)


def green_tokens(
    key: bytes,
    ngrams: NDArray[np.int64],  # [N, width + 1], the token last
    gamma: float,
) -> NDArray[np.bool_]:
    """Whether the last token of each n-gram is green after the others. [N]"""
    contexts, which = np.unique(ngrams[:, :-1], axis=0, return_inverse=True)
    seeds = np.array([context_seed(key, row) for row in contexts], np.uint64)
    return is_green(seeds[which.reshape(-1)], ngrams[:, -1].astype(np.uint64), gamma)
