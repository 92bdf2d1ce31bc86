"""Whether two answers mean the same, decided where text that a model wrote can do no harm.

Plain numbers, their units and plain words are compared here. Everything else (LaTeX, expressions, sets) goes to
math-verify in a process of its own. A unit counts where both answers name one. A percent sign is a unit as any other,
as gold answers of word problems have it, so that 50% is 50; or it stands for hundredths, unless the question asks for
a percentage.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ...apart import Apart
from ..reasoning.equations import number
from .amounts import Amount, amounts
from .clock import clock
from .spelling import spelt
from .towers import MOST, hopeless
from .words import is_words, normalised, unwrapped, words

SECONDS = 10.0
"""Processor time for one comparison."""
LONGEST = 300
"""Characters of an answer that is looked at, unless it is the other one as it stands."""
_CLOSE = Fraction(1, 10**6)
_TWO = re.compile(r"(?<![_^\d])\d+\s+\d+(?!\d*\s*/)")
_BASE = re.compile(r"(?<=[\dA-F])\)?\s*_\s*\{?\s*(?:\\text\{)?(\w+)")
_SET = re.compile(r"\\?\{.*,.*\\?\}", re.DOTALL)
_ORDERED = re.compile(r"[(\[].*,.*[)\]]", re.DOTALL)


class Symbolic:
    """Compares answers, one after another."""

    def __init__(self) -> None:
        self._apart = Apart("multisynth.text.verifiers.answers.symbolic_server")

    def same(self, gold: str, got: str, asked: str = "") -> tuple[bool, str]:
        """Whether two answers are equal, and which verifier says so: `exact` or `math-verify`.

        Args:
            gold: The one that is right.
            got: The other.
            asked: `percent`, `dozen`, `million` or the like, if the question wants a number of those.

        Raises:
            TimeoutError: It could not be decided in time.
        """
        known = plainly(gold, got, asked)
        if known is not None:
            return known, "exact"
        decimals = "." in gold + got
        pairs = _pairs(spelt(gold), spelt(got), asked)
        asks = [pair for pair in pairs if pair[0].value is None or pair[1].value is None]
        return any(self._equal(*pair, decimals) for pair in asks), "math-verify"

    def _equal(self, one: Amount, other: Amount, ratio: Fraction, decimals: bool) -> bool:
        """Whether an expression times a ratio equals another."""
        gold, got = (re.sub(r"\s*\\?%", "", amount.body) for amount in (one, other))
        if words(gold) and words(got):
            return ratio == 1 and normalised(gold) == normalised(got)
        if _TWO.search(gold) or _TWO.search(got):
            return False
        if hopeless(gold) or hopeless(got):
            raise TimeoutError(f"an exponent beyond {MOST} or its like")
        if ratio != 1:
            gold = rf"\left({gold}\right) \cdot \frac{{{ratio.numerator}}}{{{ratio.denominator}}}"
        return bool(self._apart.ask({"gold": gold, "got": got, "decimals": decimals}, SECONDS))

    def close(self) -> None:
        """End the process."""
        self._apart.close()


def plainly(gold: str, got: str, asked: str = "") -> bool | None:
    """As `Symbolic.same`, for what takes no algebra; None for what does."""
    first, second = number(gold), number(got)
    if first is not None and second is not None:
        return _close(first, second, "." in gold + got)
    if is_words(gold) and is_words(got) and normalised(unwrapped(gold)) == normalised(unwrapped(got)):
        return True
    gold, got = spelt(gold), spelt(got)
    if gold.split() == got.split():
        return bool(gold)
    times = clock(gold), clock(got)
    if any(time is not None and time[1] for time in times):
        return times[0] is not None and times[1] is not None and bool(times[0][0] & times[1][0])
    # math-verify reads a word as a product of its letters, so that `left` is `felt`, and two numbers as their sum.
    if is_words(gold) or is_words(got):
        return normalised(unwrapped(gold)) == normalised(unwrapped(got))
    if max(len(gold), len(got)) > LONGEST or _otherwise(gold, got):
        return False
    pairs = _pairs(gold, got, asked)
    decimals = "." in gold + got
    if any(one.value is not None and other.value is not None and _close(one.value * ratio, other.value, decimals)
           for one, other, ratio in pairs):  # fmt: skip
        return True
    return None if any(one.value is None or other.value is None for one, other, _ in pairs) else False


def _close(one: Fraction, other: Fraction, decimals: bool) -> bool:
    """Whether two numbers are equal; where one is written as a decimal, to six places and six digits."""
    gap = abs(one - other)
    return gap == 0 or (decimals and gap <= _CLOSE * min(Fraction(1, 2), max(abs(one), abs(other))))


def _otherwise(gold: str, got: str) -> bool:
    """Whether two answers differ in what math-verify passes over: the bases of numbers, sets from what has an order."""
    bases = [sorted(_BASE.findall(text)) for text in (gold, got)]
    one, other = (re.sub(r"\\(?:left|right)\b", "", text) for text in (gold, got))
    mixed = any(_SET.fullmatch(a) and _ORDERED.fullmatch(b) for a, b in ((one, other), (other, one)))
    return bases[0] != bases[1] or mixed


def _pairs(gold: str, got: str, asked: str) -> list[tuple[Amount, Amount, Fraction]]:
    """What both may mean and how many of the other's unit the first one's is, if they compare at all."""
    return [
        (one, other, ratio)
        for one in amounts(gold, asked)
        for other in amounts(got, asked)
        if (ratio := one.over(other)) is not None
    ]
