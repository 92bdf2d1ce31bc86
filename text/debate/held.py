"""A debate while it is held: what was said, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multisynth.sample import Sample
from multisynth.serving import Completion

from .contradiction import Contradiction, Turn
from .speech import Act, Speaker, whole


@dataclass
class Held:
    """A debate.

    Args:
        problem: What it is about.
        stands: The answer that each side stands for; the judge's is empty.
        turns: What was said.
        tokens: Written by all who spoke.
        cut: Turns that were cut off by the limit of tokens.
        odds: Of a judge that chooses, in nats for the proponent: with either side first.
    """

    problem: Sample
    stands: dict[Speaker, str]
    turns: list[Turn] = field(default_factory=list)
    tokens: int = 0
    cut: int = 0
    odds: list[float] = field(default_factory=list)

    def say(self, speaker: Speaker, act: Act, answer: Completion, claim: str, ending: str = "") -> None:
        """Add a turn.

        Args:
            speaker: Whose it is.
            act: Which.
            answer: What was written.
            claim: The answer that it states.
            ending: Put after it.
        """
        self.cut += answer.finish == "length"
        self.turns.append(Turn(speaker, act, f"{whole(answer.text, answer.finish)}{ending}".strip(), claim))

    def rows(self, flags: Mapping[int, Contradiction]) -> list[dict[str, Any]]:
        """The turns as a sample has them.

        Args:
            flags: What is contradicted, by the place of the turn that contradicts it.
        """
        return [
            {
                "speaker": turn.speaker, "act": turn.act, "text": turn.text, "claim": turn.claim,
                "contradicts": flags[place].earlier if place in flags else -1,
                "reason": flags[place].reason if place in flags else "",
            }
            for place, turn in enumerate(self.turns)
        ]  # fmt: skip
