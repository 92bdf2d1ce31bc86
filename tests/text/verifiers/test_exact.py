"""Answers that have to be the gold one, letter for letter."""

import pytest

RIGHT = [
    ("Paris", "paris"), ("Paris", "Paris."), ("Paris", '"Paris"'), ("the Nile", "Nile"), ("Nile", "The Nile"),
    ("a b", "a  b"), ("it's", "it’s"), ("1–2", "1-2"), ("café", "cafe\u0301"), ("²", "2"), ("C", "c"), ("a", "A"),
    ("ﬁne", "fine"), ("x y", "x\u00a0y"), ("an owl", "owl"), ("U.S", "u.s."), ("true", "True"), ("A", "*A*"),
    ("B", r"\text{B}"), ("B", "(B)"), ("(B)", "B"), ("B", "B)"), ("B", r"$\textbf{(B)}$"), (r"\text{Paris}", "Paris"),
]  # fmt: skip
WRONG = [
    ("Paris", "Paris, France"), ("Paris", "London"), ("12", "12.0"), ("a b", "ab"), ("a-b", "a b"), ("owl", "owls"),
    ("no", "not"), ("Nile", "then Nile"), ("C", "C#"), ("x", ""), ("1.5", "15"), ("-3", "3"), ("A", "A or B"),
    ("B", "(A)"), ("B", "(B) or (C)"), ("AB", "(B)"), ("B", "(Bob)"), ("f", "f(x)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("gold", "got", "right"), [(*pair, True) for pair in RIGHT] + [(*pair, False) for pair in WRONG]
)
def test_exact_answers(judge, gold, got, right) -> None:
    verdict = judge("exact", f"So <answer>{got}</answer>", gold)
    assert verdict.right is right and bool(verdict.reason) is not right
    assert judge("exact", got, gold).reason == "no answer"


@pytest.mark.parametrize(
    "said", [r"\boxed{\text{B}}", "The answer is (B).", "**Answer:** B)", "The answer is B. It is green."]
)
def test_the_letter_of_an_option_however_it_is_said(judge, said: str) -> None:
    assert judge("exact", said, "B").right and judge("exact", said, "(B)").right
    assert not judge("exact", said, "A").right


def test_an_answer_goes_on_after_a_full_stop_that_is_none(judge) -> None:
    assert judge("exact", "The answer is Dr. Who.", "Dr. Who").right
    assert judge("exact", "The answer is Paris. It is in France.", "Paris").right
    assert not judge("exact", "The answer is Dr. No.", "Dr. Who").right
    assert not judge("exact", r"\boxed{Dr}. Who", "Dr. Who").right
