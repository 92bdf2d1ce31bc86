"""Units of measurement: by which factor two amounts compare, or that they never do.

A word may mean several units (a pound is weight or money), and what is none of those known here counts things: apples.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

_PREFIXES = {
    "n nano": -9, "µ μ micro": -6, "m milli": -3, "c centi": -2, "d deci": -1, "k kilo": 3, "M mega": 6, "G giga": 9,
    "T tera": 12,
}  # fmt: skip
# Names, what they measure, to which power, how many of the base unit one of them is, and which prefixes they take.
_TABLE = """
m meter metre | m | 1 | 1 | fine
g gram gramme | g | 1 | 1 | fine
l L liter litre | m | 3 | 0.001 | fine
s sec second | s | 1 | 1 | coarse
W watt | W | 1 | 1 | coarse
Wh | W s | 1 | 3600 | coarse
J joule | J | 1 | 1 | coarse
N newton | N | 1 | 1 | coarse
Hz hertz | Hz | 1 | 1 | coarse
V volt | V | 1 | 1 | coarse
A amp ampere | A | 1 | 1 | coarse
Pa pascal | Pa | 1 | 1 | coarse
B byte | B | 1 | 1 | coarse
cal calorie | cal | 1 | 1 | coarse
in inch inches " | m | 1 | 0.0254
ft foot feet ' | m | 1 | 0.3048
yd yard | m | 1 | 0.9144
mi mile | m | 1 | 1609.344
acre | m | 2 | 4046.8564224
ha hectare | m | 2 | 10000
gal gallon | m | 3 | 0.003785411784
qt quart | m | 3 | 0.000946352946
pt pint | m | 3 | 0.000473176473
cup | m | 3 | 0.0002365882365
tbsp tablespoon | m | 3 | 0.00001478676478125
tsp teaspoon | m | 3 | 0.00000492892159375
cc | m | 3 | 0.000001
oz ounce | m | 3 | 0.0000295735295625
oz ounce | g | 1 | 28.349523125
lb lbs pound | g | 1 | 453.59237
stone | g | 1 | 6350.29318
ton | g | 1 | 907184.74
t ton tonne | g | 1 | 1000000
min minute | s | 1 | 60
h hr hour | s | 1 | 3600
d day | s | 1 | 86400
wk week | s | 1 | 604800
mo month | month | 1 | 1
yr year | month | 1 | 12
decade | month | 1 | 120
century centuries | month | 1 | 1200
$ dollar buck usd | $ | 1 | 1
cent ¢ | $ | 1 | 0.01
€ euro eur | € | 1 | 1
cent | € | 1 | 0.01
£ pound gbp quid | £ | 1 | 1
pence penny | £ | 1 | 0.01
¥ yen jpy | ¥ | 1 | 1
₹ rupee rs inr | ₹ | 1 | 1
% percent pct | % | 1 | 1
deg degree ° | degree | 1 | 1
deg degree ° celsius °c | celsius | 1 | 1
deg degree ° fahrenheit °f | fahrenheit | 1 | 1
K kelvin | kelvin | 1 | 1
rad radian | radian | 1 | 1
bit | B | 1 | 0.125
"""
_MONEY = frozenset("$€£¥₹")

_SINGULAR = {
    "children": "child", "people": "person", "men": "man", "women": "woman", "teeth": "tooth", "mice": "mouse",
}  # fmt: skip


class Part(NamedTuple):
    """What an amount is of: a power of what is measured, with its factor; or things, by their words, the last first."""

    of: str
    power: int
    factor: Fraction
    things: tuple[str, ...] = ()

    def over(self, other: Part) -> Fraction | None:
        """How many of the other one of it is; None where they never compare."""
        if self.things and other.things:
            one, two = self.things, other.things
            return Fraction(1) if _among(one[0], two) or _among(two[0], one) else None
        if self.things or other.things or (self.of, self.power) != (other.of, other.power):
            return None
        return self.factor / other.factor


class Unit(NamedTuple):
    """A unit, or a rate: so much by each of something else."""

    top: Part
    bottom: Part | None = None

    def over(self, other: Unit) -> Fraction | None:
        """How many of the other one of it is; None where they never compare.

        Of money and things it may go without saying by what: `$12` are `$12 an hour`.
        """
        ratio = self.top.over(other.top)
        if ratio is None or self.bottom == other.bottom:
            return ratio
        if self.bottom is None or other.bottom is None:
            return ratio if self.top.things or self.top.of in _MONEY else None
        below = self.bottom.over(other.bottom)
        return None if below is None else ratio / below


PERCENT = Unit(Part("%", 1, Fraction(1)))
NUMBER = Unit(Part("number", 1, Fraction(1)))
"""Of a number that is of nothing."""


def ratio(one: Unit | None, other: Unit | None) -> Fraction | None:
    """How many of the other unit one is; an amount that names no unit is of whatever the other is of."""
    return Fraction(1) if one is None or other is None else one.over(other)


def named(word: str, *, alone: bool) -> list[Part]:
    """The units of a name; single letters are such only where little else is said."""
    if len(word) == 1 and word.isalpha() and not alone:
        return []
    table, folded = _names()
    if found := table.get(word):
        return found
    low = word.casefold()
    for name in (low, low.removesuffix("s")):
        if found := folded.get(name):
            return found
    return []


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, list[Part]], dict[str, list[Part]]]:
    """Units by name as written, and by name in small letters where that leaves no doubt."""
    table: dict[str, list[Part]] = {}
    for names, part in _listed():
        for name in names:
            table.setdefault(name, []).append(part)
    folded: dict[str, list[Part]] = {}
    for name, parts in table.items():
        if len(name) > 1:
            folded[name.casefold()] = [] if name.casefold() in folded else parts
    return table, folded


def _listed() -> Iterator[tuple[list[str], Part]]:
    for line in _TABLE.strip().splitlines():
        listed, of, power, factor, *prefixed = line.split(" | ")
        names, part = listed.split(), Part(of, int(power), Fraction(factor))
        yield names, part
        for prefixes, exponent in _PREFIXES.items() if prefixed else ():
            if exponent % 3 and prefixed != ["fine"]:
                continue
            *short, long = prefixes.split()
            made = [f"{one}{name}" for name in names for one in (short if len(name) < 3 else [long])]
            yield made, part._replace(factor=part.factor * Fraction(10) ** exponent)


def _among(word: str, words: tuple[str, ...]) -> bool:
    return any(_forms(word) & _forms(other) for other in words)


def _forms(word: str) -> set[str]:
    """A word and its plural, or its singular."""
    word = _SINGULAR.get(word, word)
    return {word, f"{word}s", f"{word}es", f"{word[:-1]}ies"} if not word.endswith("s") else {word}
