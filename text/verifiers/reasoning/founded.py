"""Which numbers the reasoning on a word problem may use: those of the question, and what its words and units imply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from ...numerals import PARTS
from .dependence import forms
from .equations import Equation
from .quantities import quantities

_PARTS = PARTS | {"quarter": 4, "twelfth": 12}
_TIMES = {
    "twice": 2, "double": 2, "both": 2, "couple": 2, "pair": 2, "twin": 2, "either": 2, "back": 2, "return": 2,
    "trip": 2, "parent": 2, "average": 2, "thrice": 3, "triple": 3, "triplet": 3, "quadruple": 4, "once": 1,
    "single": 1, "another": 1, "himself": 1, "herself": 1, "including": 1,
}  # fmt: skip
_UNITS = {
    "second": (60,), "minute": (60,), "hour": (60, 24), "day": (24, 7, 365, 30, 31), "daily": (7,), "night": (7,),
    "week": (7, 52, 4), "weekly": (7, 52, 4), "weekday": (5,), "weekend": (2,), "fortnight": (14, 2),
    "month": (12, 30, 4, 31), "monthly": (12, 4), "year": (12, 365, 52), "yearly": (12,), "annual": (12,),
    "annually": (12,), "decade": (10,), "century": (100,), "noon": (12,), "midnight": (12,), "am": (12,), "pm": (12,),
    "inch": (12, 36), "foot": (12, 3), "feet": (12, 3), "yard": (3, 36), "mile": (5280, 1760), "km": (1000,),
    "kilometre": (1000,), "kilometer": (1000,), "metre": (100, 1000), "meter": (100, 1000), "m": (100,), "cm": (100,),
    "centimetre": (100,), "centimeter": (100,), "ounce": (16,), "pound": (16, 2000), "ton": (2000, 1000),
    "kg": (1000,), "kilogram": (1000,), "gram": (1000,), "cup": (2, 4, 16), "pint": (2, 8), "quart": (4, 2),
    "gallon": (4, 16, 8, 128), "litre": (1000,), "liter": (1000,), "ml": (1000,), "cent": (100,), "dollar": (100,),
    "$": (100,), "penny": (100,), "pennies": (100,), "nickel": (5,), "dime": (10,), "quarter": (25,), "%": (100,),
    "percent": (100,), "percentage": (100,), "square": (4,), "rectangle": (2,), "rectangular": (2,),
    "perimeter": (2, 4), "triangle": (3, 2), "cube": (6, 3), "degree": (360, 180, 90), "deck": (52,),
}  # fmt: skip
_KNOWN = _PARTS.keys() | _TIMES.keys() | _UNITS.keys()
_WORD = re.compile(r"[a-z]+|[$%]")


def unfounded(question: str, sentences: Sequence[str], said: Sequence[Sequence[Equation]]) -> Fraction | None:
    """The first number of some reasoning that the question does not give or imply, and that was not found before.

    Sums may use what a unit implies; other words may say it of a unit only.

    Args:
        question: The question.
        sentences: The reasoning.
        said: The equations of each sentence.
    """
    units = _implied(" ".join([question, *sentences]))
    known = _given(question) | {Fraction(0)}
    if 100 in units:
        known |= {form for value in known for form in forms(value)}
        units |= {form for value in units for form in forms(value)}
    for sentence, found in zip(sentences, said, strict=True):
        for equation in found:
            terms = [abs(term) for term in equation.terms]
            if equation.computes and not equation.goes_on:
                for term in terms:
                    if term not in known and term not in units:
                        return term
            known |= {*terms, *forms(equation.result)}
            if len(terms) > 2 and not {"*", "/"} & set(equation.text):
                known.add(Fraction(len(terms)))  # an average divides by how many there are
        for quantity in quantities(sentence):
            implied = quantity.value in units and _converts(sentence, quantity.end)
            if quantity.value != 1 and not implied and not quantity.parts & known:
                return quantity.value
    return None


def _given(question: str) -> set[Fraction]:
    """The numbers of a question, the parts that it names (and what they leave), and how many times."""
    given = {part for quantity in quantities(question) for part in quantity.parts}
    for stem in map(_listed, _WORD.findall(question.casefold())):
        if (part := _PARTS.get(stem)) is not None:
            share = Fraction(1, part)
            given |= {Fraction(1), Fraction(part), Fraction(part - 1), share, 1 - share, 1 + share}
        if (times := _TIMES.get(stem)) is not None:
            given.add(Fraction(times))
    return given


def _implied(text: str) -> set[Fraction]:
    """What everybody knows of the units that a text names: 60 minutes in an hour, 100 cents in a dollar."""
    stems = {_listed(word) for word in _WORD.findall(text.casefold())}
    return {Fraction(value) for stem in stems & _UNITS.keys() for value in _UNITS[stem]}


def _converts(sentence: str, place: int) -> bool:
    """Whether a sentence goes on with a unit and names another, as in `an hour has 60 minutes`."""
    match = re.match(r"\s*([a-z]+|[$%])", sentence[place : place + 24].casefold())
    unit = _listed(match[1]) if match else ""
    return unit in _UNITS and any(
        stem in _UNITS and stem != unit for stem in map(_listed, _WORD.findall(sentence[:1000].casefold()))
    )


def _listed(word: str) -> str:
    """A word as the tables above have it, where they have a form of it."""
    stems = (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("d"))
    return next((stem for stem in stems if stem in _KNOWN), word)
