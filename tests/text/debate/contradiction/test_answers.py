"""Answers that count as the same."""

import pytest
from multisynth.text.debate.contradiction import normal


@pytest.mark.parametrize("one, other", [("1,200", "$1200"), ("0.5", "1/2"), ("The cat.", "cat"), ("20 dollars", "20")])
def test_answers_that_are_the_same(one, other) -> None:
    assert normal(one) == normal(other)
    assert normal("12") != normal("21") and normal("yes") != normal("no")
