"""Texts as sets of shingles: runs of n words or characters (Broder, "On the resemblance and containment of documents",
1997), each known by the hash that datasketch gives it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

import numpy as np

Unit = Literal["word", "character"]

_WORD = re.compile(r"\w+")


def shingles(text: str, unit: Unit, length: int) -> set[str]:
    """The shingles of a text, blind to case, punctuation, spacing and Unicode's compatibility forms.

    A text shorter than one shingle is its own single shingle, so that short texts and empty ones can still be equal.

    Args:
        text: Any text.
        unit: What is counted.
        length: Words or characters in a shingle.
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    if unit == "character":
        line = " ".join(words)
        return {line[start : start + length] for start in range(max(len(line) - length, 0) + 1)}
    return {" ".join(words[start : start + length]) for start in range(max(len(words) - length, 0) + 1)}


def hashes(sets: Sequence[set[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Sets of shingles as 32-bit numbers: the first four bytes of SHA-1, little-endian, as in datasketch.

    Returns:
        The hashes of all sets one after another, each set's sorted and without repeats, uint32 [S]; where each set
        starts, and S at the end, int64 [N + 1].
    """
    digests = b"".join([hashlib.sha1(shingle.encode()).digest() for each in sets for shingle in each])
    table = np.frombuffer(digests, "<u4").reshape(-1, 5)[:, 0].astype(np.uint64)
    owners = np.repeat(np.arange(len(sets), dtype=np.uint64), [len(each) for each in sets])
    keys = np.unique(owners << np.uint64(32) | table)
    starts = np.searchsorted(keys, np.arange(len(sets) + 1, dtype=np.uint64) << np.uint64(32))
    return keys.astype(np.uint32), starts.astype(np.int64)


def jaccard(first: np.ndarray, second: np.ndarray) -> float:
    """Jaccard similarity of two sets, each given as a sorted array without repeats. [A], [B]"""
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / (len(first) + len(second) - both)
