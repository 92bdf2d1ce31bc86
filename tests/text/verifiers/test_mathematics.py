"""Whole texts whose final answer is compared as mathematics."""

import pytest
from multisynth.text.apart import Apart


def test_a_currency_counts_in_a_whole_answer(judge) -> None:
    for gold, said in [("$12", "The answer is $12."), ("12", "The answer is $12."), ("12", "The answer is $12$."),
                       ("£12", "The answer is **£12**.")]:  # fmt: skip
        assert judge("math", said, gold).right
    for said in ("The answer is $12.", r"\boxed{\$12}"):
        assert not judge("math", said, "£12").right


@pytest.mark.parametrize(
    ("gold", "said", "question", "right"),
    [
        ("7", "7 dozen", "How many dozen eggs does she need?", True),
        ("7", "7 dozen", "How many eggs does she need?", False),
        ("7", "7 thousand", "How many dozen eggs does she need?", False),
        ("60", "60 million dollars", "How much is left, in millions of dollars?", True),
    ],
)
def test_a_question_for_dozens_is_answered_in_dozens(judge, gold, said, question, right) -> None:
    assert judge("math", f"The answer is {said}.", gold, question).right is right


@pytest.mark.parametrize(
    ("gold", "said", "question", "right"),
    [
        ("0.5", "50%", "What is the probability of heads?", True),
        ("0.5", "50%", "By what percentage did it grow?", False),
        ("50", "50%", "What percent of them are red?", True),
        ("50%", "0.5", "What percent of them are red?", False),
        ("20", "20%", "Of 50 people 40% left. What is the rate?", True),
    ],
)
def test_a_percentage_that_is_asked_for_is_no_hundredths(judge, gold, said, question, right) -> None:
    assert judge("math", f"The answer is {said}.", gold, question).right is right


@pytest.mark.parametrize("verifier", ["exact", "math"])
@pytest.mark.parametrize("said", ["The answer is .", "<answer></answer>"])
def test_an_empty_gold_answer_verifies_nothing(judge, verifier, said) -> None:
    assert not judge(verifier, said).right


def test_plain_numbers_need_no_algebra(judge, monkeypatch) -> None:
    """Thousands of them are judged a second, as none is asked of the process beside."""
    monkeypatch.setattr(Apart, "ask", lambda *_: pytest.fail("asked"))
    for said in ("31", "32", "$32", "32 apples", "64/2", "1,032", "32.0", "-32", "32 km"):
        assert judge("math", f"24 + 8 = 32. The answer is {said}.", "32").right is (said not in ("31", "1,032", "-32"))
