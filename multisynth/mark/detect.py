"""Is a text watermarked? The test of Kirchenbauer et al. 2023 (arXiv 2301.10226), section 4, over token ids.

An n-gram (the seeding tokens and the token) is counted once however often it occurs, in a text and in a corpus: its
colour is one draw, so repeats would not be evidence. For text that does not depend on the key the green ones among T
distinct n-grams are then Binomial(T, gamma).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multisynth.mark.greenlist import green_tokens
from multisynth.serving.protocol import Watermark


@dataclass(frozen=True)
class Detection:
    """What was counted.

    Args:
        scored: Distinct n-grams, T.
        green: Green ones among them.
        gamma: Fraction expected to be green without a watermark.
    """

    scored: int
    green: int
    gamma: float

    @property
    def z(self) -> float:
        """(green - gamma T) / sqrt(T gamma (1 - gamma)), about standard normal without a watermark; 0 for no tokens."""
        if not self.scored:
            return 0.0
        return (self.green - self.gamma * self.scored) / math.sqrt(self.scored * self.gamma * (1 - self.gamma))

    @property
    def p_value(self) -> float:
        """Exact probability of at least this many green n-grams without a watermark."""
        from scipy.stats import binom

        return float(binom.sf(self.green - 1, self.scored, self.gamma))

    @property
    def green_fraction(self) -> float:
        """Share of green n-grams; 0 for no tokens."""
        return self.green / self.scored if self.scored else 0.0


def ngrams(ids: Sequence[int] | NDArray[np.integer], width: int) -> NDArray[np.int64]:
    """The distinct n-grams of a completion. [T, width + 1]"""
    tokens = np.asarray(ids, np.int64)
    if len(tokens) <= width:
        return np.empty((0, width + 1), np.int64)
    return np.unique(np.lib.stride_tricks.sliding_window_view(tokens, width + 1), axis=0)


def detect(ids: Sequence[int] | NDArray[np.integer], key: bytes, watermark: Watermark) -> Detection:
    """Test one completion.

    Args:
        ids: Its tokens, without the prompt. [N]
        key: The secret key.
        watermark: Its gamma and width as at generation; delta plays no part.
    """
    return _count(ngrams(ids, watermark.width), key, watermark)


def audit(corpus: Iterable[Sequence[int] | NDArray[np.integer]], key: bytes, watermark: Watermark) -> Detection:
    """Test a corpus as one: finds a watermark that is too weak to be seen in any of its short texts.

    Args:
        corpus: The tokens of each completion. [N] each
        key: The secret key.
        watermark: As for `detect`.
    """
    parts = [ngrams(ids, watermark.width) for ids in corpus]
    empty = np.empty((0, watermark.width + 1), np.int64)
    return _count(np.unique(np.concatenate([empty, *parts]), axis=0), key, watermark)


def _count(distinct: NDArray[np.int64], key: bytes, watermark: Watermark) -> Detection:
    green = int(green_tokens(key, distinct, watermark.gamma).sum()) if len(distinct) else 0
    return Detection(len(distinct), green, watermark.gamma)
