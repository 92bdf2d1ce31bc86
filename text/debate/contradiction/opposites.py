"""Which words say the same, the opposite, or exclude each other."""

from __future__ import annotations

from functools import lru_cache

from . import thesaurus
from .lexicon import LIGHT, stem, words


def _poles() -> dict[str, dict[int, bool]]:
    table: dict[str, dict[int, bool]] = {}
    for row, line in enumerate(thesaurus.POLES.strip().splitlines()):
        for positive, side in zip((True, False), line.split("|"), strict=True):
            for word in side.split():
                table.setdefault(stem(word), {})[row] = positive
    return table


def _groups(text: str) -> dict[str, set[int]]:
    table: dict[str, set[int]] = {}
    for row, line in enumerate(text.strip().splitlines()):
        for word in line.split():
            table.setdefault(stem(word), set()).add(row)
    return table


POLES = _poles()
"""A stem, and at which ends of which pairs of opposites it stands."""
_ALIKE = _groups(thesaurus.SAME.replace("|", "\n"))
_APART = _groups(thesaurus.EXCLUSIVE)
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis")


def opposite(one: str, other: str) -> bool | None:
    """Whether one stem says the opposite of another; False where both say the same, None where neither is known."""
    one, other = positive(one), positive(other)
    here, there = POLES.get(one), POLES.get(other)
    if here and there:
        turned = [here[row] != there[row] for row in here.keys() & there.keys()]
        if turned:
            return any(turned)
    if one in _ALIKE and other in _ALIKE and _ALIKE[one] & _ALIKE[other]:
        return False
    for long, short in ((one, other), (other, one)):
        if any(long == prefix + short for prefix in _PREFIXES) and len(short) > 2:
            return True
        if short.endswith("ful") and long.endswith("les") and short[:-3] == long[:-3]:
            return True
    return None


@lru_cache(maxsize=4096)
def positive(word: str) -> str:
    """What a comparative or superlative is more or most of: `cheapest` → `cheap`; other words as they are."""
    ending = "est" if word.endswith("est") else "er" if word.endswith("er") else ""
    if not ending or word in POLES:
        return word
    base = word.removesuffix(ending)
    bases = map(stem, (f"{base}e", base, f"{base[:-1]}y", base[:-1]))
    return next((one for one in bases if one in POLES and one not in LIGHT), word)


def exclusive(one: str, other: str) -> bool:
    """Whether what is the one cannot be the other as well: two colours, two days, two operations."""
    return one != other and bool(_APART.get(one, set()) & _APART.get(other, set()))


SYMMETRIC = frozenset(
    map(
        stem,
        words(
            """meet marry equal differ resemble fight debate talk play agree brother sister friend neighbour colleague
            partner enemy cousin twin same different near together touch border cross join similar add multiply"""
        ),
    )
)
"""What holds of two things in either order."""
