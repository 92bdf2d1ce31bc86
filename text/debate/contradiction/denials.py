"""Denying to have said what was said: `I never called hunting worse than supermarket meat`."""

from __future__ import annotations

from .echoes import Echo
from .opposites import opposite

LOOSE = 3  # words from which on a denial may pick them from a whole sentence
WIDEST = 6  # words more that what was said may have, if it is denied in fewer


def takes_back(said: Echo, denial: Echo) -> bool:
    """Whether an earlier sentence says all that a later one denies to have been said, and as strongly."""
    if not denial.denies or said.denies or said.supposed:
        return False
    if len(denial.stems) < LOOSE and len(said.stems) - len(denial.stems) > WIDEST:
        return False
    one, other = said.force, denial.force
    if (one.positive, one.mode, one.strong) != (other.positive, other.mode, other.strong):
        return False
    if one.scope != other.scope and one.scope != "all":
        return False
    return all(any(word == yours or opposite(word, yours) is False for yours in said.stems) for word in denial.stems)
