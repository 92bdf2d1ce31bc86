"""Whether two answers mean the same, decided where text that a model wrote can do no harm.

Plain numbers, their units and plain words are compared here. Everything else (LaTeX, expressions, sets) goes to
math-verify in a process of its own. A unit counts where both answers name one. A percent sign is a unit as any other:
50% is 50, as gold answers of word problems have it, not 0.5.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ...apart import Apart
from ..reasoning.equations import number
from .amounts import Amount, amounts
from .clock import clock
from .towers import MOST, hopeless
from .words import is_words, normalised, unwrapped, words

SECONDS = 5.0
"""Time for one comparison."""
LONGEST = 300
"""Characters of an answer that is looked at."""


class Symbolic:
    """Compares answers, one after another."""

    def __init__(self) -> None:
        self._apart = Apart("multisynth.text.verifiers.answers.symbolic_server")

    def same(self, gold: str, got: str, asked: str = "") -> tuple[bool, str]:
        """Whether two answers are equal, and which verifier says so: `exact` or `math-verify`.

        Args:
            gold: The one that is right.
            got: The other.
            asked: `dozen`, `million` or the like, if the question wants a number of those.

        Raises:
            TimeoutError: It could not be decided in time.
        """
        known = plainly(gold, got, asked)
        if known is not None:
            return known, "exact"
        pairs = _pairs(gold, got, asked)
        asks = [pair for pair in pairs if pair[0].value is None or pair[1].value is None]
        return any(self._equal(*pair) for pair in asks), "math-verify"

    def _equal(self, one: Amount, other: Amount, ratio: Fraction) -> bool:
        """Whether an expression times a ratio equals another."""
        gold, got = (re.sub(r"\s*\\?%", "", amount.body) for amount in (one, other))
        if words(gold) and words(got):
            return ratio == 1 and normalised(gold) == normalised(got)
        if _TWO.search(got):
            return False
        if hopeless(gold) or hopeless(got):
            if ratio == 1 and gold.strip() == got.strip():
                return True
            raise TimeoutError(f"an exponent beyond {MOST} or its like")
        if ratio != 1:
            gold = rf"\left({gold}\right) \cdot \frac{{{ratio.numerator}}}{{{ratio.denominator}}}"
        return bool(self._apart.ask({"gold": gold, "got": got}, SECONDS))

    def close(self) -> None:
        """End the process."""
        self._apart.close()


def plainly(gold: str, got: str, asked: str = "") -> bool | None:
    """As `Symbolic.same`, for what takes no algebra; None for what does."""
    first, second = number(gold), number(got)
    if first is not None and second is not None:
        return first == second
    if max(len(gold), len(got)) > LONGEST:
        return False
    times = clock(gold), clock(got)
    if any(time is not None and time[1] for time in times):
        return times[0] is not None and times[1] is not None and bool(times[0][0] & times[1][0])
    # math-verify reads a word as a product of its letters, so that `left` is `felt`, and two numbers as their sum.
    if is_words(gold) or is_words(got):
        return normalised(unwrapped(gold)) == normalised(unwrapped(got))
    pairs = _pairs(gold, got, asked)
    if any(one.value is not None and one.value * ratio == other.value for one, other, ratio in pairs):
        return True
    return None if any(one.value is None or other.value is None for one, other, _ in pairs) else False


def _pairs(gold: str, got: str, asked: str) -> list[tuple[Amount, Amount, Fraction]]:
    """What both may mean and how many of the other's unit the first one's is, if they compare at all."""
    return [
        (one, other, ratio)
        for one in amounts(gold, asked)
        for other in amounts(got, asked)
        if (ratio := one.over(other)) is not None
    ]


_TWO = re.compile(r"\d\s+\d+(?!\d*\s*/)")
