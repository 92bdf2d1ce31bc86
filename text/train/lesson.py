"""What a model learns from: texts of tokens, of which the end is learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Item(Protocol):
    """What a sample teaches."""

    @property
    def texts(self) -> int:
        """How many texts go through the model."""
        ...

    @property
    def longest(self) -> int:
        """Tokens of the longest of them."""
        ...

    @property
    def tokens(self) -> int:
        """Tokens of all of them."""
        ...

    @property
    def share(self) -> float:
        """How much of a mean over items it is; 0 if it teaches nothing."""
        ...


@dataclass(frozen=True)
class Lesson:
    """A text of which the end is learned.

    Args:
        ids: Tokens of prompt and answer, the end-of-text token last if the text ends there. [T]
        start: Where the answer begins, 1 or more: nothing foretells the first token.
        weight: How often it counts.
    """

    ids: tuple[int, ...]
    start: int
    weight: float = 1.0

    texts = 1

    @property
    def learned(self) -> int:
        """Tokens of the answer."""
        return len(self.ids) - self.start

    @property
    def longest(self) -> int:
        """As `Item.longest`."""
        return len(self.ids)

    @property
    def tokens(self) -> int:
        """As `Item.tokens`."""
        return len(self.ids)

    @property
    def share(self) -> float:
        """As `Item.share`: each token counts by its lesson's weight."""
        return self.weight * self.learned


@dataclass(frozen=True)
class Pair:
    """Two answers to one prompt.

    Args:
        chosen: The better one.
        rejected: The worse one.
        weight: How often it counts.
    """

    chosen: Lesson
    rejected: Lesson
    weight: float = 1.0
    texts = 2

    @property
    def longest(self) -> int:
        """As `Item.longest`."""
        return max(self.chosen.longest, self.rejected.longest)

    @property
    def tokens(self) -> int:
        """As `Item.tokens`."""
        return self.chosen.tokens + self.rejected.tokens

    @property
    def share(self) -> float:
        """As `Item.share`: of two answers that are one there is no better."""
        return 0.0 if self.chosen == self.rejected else self.weight
