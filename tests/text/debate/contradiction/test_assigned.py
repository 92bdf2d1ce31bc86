"""Values of variables in running text."""

from fractions import Fraction

import pytest
from multisynth.text.debate.contradiction.assigned import assigned


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("Solving gives x = 15.", "x", 15), ("so we find that y = -4", "y", -4), ("Hence n is 27.", "n", 27),
        ("Dividing by two, t = 3/4.", "t", Fraction(3, 4)), ("x = 7. Once more: x = 7.", "x", 7),
    ],
)  # fmt: skip
def test_a_variable_has_the_value_that_it_is_found_to_have(text, name, value) -> None:
    assert [(one.name, one.value) for one in assigned(text)] == [(name, value)]


@pytest.mark.parametrize(
    "text",
    [
        "3x = 15", "x + y = 15", "2 * x = 15", "x = 2 or x = -2.", "If x = 3, then all is well.", "Suppose x = 3.",
        "n = 5 gives 25.", "x = 3 + 4", "x = 3y", "Try x = 3.", "Is x = 3?", "It is not so that x = 3.", "max = 3",
    ],
)  # fmt: skip
def test_what_is_tried_supposed_or_one_of_several_is_none(text) -> None:
    assert assigned(text) == []
