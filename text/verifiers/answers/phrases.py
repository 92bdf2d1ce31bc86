"""What the words after a number say of its unit: `square meters of grass`, `km/h`, `green apples`."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from .units import Part, Unit, named

_RATES = {"mph": "mi/h", "kph": "km/h", "kmh": "km/h", "kmph": "km/h", "bpm": "beats/min", "rpm": "turns/min"}
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3}
# What stands around a unit and says nothing of it.
_IDLE = {
    "a", "an", "the", "unit", "units", "total", "all", "each", "left", "more", "altogether", "remaining", "overall",
    "now", "extra", "additional", "also", "only", "exactly", "old", "long", "tall", "wide", "high", "deep", "away",
    "fewer", "less", "different", "whole", "full", "other", "us", "st", "nd", "rd", "th",
}  # fmt: skip
_ABOUT = re.compile(r"\b(?:of|in|for|on|at|from|to|by|with|than|that|which|who|as|when|so|he|she|they|it)\b")
_WORD = re.compile(r"\^\s*\{?\s*(-?\d)\s*\}?|°[CcFf]?|[^\W\d_]+|[%$€£¥₹¢\"]|(?<![^\W\d_])'")
_PARTS = re.compile(r"\s*/\s*|\bper\b|(?<=\S)\s+an?\s+|\beach\s+(?=\w)")


@lru_cache(maxsize=4096)
def units(phrase: str) -> tuple[Unit | None, ...]:
    """What a phrase after a number may mean as a unit: `square meters of grass`, `km/h`; None where it names none."""
    sides = _PARTS.split(_RATES.get(phrase.strip().casefold(), phrase), maxsplit=1)
    tops = _parts(sides[0])
    if not tops:
        return (None,)
    bottoms: list[Part | None] = list(_parts(sides[1])) if len(sides) > 1 else []
    return tuple(Unit(top, bottom) for top in tops for bottom in bottoms or [None])


def measures(phrase: str) -> bool:
    """Whether a phrase names a unit that is known here, not things."""
    return any(unit is not None and not unit.top.things for unit in units(phrase))


def _parts(phrase: str) -> list[Part]:
    words = [match[0] if match[1] is None else f"^{match[1]}" for match in _WORD.finditer(phrase.strip())]
    if len(words) > 1 and (about := _ABOUT.search(phrase)):  # `5 in` are inches, `5 in all` are not
        words = words[: sum(1 for _ in _WORD.finditer(phrase[: about.start()]))]
    power = 1
    for place, word in enumerate(words):
        if word.casefold() in _POWERS:
            power = _POWERS[word.casefold()]
        elif known := named(word, alone=len(words) < 3 or place == 0):
            after = words[place + 1] if place + 1 < len(words) else ""
            power = int(after[1:]) if after.startswith("^") else _POWERS.get(after.casefold(), power)
            if of := [part for part in known if part.of == after.casefold()]:  # degrees Celsius
                known = of
            return [Part(part.of, part.power * power, part.factor**power) for part in known]
    things = [word.casefold() for word in words if word.casefold() not in _IDLE and word.isalpha()]
    if power > 1 and not things:
        return []
    return [Part("", 1, Fraction(1), tuple(reversed(things)))] if things else []
