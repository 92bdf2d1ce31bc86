"""MinHash signatures of many sets at once, equal bit for bit to `datasketch.MinHash`'s (scheme ``affine32``).

Each shingle's hash goes through MurmurHash3's finaliser and then through K permutations h → a·h + b modulo 2³² with a
odd; a signature holds the least value that each permutation gives over the set.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=8)
def permutations(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The multipliers a and increments b that datasketch draws. uint32 [K], [K]"""
    from datasketch import MinHash

    a, b = MinHash(count, seed=seed, scheme="affine32").permutations
    return np.asarray(a, np.uint32), np.asarray(b, np.uint32)


def signatures(
    hashes: np.ndarray,  # [S] uint32
    starts: np.ndarray,  # [N + 1] int64
    count: int,
    seed: int = 1,
) -> np.ndarray:
    """Signatures of N sets. uint32 [N, K]

    Args:
        hashes: The sets' 32-bit hashes one after another.
        starts: Where each set begins, and S at the end; no set is empty.
        count: K, how many permutations.
        seed: Draws the permutations.
    """
    a, b = permutations(count, seed)
    mixed = _finalise(hashes)
    out = np.empty((count, len(starts) - 1), np.uint32)
    # A permutation at a time: its values stay in cache and every pass is one long vector.
    for k in range(count):
        np.minimum.reduceat(mixed * a[k] + b[k], starts[:-1], out=out[k])
    return np.ascontiguousarray(out.T)


def _finalise(hashes: np.ndarray) -> np.ndarray:
    mixed: np.ndarray = hashes ^ (hashes >> np.uint32(16))
    mixed = mixed * np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed
