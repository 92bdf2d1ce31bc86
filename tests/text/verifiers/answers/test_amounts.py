"""Answers with units, factors, currencies and halves of the day: what means the same, and what does not."""

import pytest
from multisynth.text.verifiers.answers.amounts import amounts

SAME = [
    ("5 km", "5000 m"), ("5 km", "5 kilometers"), ("5 km", "5 kilometres"), ("2 hours", "2"), ("2 h", "2 hours"),
    ("£12", "12 pounds"), ("$12", "12 dollars"), ("$12", "12"), ("$0.50", "50 cents"), ("60", "5 dozen"),
    ("5 million", "5000000"), ("$5 million", "5 million dollars"), ("$5M", "5 million"), ("5 pm", "17:00"),
    ("2:30 pm", "2:30 p.m."), ("2:30", "2:30 pm"), ("10:30 am", "10:30"), ("5", "5 pm"), ("12 pm", "noon"),
    ("90 degrees", r"90^\circ"), ("90", r"90^\circ"), ("20 °C", "20 degrees Celsius"),
    ("2.5 hours", "2 hours and 30 minutes"), ("150", "2 hours 30 minutes"), ("5 feet 6 inches", "66 inches"),
    ("5.5", "5 and a half"), ("2 1/2", "2.5"), ("12 apples", "12 green apples"), ("12 apples", "12 apples left"),
    ("12 boxes", "12 box"), ("18 square meters", "18 m^2"), ("18 m^2", r"18\text{ m}^2"),
    (r"18\text{ m}^2", r"18 \, \mathrm{m}^2"), ("60 km/h", "60 kilometers per hour"), ("60 mph", "60 miles per hour"),
    ("60 mph", "60 miles an hour"), ("$12", "$12 per hour"), ("12 pages", "12 pages a day"),
    (r"5\sqrt{2}\text{ cm}", r"5\sqrt{2}"), (r"5\sqrt{2} cm", r"5\sqrt{2}\text{ cm}"),
    (r"\frac{1}{2}\text{ m}", r"50\text{ cm}"), ("3 children", "3 child"), ("20%", "20 percent"),
    ("20%", "20% of the students"), ("3", "3rd"), ("12", "12 more apples than Tom"), ("12", "12 years old"),
    ("2/3", "2 thirds"), ("3h", r"h \cdot 3"), ("12", "$12$ apples"), ("12 dollars", "$12$ dollars"),
    ("1,200 dollars", "$1200"), ("72", "72 inches"), ("4m", "4 meters"), ("12", "12 in"), ("12 in", "12 inches"),
    ("12 in all", "12 apples"), ("7", "7 days"), ("-5", "-$5"), ("5", "5 o'clock"), ("5 km", "5km"),
    ("180 min", "3 hours"), ("10", "10 cents each"), ("1 week", "7 days"), ("$18", "$18.00"), ("US$5", "$5"),
    (r"\$12", "12"), (r"8 \text{ square units}", "8"), (r"12\pi", r"12\pi \text{ cm}"), ("2", "2 pounds"),
    ("32 ounces", "2 pounds"), ("12 cubic feet", "12 ft^3"), ("5 minutes 30 seconds", "5.5 minutes"),
    ("5 kWh", "5000 Wh"), (r"x=5\text{ cm}", "5"), ("1.5 liters", "1500 ml"), ("5 m/s", r"5\text{ m/s}"),
    ("9.8 m/s^2", r"9.8\,\mathrm{m}/\mathrm{s}^2"), ("5", "5 units"), ("5", "5 times as many"),
    ("4 people", "4 person"),
]  # fmt: skip
OTHER = [
    ("5 km", "5 cm"), ("2 hours", "2 minutes"), ("£12", "$12"), ("5 million", "5 thousand"), ("5", "5 dozen"),
    ("5 pm", "5 am"), ("90 degrees", "90 radians"), ("5", "5 and a half"),
    ("2 hours 30 minutes", "30 hours 2 minutes"), ("5 apples and 3 pears", "3 apples and 5 pears"), ("5 m^2", "5 m"),
    ("5 m/s", "5 m"), ("5", "5 or more"), ("5", "5 squared"), ("5", "5 x"), ("5", "5/n"), ("5", "5/pi"), ("5", "5 a"),
    ("5", "5k"), ("12", "12^2"), ("5", "5 plus two"), ("2x", "2"), ("2xy", "2"), ("20%", "20 cents"),
    ("5 apples", "5 pears"), ("5 red apples", "5 red pears"), ("3 pairs", "3 socks"), ("2 pairs of socks", "2 socks"),
    ("5 pm", "5 hours"), ("5 C", "5 F"), ("20 degrees Celsius", "20 degrees Fahrenheit"), ("5 lbs", "£5"),
    ("5 kg", "5 lbs"), ("x m", "x s"), (r"x\text{ m}", r"x\text{ s}"),
    (r"5\sqrt{2}\text{ m}", r"5\sqrt{2}\text{ km}"), ("5 m^2", "5 m^3"), ("5 square feet", "5 cubic feet"),
    ("5 feet", "5 ft. 6 in."), ("60 miles per hour", "60 miles per minute"), ("5", "5 less than x"),
    ("5", "5 hundred"), ("5 mm", "5 m"), ("5 MW", "5 mW"), ("5 liters", "5 gallons"), ("12 days", "12 hours"),
    ("noon", "12 am"), ("5", "5 not six"), ("5", "5 y"), ("7 nights", "7 days"), ("$5", "5 cents"),
    ("5 quarters", "5 dimes"), ("12:30 pm", "12:30 am"), ("2", r"2^\circ 30'"), ("5", "5 thousand dollars"),
    ("5 gigabytes", "5 megabytes"), ("", "5"), ("5", "5 times x"), ("8 pm on Monday", "8 am on Monday"),
    ("5", "5 below zero"), ("12", "12 and 13"), ("12 m", "12 minutes"), (r"5 \text{ million}", "5"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_amount_is_right_whichever_is_gold(symbolic, one, other) -> None:
    assert symbolic.same(one, other)[0] and symbolic.same(other, one)[0]


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_amount_is_wrong_whichever_is_gold(symbolic, one, other) -> None:
    assert not symbolic.same(one, other)[0] and not symbolic.same(other, one)[0]


@pytest.mark.timeout(60)  # they take a tenth of a second; a pattern that tries everything takes for ever
@pytest.mark.parametrize("text", ["1 m " * 70, "$" * 290, "5 " + "a" * 290, "5" + " " * 280 + "x", "1/" * 140])
def test_hostile_amounts_come_to_an_end(text) -> None:
    assert amounts(text)
