"""Amounts with their units, against arithmetic done by hand."""

from fractions import Fraction

import pytest
from multisynth.text.debate.contradiction.amounts import amounts
from multisynth.text.debate.contradiction.clauses import clauses


def only(text: str):
    (clause,) = clauses(text)
    (amount,) = amounts(clause.tokens)
    return amount


@pytest.mark.parametrize(
    "one, other",
    [
        ("It lasts an hour and a half.", "It lasts 90 minutes."), ("2 hours and 50 minutes pass", "170 minutes pass"),
        ("It runs at 36 km/h.", "It runs at 10 metres per second."), ("a bag of 2,000 g", "a bag of 2 kilograms"),
        ("It costs 1250 cents.", "It costs $12.50."), ("It costs $6 an hour.", "It costs 10 cents a minute."),
        ("It covers 2 square metres.", "It covers 20000 square centimetres."), ("25% of it", "a quarter of it"),
        ("It takes two and a half days.", "It takes 60 hours."), ("It holds 3 ml.", "It holds 3 cubic cm."),
    ],
)  # fmt: skip
def test_equal_amounts_in_other_units_are_equal(one, other) -> None:
    assert (only(one).value, only(one).unit) == (only(other).value, only(other).unit)


def test_a_unit_slip_changes_the_amount_and_not_the_number() -> None:
    one, other = only("It holds 250 milligrams."), only("It holds 250 micrograms.")
    assert one.number == other.number == 250 and one.value / other.value == 1000 and one.unit == other.unit


def test_amounts_of_different_units_are_not_added() -> None:
    (clause,) = clauses("It is 3 metres 20 kilograms.")
    assert [amount.value for amount in amounts(clause.tokens)] == [Fraction(3), Fraction(20_000)]
