"""Whether two answers mean the same, decided where text that a model wrote can do no harm.

Plain numbers and plain words are compared here. Everything else (LaTeX, expressions, sets) goes to math-verify in a
process of its own. A percent sign is a unit as any other: 50% is 50, as gold answers of word problems have it, not 0.5.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ..apart import Apart
from .equations import number
from .towers import MOST, hopeless
from .words import is_words, normalised, unwrapped, words

SECONDS = 5.0
"""Time for one comparison."""
LONGEST = 300
"""Characters of an answer that is looked at."""


class Symbolic:
    """Compares answers, one after another."""

    def __init__(self) -> None:
        self._apart = Apart("multisynth.text.verifiers.symbolic_server")

    def same(self, gold: str, got: str) -> tuple[bool, str]:
        """Whether two answers are equal, and which verifier says so: `exact` or `math-verify`.

        Raises:
            TimeoutError: It could not be decided in time.
        """
        gold, got = (re.sub(r"\s*\\?%", "", text) for text in (gold, got))
        first, second = number(gold), number(got)
        if first is None or second is None:
            first, second = _amount(gold), _amount(got)
        if first is not None and second is not None:
            return first == second, "exact"
        if max(len(gold), len(got)) > LONGEST:
            return False, "exact"
        # math-verify reads a word as a product of its letters, so that `left` is `felt`, and two numbers as their sum.
        if is_words(gold) or is_words(got):
            return normalised(unwrapped(gold)) == normalised(unwrapped(got)), "exact"
        if (words(gold) and words(got) and words(gold) != words(got)) or _TWO.search(got):
            return False, "exact"
        if hopeless(gold) or hopeless(got):
            if gold.strip() == got.strip():
                return True, "exact"
            raise TimeoutError(f"an exponent beyond {MOST} or its like")
        return bool(self._apart.ask({"gold": gold, "got": got}, SECONDS)), "math-verify"

    def close(self) -> None:
        """End the process."""
        self._apart.close()


_TWO = re.compile(r"\d\s+\d+(?!\d*\s*/)")
_AMOUNT = re.compile(r"([-−]?)[£€]?([$]?[\d.,/ ]*\d)(?: ?[a-zA-Z]{2,}(?: [a-zA-Z]+){0,2})?\.?")


def _amount(text: str) -> Fraction | None:
    """A number with its unit in plain words: `12 dollars`, `£12`; what has no number, or LaTeX, is none."""
    match = _AMOUNT.fullmatch(text.strip()[: LONGEST + 1])
    return None if match is None else number(match[1] + match[2])
