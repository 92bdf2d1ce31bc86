"""Whether two answers mean the same, decided where text that a model wrote can do no harm.

Plain numbers are compared here. Everything else (LaTeX, expressions, sets) goes to math-verify in a process of its own.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ..apart import Apart
from .equations import number

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
        first, second = number(gold), number(got)
        if first is None or second is None:
            first, second = _amount(gold), _amount(got)
        if first is not None and second is not None:
            return first == second, "exact"
        if max(len(gold), len(got)) > LONGEST:
            return False, "exact"
        return bool(self._apart.ask({"gold": gold, "got": got}, SECONDS)), "math-verify"

    def close(self) -> None:
        """End the process."""
        self._apart.close()


_AMOUNT = re.compile(r"([-−]?)[£€]?([$]?[\d.,/ ]*\d)(?: ?[a-zA-Z]{2,}(?: [a-zA-Z]+){0,2})?\.?")


def _amount(text: str) -> Fraction | None:
    """A number with its unit in plain words: `12 dollars`, `£12`; what has no number, or LaTeX, is none."""
    match = _AMOUNT.fullmatch(text.strip()[: LONGEST + 1])
    return None if match is None else number(match[1] + match[2])
