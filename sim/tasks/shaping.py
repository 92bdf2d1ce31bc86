"""Dense rewards: terms that tell a learner whether it gets nearer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def near(distance: float, scale: float) -> float:
    """1 at no distance, 0.24 at `scale`, towards 0 far away; both m."""
    return 1.0 - math.tanh(distance / scale)


def apart(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray) -> float:
    """Between two points, m; an order of magnitude faster than numpy's norm. [3], [3]"""
    return math.dist(a[:3], b[:3])
