"""Arithmetic said in words, against the same in digits."""

import itertools

import pytest
from multisynth.text.debate.contradiction.spoken import written
from multisynth.text.verifiers.reasoning.equations import equations


@pytest.mark.parametrize("sign, said", [("+", "plus"), ("-", "minus"), ("*", "times"), ("*", "multiplied by")])
def test_arithmetic_in_words_is_that_of_digits(sign, said) -> None:
    names = {7: "seven", 24: "twenty-four", 131: "one hundred and thirty-one", 2300: "two thousand three hundred"}
    for (one, first), (other, second) in itertools.permutations(names.items(), 2):
        (found,) = equations(written(f"so {first} {said} {second} makes 5, then"))
        expected = {"+": one + other, "-": one - other, "*": one * other}[sign]
        assert found.terms == (one, other) and not found.holds
        if expected >= 0:
            assert equations(written(f"{first} {said} {second} is {expected}"))[0].holds


def test_a_span_of_numbers_is_no_time_of_day() -> None:
    assert written("it lasts from eight to ten") == "it lasts from eight to ten"
    assert written("at ten to eight") == "at 7:50"
