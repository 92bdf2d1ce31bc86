"""Numbers in running text, against a speller of their own."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multisynth.text.verifiers.reasoning.quantities import quantities

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelled(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        ten, one = divmod(number, 10)
        return TENS[ten - 2] + (f"-{ONES[one]}" if one else "")
    name, scale = ("hundred", 100) if number < 1000 else ("thousand", 1000)
    many, rest = divmod(number, scale)
    return f"{spelled(many)} {name}" + (f" {'and ' if rest < 100 else ''}{spelled(rest)}" if rest else "")


def values(text: str) -> list[Fraction]:
    return [quantity.value for quantity in quantities(text)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 19_999), max_size=4))
def test_words_say_what_digits_say(numbers: list[int]) -> None:
    text = ", ".join(f"{spelled(number)} cats" for number in numbers)
    assert values(text) == numbers == values(", ".join(f"{number} cats" for number in numbers))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("two, eight, five and nine pounds", [2, 8, 5, 9]),
        ("Two dozen eggs and hundreds more", [24, 100]),
        ("1,200 of 3.5 and .5, $2.50.", [1200, Fraction(7, 2), Fraction(1, 2), Fraction(5, 2)]),
        ("1/4 of them", [Fraction(1, 4)]),
        ("on the 4th, 21st and second day", []),
        ("someone often phones at tonight's tent", []),
        ("9" * 40, []),
    ],
)
def test_numbers_are_read_as_a_person_would(text: str, found: list[Fraction]) -> None:
    assert values(text) == found


def test_shares_found_what_they_leave() -> None:
    (quarter,), (fifth,) = quantities("1/4"), quantities("20 percent")
    assert {1, 4, 3, 5, Fraction(1, 4), Fraction(3, 4), Fraction(5, 4)} == quarter.parts
    assert {20, 80, 120, Fraction(1, 5), Fraction(4, 5), Fraction(6, 5)} == fifth.parts
