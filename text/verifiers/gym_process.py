"""reasoning-gym in a process of its own.

Some of its scorers run an answer as Python, and some of its sets come out by the order of Python's sets: both are
mended in the process that runs it (`gym_server`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from multisynth.errors import BadInput

from ..apart import Apart

MAKING = 60.0
"""Seconds to make a problem."""
SCORING = 10.0
"""Seconds to score an answer; the problem may have to be made again before."""
BLOCK = 500
"""Entries of one data set, which is the library's default: some sets spread what they make over their size."""


@dataclass(frozen=True)
class Entry:
    """A problem.

    Args:
        question: As put to a model.
        answer: A right answer; empty where the set gives none.
        category: What it is about: algebra, games, …
        check: What the verifier needs to make it again.
    """

    question: str
    answer: str
    category: str
    check: dict[str, Any]


class GymProcess:
    """Makes problems and scores answers; starts when it is first needed."""

    block = BLOCK

    def __init__(self) -> None:
        self._apart = Apart("multisynth.text.verifiers.gym_server")

    def sets(self) -> list[str]:
        """Names of the sets.

        Raises:
            BadInput: The library is not installed.
        """
        return [str(name) for name in self._ask({"ask": "sets"}, MAKING)]

    def fault(self, name: str, options: dict[str, Any]) -> str:
        """What is wrong with the options of a set; empty if nothing."""
        try:
            return str(self._ask({"ask": "check", "set": name, "options": options}, MAKING))
        except TimeoutError as error:
            return f"no problem could be made with them: {error}"

    def make(self, name: str, options: dict[str, Any], seed: int, index: int) -> Entry:
        """Make a problem.

        Args:
            name: Of the set.
            options: Of the set.
            seed: Of a block of problems.
            index: Of the problem in its block.
        """
        where = {"set": name, "options": options, "seed": seed, "index": index}
        made = self._ask({"ask": "make", **where}, MAKING)
        return Entry(made["question"], made["answer"], made["category"], {**where, "known": made["known"]})

    def score(self, check: dict[str, Any], answers: Sequence[str]) -> float:
        """The best score of several readings of one answer, 0 to 1.

        Raises:
            ValueError: The installed library makes another problem of `check`.
            TimeoutError: The scorer does not come to an end.
        """
        score = self._ask({"ask": "score", **check, "answers": list(answers)}, SCORING)
        if score is None:
            raise ValueError(
                f"reasoning-gym made another problem of set `{check['set']}` then; install the version of that time"
            )
        return float(score)

    def close(self) -> None:
        """End the process."""
        self._apart.close()

    def _ask(self, question: dict[str, Any], seconds: float) -> Any:
        try:
            return self._apart.ask(question, seconds)
        except ImportError as error:
            raise BadInput(f"reasoning-gym cannot be used: {error}", "pip install 'multisynth[text]'") from None
