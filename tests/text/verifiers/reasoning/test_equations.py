"""Equations in running text, against Python's own arithmetic."""

import contextlib
import re
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from multisynth.text.verifiers.reasoning.equations import Unreadable, equations, number
from multisynth.text.verifiers.reasoning.expression import LONGEST


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sam has 3 apples + 4 apples = 7 apples. The answer is 7.", [("3 + 4 = 7", True)]),
        ("He has 18 - 6 = 8 candles left.", [("18 - 6 = 8", False)]),
        ("4 × (2 + 3) = 20 = 10 x 2.", [("4 * ( 2 + 3 ) = 20", True), ("20 = 10 * 2", True)]),
        ("She gives 4 of 13 - 5 = 8 away", [("13 - 5 = 8", True)]),
        ("12 toy cars + 3 toy cars = 15 toy cars in all", [("12 + 3 = 15", True)]),
        ("1,000 ÷ 8 = 125, and $3 + $4.50 = $7.50", [("1,000 / 8 = 125", True), ("3 + 4.50 = 7.50", True)]),
        ("First 3 + 4 = 7. Then 7 - 2 = 5.", [("3 + 4 = 7", True), ("7 - 2 = 5", True)]),
        ("-3 + 5 = 2", [("- 3 + 5 = 2", True)]),
        ("No sum here, 5 apples only.", []),
        ("Total = 15, x = 3, Cost = 3 * 4 = 12", [("3 * 4 = 12", True)]),
        ("3 - 9 = -6. -6 + 20 = 14", [("3 - 9 = - 6", True), ("- 6 + 20 = 14", True)]),
        ("8 shares * $9/share = $72", [("8 * 9 = 72", True)]),
        ("460 dollars / 23 hours = $20/hour", [("460 / 23 = 20", True)]),
        ("There are 4 grades in the school x 10 students = 40 students", [("4 * 10 = 40", True)]),
        ("5 cents per sentence * 500 sentences = 2500", [("5 * 500 = 2500", True)]),
        (".5*4 = 2 and 9/.75 = 12", [(".5 * 4 = 2", True), ("9 / .75 = 12", True)]),
        ("144 * 50% = $72. 10% + 40% = 50%", [("144 * 50 % = 72", True), ("10 % + 40 % = 50 %", True)]),
        ("50% * 10 = 6", [("50 % * 10 = 6", False)]),
        ("2(40+9) = 98", [("2 ( 40 + 9 ) = 98", True)]),
        ("12 apples (3 + 9 = 12).", [("3 + 9 = 12", True)]),
        (
            "10 / 3 = 3.33, 2 / 3 = 0.67, 7 / 2 = 4, 1 / 8 = 0.2",
            [("10 / 3 = 3.33", True), ("2 / 3 = 0.67", True), ("7 / 2 = 4", False), ("1 / 8 = 0.2", False)],
        ),
        ("12 divided by 4 equals 3 and 2 times 3 minus 1 equals 5", [("12 / 4 = 3", True), ("2 * 3 - 1 = 5", True)]),
        ("20*3=$60 on t-shirts, a 5-minute walk", [("20 * 3 = 60", True)]),
    ],
)
def test_equations_are_read_as_a_person_would(text: str, found: list[tuple[str, bool]]) -> None:
    assert [(equation.text, equation.holds) for equation in equations(text)] == found


@pytest.mark.parametrize(
    "text", ["x + 4 = 15", "3 + = 4", "= = =", "4 / 0 = 4", "3 = ", "9" * 40 + " = 3", "(((((((((1))))))))) = 1"]
)
def test_what_is_no_arithmetic_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        equations(text)


@settings(max_examples=200, deadline=None)
@given(st.recursive(
    st.integers(0, 999).map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
    max_leaves=6,
))  # fmt: skip
def test_values_equal_pythons(expression: str) -> None:
    try:
        value = eval(re.sub(r"\d+", r"Fraction(\g<0>)", expression), {"Fraction": Fraction})  # noqa: S307 — made above
    except ZeroDivisionError:
        with pytest.raises(Unreadable):
            equations(f"{expression} = 1")
        return
    assume(max(abs(value.numerator) + 1, value.denominator) < 10**LONGEST)  # longer ones are not read
    (equation,) = equations(f"{expression} = {value.numerator} / {value.denominator}")
    assert equation.holds
    assert not equations(f"{expression} = {value.numerator + 1} / {value.denominator}")[0].holds


@pytest.mark.timeout(120)  # linear time takes a second at most, quadratic time many minutes
@pytest.mark.parametrize("text", ["1 a " * 50_000, "- " * 50_000, "(" * 50_000, "1 + " * 50_000, "1 = " * 20_000])
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    with contextlib.suppress(Unreadable):
        equations(f"{text}1 = 1")


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), (" -3.5 ", Fraction(-7, 2)), ("1,200", 1200), ("3/4", Fraction(3, 4)), ("$5", 5), ("12 apples", None),
     ("1/0", None), ("9e9999", None), ("1_000", None), ("9" * 99, None), ("", None), ("1,2", None)],
)  # fmt: skip
def test_plain_numbers(text: str, value: object) -> None:
    assert number(text) == value
