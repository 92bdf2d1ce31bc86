"""Sums: what is right, and what the reasoning was worth."""

import functools

import pytest
from multisynth.text.problems.scratchpad import scratchpad


@pytest.fixture
def added(judge):
    """The verdict on 624 + 459."""
    return functools.partial(judge, "addition", gold="1083", check={"terms": [624, 459]})


@pytest.mark.parametrize(
    "said", ["The answer is 1 0 8 3.", "The answer is 1083.", "#### 1,083", r"\boxed{1083}", "the answer is: 1 0 8 3"]
)
def test_the_sum_is_right_however_it_is_stated(added, said) -> None:
    verdict = added(said)
    assert verdict.right and (verdict.answer, verdict.reason, verdict.verifier) == ("1083", "", "addition")
    assert verdict.flaw == "wrong step: 1, '' for '6 2 4 + 4 5 9 , C: 0'"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("1 0 8 3", "no answer"),
        ("", "no answer"),
        ("The answer is 1 0 8 4.", "wrong answer: got 1084, gold 1083"),
        ("The answer is 01083.", "wrong answer: got 01083, gold 1083"),
        ("The answer is 1 0 8 3 or 5.", "wrong answer: got 1083or5, gold 1083"),
        ("The answer is " + "9" * 5000, f"wrong answer: got {'9' * 59}…, gold 1083"),
    ],
)
def test_everything_else_is_wrong(added, said, reason) -> None:
    verdict = added(said)
    assert not verdict.right and verdict.reason == reason


def test_a_right_scratchpad_has_no_flaw_and_a_wrong_carry_is_one(added) -> None:
    right = scratchpad(624, 459)
    assert added(right).right and added(right).flaw == ""
    wrong = added(right.replace("3 C: 1", "3 C: 0"))
    assert wrong.right and wrong.flaw == "wrong step: 2, '6 2 + 4 5 , 3 C: 0' for '6 2 + 4 5 , 3 C: 1'"


@pytest.mark.parametrize(
    "check", [{}, {"terms": [1]}, {"terms": [-1, 2]}, {"terms": ["a", 2]}, {"terms": [1, 2], "x": 1}]
)
def test_a_check_that_is_none_is_refused(added, check) -> None:
    with pytest.raises(ValueError, match=r"terms|x"):
        added("The answer is 3.", check=check)
