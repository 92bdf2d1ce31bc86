"""What an opponent can stand for where the model gives one answer only."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..verifiers.reasoning.equations import number
from .contradiction import normal

_OPPOSITES = {"yes": "no", "true": "false", "right": "wrong"}


def another(answer: str, rng: np.random.Generator) -> str:
    """An answer that is not the given one: the other of yes and no, a number near by, or else its denial.

    Args:
        answer: What the proponent stands for.
        rng: Draws the number.
    """
    plain = normal(answer)
    for one, other in _OPPOSITES.items():
        if plain in (one, other):
            return other if plain == one else one
    value = number(plain)
    if value is None:
        return f"not {answer}"
    reach = max(2, int(abs(value)) // 5)
    away = int(rng.integers(1, reach + 1)) * (1 if rng.random() < 0.5 else -1)
    moved = value + Fraction(away)
    return str(moved if moved >= 0 or value < 0 else value - away)
