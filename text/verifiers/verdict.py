"""What a verifier says of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from multisynth.sample import Sample


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right.

    Args:
        right: Whether it is.
        reason: Why not, numbers after a colon; empty where it is right.
        answer: The final answer that was found in it, as written; empty where there is none.
        verifier: Who says so.
        flaw: The first fault of its reasoning, where the verifier reads that; an answer may be right in spite of it.
    """

    right: bool
    reason: str
    answer: str
    verifier: str
    flaw: str = ""

    @property
    def sound(self) -> bool:
        """Whether it is right and no fault was found in its reasoning: what may be learned from."""
        return self.right and not self.flaw


class Verifier(Protocol):
    """Judges answers to problems; several threads may ask it at once."""

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """Judge one answer.

        Args:
            problem: A sample with `question`, `answer`, `verifier` and `check`, of any kind.
            completion: What a model wrote; hostile.

        Raises:
            ValueError: `check` is not what this verifier needs.
        """

    def close(self) -> None:
        """Let go of what it started."""


def shortened(text: str) -> str:
    """As reasons quote it."""
    return text if len(text) <= 60 else text[:59] + "…"
