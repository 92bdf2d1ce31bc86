"""Intervals of rates."""

from __future__ import annotations

import math


def wilson(successes: float, trials: float, z: float = 1.96) -> tuple[float, float]:
    """The interval of a rate, at 95 % confidence by default (Wilson 1927, eq. 4; trials must be above 0).

    Both may be fractions, such as a number of trials that are not all independent.
    """
    rate, n = successes / trials, trials
    middle, reach = rate + z**2 / (2 * n), z * math.sqrt(rate * (1 - rate) / n + (z / (2 * n)) ** 2)
    return (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)
