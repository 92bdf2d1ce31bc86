"""Where a text states its final answer."""

import pytest
from multisynth.text.verifiers.answers.stated import first_stated, stated, statements


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (r"\boxed{\frac{\sqrt{3}}{2}}", r"\frac{\sqrt{3}}{2}"),
        (r"So $\boxed{x^{2^{3}}}$.", "x^{2^{3}}"),
        (r"\boxed 5", "5"),
        (r"$\boxed 5$.", "5"),
        (r"\fbox{5}", "5"),
        (r"\boxed {5}", "5"),
        (r"\boxed{\{1,2\}}", r"\{1,2\}"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed{4} no, \boxed{5}", "5"),
        (r"\boxed{5} and \boxed{\frac{1}{2", "5"),
        (r"} \boxed{a} }} {", "a"),
        (r"\boxed{5", None),
        (r"\boxedx{5}", None),
    ],
)
def test_boxes_are_read_to_their_closing_brace(said, answer) -> None:
    found = stated(said)
    assert (None if found is None else found.answer) == answer
    assert found is None or found.answer in said[found.start : found.end]
    assert statements(said) == (2 if "no," in said else 0 if answer is None else 1)
    assert (first_stated(said) is None) is (answer is None)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("2 + 6 = 8. The answer is 8.", "8"),
        ("The final answer is $12.50. Yes.", "$12.50"),
        ("The answer is:\n8", "8"),
        ("The answer would be 8", "8"),
        ("The answer to the question is **8**.", "8"),
        ("**Answer:** 8", "8"),
        ("**Final Answer**: 8 apples.", "8 apples"),
        ("### Final Answer:\n\n$8$", "8"),
        ("Answer: 2 + 3 = 5. The answer is 5.", "5"),
        ("Answer: 7\n#### 8", "8"),
        ("The answer is known. Answer choices follow.", "known"),
        ("We answer later", None),
    ],
)
def test_sentences_and_labels_state_answers(said: str, answer: str | None) -> None:
    found = stated(said)
    assert (None if found is None else found.answer) == answer
    assert statements(said) == (answer is not None)


@pytest.mark.timeout(60)  # linear time takes a tenth of a second
@pytest.mark.parametrize(
    "piece", ["answer: ", "the answer is ", "answer to ", "answer*", "answer is\t", "answer to a b"]
)
def test_answers_that_are_never_given_take_no_long_time(piece: str) -> None:
    stated(piece * 50_000)


@pytest.mark.timeout(60)  # linear time takes a tenth of a second, quadratic time many minutes
def test_boxes_that_are_never_closed_take_no_long_time() -> None:
    assert stated(r"\boxed{" * 100_000) is None
