"""Numbers and names as a careful writer puts them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

TOLERANCE = 0.005
"""Relative error that rounding may add: half of what the checker allows."""


def number(value: float) -> str:
    """A number with the fewest significant digits that keep it within `TOLERANCE`; never in scientific notation."""
    if value == 0:
        return "0"
    for digits in range(1, 5):
        rounded = float(f"{value:.{digits - 1}e}")
        if abs(rounded - value) <= TOLERANCE * abs(value):
            break
    return np.format_float_positional(rounded, trim="-")


def speed(value: float) -> str:
    """A speed given in m/s."""
    return f"{number(value)} m/s"


def duration(value: float) -> str:
    """A time given in s, below a tenth of a second in ms."""
    return f"{number(value * 1000)} ms" if 0 < value < 0.1 else f"{number(value)} s"


def length(value: float) -> str:
    """A length given in m, below a metre in cm and below a centimetre in mm."""
    if value < 0.01:
        return f"{number(value * 1000)} mm"
    return f"{number(value * 100)} cm" if value < 0.995 else f"{number(value)} m"


def impulse(value: float) -> str:
    """An impulse given in N·s."""
    return f"{number(value)} N·s"


def indefinite(noun: str) -> str:
    """The noun with its indefinite article, by its first letter, as names of colours and things need it."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def series(parts: Sequence[str]) -> str:
    """Phrases in a row: a; a and b; a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(count: int, noun: str) -> str:
    """A count in words up to twelve, with its noun."""
    words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    return f"{words[count] if count < len(words) else count} {noun if count == 1 else noun + 's'}"


def sentence(text: str) -> str:
    """A phrase as a sentence: a capital first and a full stop last."""
    text = re.sub(r"\s+", " ", text.strip())
    return text[0].upper() + text[1:] + ("" if text.rstrip("”")[-1] in ".?!" else ".")


def pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    """One of several ways to say it."""
    return options[int(rng.integers(len(options)))]
