"""Units as they stand in a clause: which dimension a word measures, and how many of its base it is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ...verifiers.answers.units import named
from .lexicon import LIGHT, stem, words

_SHORT = words("mm cm m km mg g kg ml cl l min h hr s sec ft lb lbs oz mi yd day ton cup $ € £ %")
_POWERS = {"square": 2, "cubic": 3}


class Measure(NamedTuple):
    """A dimension (`[s]`, `[square m]`, `[m per s]`), how many of its base a unit is, and how many words name it."""

    of: str
    factor: Fraction
    words: int


@lru_cache(maxsize=4096)
def measured(word: str) -> Measure | None:
    """What a single word measures; a word of several meanings has its first."""
    known = len(word) > 3 or word in _SHORT
    parts = named(word, alone=True) if known and word not in LIGHT else []
    if not parts:
        return None
    of, power = parts[0].of, parts[0].power
    return Measure(_powered(of, power), parts[0].factor, 1)


def unit(tokens: Sequence[str], place: int) -> Measure | None:
    """The unit whose name begins at a place: `metres`, `square metres`, `km per h`, `dollars a day`."""
    if place >= len(tokens):
        return None
    power = _POWERS.get(tokens[place], 1)
    top = measured(tokens[place + 1]) if power > 1 and place + 1 < len(tokens) else measured(tokens[place])
    if top is None:
        return None
    if power > 1:
        top = Measure(_powered(top.of.strip("[]"), power), top.factor**power, 2)
    after = place + top.words
    if after + 1 >= len(tokens) or tokens[after] not in ("per", "a", "an", "each", "every"):
        return top
    below = measured(tokens[after + 1])
    if below is None and tokens[after] != "per":
        return top
    if below is None:
        return Measure(f"{top.of} per {stem(tokens[after + 1])}", top.factor, top.words + 2)
    return Measure(f"{top.of} per {below.of}", top.factor / below.factor, top.words + 2)


def _powered(of: str, power: int) -> str:
    return f"[{ {2: 'square ', 3: 'cubic '}.get(power, '') }{of}]"
