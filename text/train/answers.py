"""What objectives have in common that are a mean over the tokens of answers."""

from __future__ import annotations

from .lesson import Lesson


class Answers:
    """Each lesson counts by its weight and the tokens of its answer."""

    drops_out = True

    def length(self, item: Lesson) -> int:
        """As `Objective.length`."""
        return len(item.ids)

    def rows(self, item: Lesson) -> int:
        """As `Objective.rows`."""
        return 1

    def share(self, item: Lesson) -> float:
        """As `Objective.share`."""
        return item.weight * item.learned
