"""Closed intervals of numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Interval:
    """All numbers from `low` to `high`, both included.

    >>> lunch = Interval(12, 13.5)
    >>> lunch.length
    1.5
    >>> 13 in lunch, 14 in lunch
    (True, False)
    """

    low: float
    high: float

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    @property
    def length(self) -> float:
        """How far it reaches."""
        return self.high - self.low


def overlap(first: Interval, second: Interval) -> Interval | None:
    """Find what two intervals have in common; None where they do not meet.

    >>> overlap(Interval(0, 5), Interval(3, 9))
    Interval(low=3, high=5)
    >>> overlap(Interval(0, 1), Interval(2, 3)) is None
    True
    """
    low, high = max(first.low, second.low), min(first.high, second.high)
    return Interval(low, high) if low <= high else None


def merge(intervals: list[Interval]) -> list[Interval]:
    """Join intervals that meet, and give them from the lowest to the highest.

    >>> busy = [Interval(9, 10), Interval(14, 15), Interval(9.5, 11)]
    >>> merge(busy)
    [Interval(low=9, high=11), Interval(low=14, high=15)]
    >>> sum(part.length for part in merge(busy))
    3
    """
    joined: list[Interval] = []
    for one in sorted(intervals):
        if joined and one.low <= joined[-1].high:
            joined[-1] = Interval(joined[-1].low, max(joined[-1].high, one.high))
        else:
            joined.append(one)
    return joined
