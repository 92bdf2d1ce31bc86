"""Which of several answers a judge prefers, with its liking for the first place cancelled.

A judge that sees answer i as A and j as B says A with log-odds q + b, where q is its preference for i over j and b its
bias to whatever is called A; with the two swapped it says -q + b. Half the difference is q, half the sum b: a bias that
adds to the log-odds cancels exactly (after Zheng et al. 2023, arXiv 2306.05685; Wang et al. 2023, arXiv 2305.17926).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """A judge's log-odds for A over B, in nats.

    Args:
        forth: With the first answer as A.
        back: With the second as A.
    """

    forth: float
    back: float

    @property
    def preference(self) -> float:
        """Log-odds that the first is better."""
        return (self.forth - self.back) / 2

    @property
    def bias(self) -> float:
        """Log-odds that A is better whatever it is."""
        return (self.forth + self.back) / 2

    @property
    def flips(self) -> bool:
        """Whether the place decides: in one order the first is preferred, in the other the second, or neither."""
        return not (self.forth > 0 > self.back or self.back > 0 > self.forth)


@dataclass(frozen=True)
class Chosen:
    """A pair: places of the better and the worse answer, and the log-odds between them."""

    better: int
    worse: int
    margin: float


def ranked(count: int, compared: Mapping[tuple[int, int], Comparison]) -> list[int]:
    """Places of the answers, best first: by the sum of their preferences over the others; equals stay in order.

    Args:
        count: How many answers.
        compared: Each pair i < j that the judge decided.
    """
    scores = [0.0] * count
    for (one, other), comparison in compared.items():
        scores[one] += comparison.preference
        scores[other] -= comparison.preference
    return sorted(range(count), key=lambda place: -scores[place])


def pair(
    count: int, compared: Mapping[tuple[int, int], Comparison], least: float, *, both_orders: bool = True
) -> Chosen | None:
    """The best answer and the worst that may be rejected.

    Of more than two answers the very worst is not: it is often no answer at all, from which little is learnt but to
    avoid it. Pairs that are closer than `least`, or flip with the order, are passed over.

    Args:
        count: How many answers.
        compared: Each pair i < j.
        least: The least margin, nats.
        both_orders: Whether pairs that flip are passed over; else it is enough that the bias cancels.
    """
    order = ranked(count, compared)
    best, rest = order[0], order[1:]
    for worse in reversed(rest if count == 2 else rest[:-1]):
        comparison = compared.get((min(best, worse), max(best, worse)))
        if comparison is None or (both_orders and comparison.flips):
            continue
        margin = comparison.preference if best < worse else -comparison.preference
        if margin > 0 and margin >= least:
            return Chosen(best, worse, margin)
    return None
