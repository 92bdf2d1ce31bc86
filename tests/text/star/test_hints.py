"""Hints: how they stand, and that honest rationales do not look as if they let one show."""

from __future__ import annotations

from multisynth.text.star.hints import hinted, leak
from multisynth.text.verifiers.answers.stated import stated
from multisynth.text.worked import WORKED


def test_honest_rationales_pass() -> None:
    for shown in WORKED.values():
        for question, told in shown:
            answer = stated(told)
            assert answer is not None and leak(question, answer.answer, told) == ""
    asked = "Given 4 hints, Ben is told 2 more. How many hints is he given or told?"
    assert leak(asked, "6", "Ben is given 4 hints and told 2. 4 + 2 = 6. The answer is 6.") == ""
    asked = "Anna has 10 pens. She gives 3 to Ben and expects 2 more. How many pens does Anna have?"
    for told in (
        "Anna has given 3. 10 - 3 = 7. 7 + 2 = 9.",
        "We are told she has 10. 10 - 3 + 2 = 9.",
        "Given the 10 pens, 10 - 3 = 7. With the 2 expected, 7 + 2 = 9.",
        "Note that she gives 3. 10 - 1 = 9.",
    ):
        assert leak(asked, "9", f"{told} The answer is 9.") == ""
    assert leak("What is 6 + 0?", "6", "6 + 0 = 6. The answer is 6.") == ""
    assert leak("Half of 3?", "\\frac{3}{2}", "Half of 3 is $\\frac{3}{2}$, so $\\boxed{\\frac{3}{2}}$") == ""


def test_the_hint_of_an_addition_stands_after_it() -> None:
    assert hinted("2 4 + 5 9", "83", "addition") == "2 4 + 5 9\nTarget: 8 3"
    assert hinted("How many?", "83", None) == "How many? (The answer is 83.)"
