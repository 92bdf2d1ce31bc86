"""One spelling of many, against Python's own writing of numbers."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from multisynth.text.verifiers.answers.spelling import spelt


@pytest.mark.parametrize("value", [1000, 10080, 123456, 1234567, 9876543210])
@pytest.mark.parametrize("between", [",", r",\!", r"\,", "{,}", " ", "~", r"\ "])
def test_groups_of_digits_are_one_number(value: int, between: str) -> None:
    for around in ("{}", "= {}", "about {}", "**{}**", r"\[ {} \]", "x + {} y"):
        said = spelt(around.replace("{}", f"{value:,}".replace(",", between)))
        assert re.findall(r"\d+", said) == [str(value)]


@pytest.mark.parametrize(
    "text", ["1, 200", "(1,200)", r"\{1,200\}", "1 20", "12 34", "1000,000", "2 100/201", "1.200 300"]
)
def test_other_digits_stay_apart(text: str) -> None:
    assert re.findall(r"\d+", spelt(text)) == re.findall(r"\d+", text)


@pytest.mark.parametrize("below", [3, 6, 7, 9, 11, 12, 13, 37, 990])
@pytest.mark.parametrize("above", [1, 5, 20])
def test_repeating_decimals_are_the_fractions_that_they_come_from(above: int, below: int) -> None:
    seen: dict[int, int] = {}
    rest, digits = above % below, ""
    while rest not in seen:
        seen[rest] = len(digits)
        digits, rest = digits + str(10 * rest // below), 10 * rest % below
    start = seen[rest]
    match = re.fullmatch(
        r"\\frac\{(\d+)\}\{(\d+)\}", spelt(rf"{above // below}.{digits[:start]}\overline{{{digits[start:]}}}")
    )
    assert match is not None and Fraction(int(match[1]), int(match[2])) == Fraction(above, below)


@pytest.mark.parametrize("text", ["1e3", "1.5E+3", "6.02e23", "6.63e-34"])
def test_powers_of_ten_as_programs_write_them(text: str) -> None:
    match = re.fullmatch(r"([\d.]+) \\cdot 10\^\{(-?\d+)\}", spelt(text))
    assert match is not None and Decimal(match[1]).scaleb(int(match[2])) == Decimal(text)


@pytest.mark.parametrize(
    "text", ["about time", "x = 7", "2e", "e3", "f(x)", "is", "= x", "C++", r"\frac{1}{2}", "[1,2)"]
)
def test_what_is_spelt_so_already(text: str) -> None:
    assert spelt(text) == text


@pytest.mark.timeout(60)  # linear time takes a tenth of a second, quadratic time many minutes
@pytest.mark.parametrize(
    "piece",
    ["1 ", "1,000", "{", "$", "`", "**", "1e", r"0.\overline{", r"\[", "x", " ", "²", r"1\,", "a total of ", r"\circ"],
)
def test_hostile_answers_come_to_an_end(piece: str) -> None:
    spelt(piece * 30_000)
