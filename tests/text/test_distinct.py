"""Ways of reasoning: which are alike, and how many of each problem stay."""

import random

import pytest
from multisynth.text.distinct import Distinct, way

from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.testing import run_stage


def attempts(texts, question=lambda k: "q"):
    return [
        Sample(
            REASONING, k, question=question(k), answer="32", domain="d", completion=text, attempt=k, model="m",
            token_ids=[],
        )
        for k, text in enumerate(texts)
    ]  # fmt: skip


ONE = "The packs have 4 * 6 = 24 pens. With his own he has 24 + 8 = 32 pens. The answer is 32."


@pytest.mark.parametrize(
    "text",
    [
        "4 × 6 = 24, so 24 + 8 = 32. The answer is 32.",
        "Four packs: 4*6=24. Then add 24 + 8 = 32 in all.\nThe answer is 32.",
        "He buys 4 * 6 = 24 pens; 24 + 8 = 32. #### 32",
    ],
)
def test_other_words_around_the_same_equations_are_the_same_way(text) -> None:
    assert way(text) == way(ONE)


@pytest.mark.parametrize(
    "text",
    [
        "4 * 6 = 24. 8 + 24 = 32. The answer is 32.",
        "8 + 4 * 6 = 32. The answer is 32.",
        "6 + 6 = 12. 12 + 12 = 24. 24 + 8 = 32. The answer is 32.",
        "He just has them. The answer is 32.",
    ],
)
def test_other_equations_are_another_way(text) -> None:
    assert way(text) != way(ONE)


def test_without_equations_the_words_decide() -> None:
    assert way("Look: it is ODD!  The answer is A.") == way("look, it is odd. The answer is B.")
    assert way("It is odd. The answer is A.") != way("It is even. The answer is A.")


def test_the_first_few_of_each_problem_stay() -> None:
    texts = [ONE, ONE.replace("packs", "boxes"), "8 + 4 * 6 = 32. The answer is 32.", "8 + 24 = 32. #### 32", "x"] * 2
    ran = run_stage(Distinct(most=3), attempts(texts, lambda k: f"q{k // 5}"), batch_size=3)
    assert ran.samples["attempt"] == [0, 2, 3, 5, 7, 8]
    assert sorted(reason for _, reason in ran.drops) == [
        "enough attempts at its problem: 3", "enough attempts at its problem: 3",
        "reasons as another attempt: 0", "reasons as another attempt: 5",
    ]  # fmt: skip


def test_what_stays_does_not_depend_on_the_order() -> None:
    texts = [f"{a} + {b} = {a + b}. The answer is {a + b}." for a in range(4) for b in range(3)] * 2
    samples = attempts(texts)
    first = run_stage(Distinct(most=5), samples).samples
    random.Random(0).shuffle(samples)
    again = run_stage(Distinct(most=5), samples).samples
    assert sorted(first["attempt"]) == sorted(again["attempt"]) == [0, 1, 2, 3, 4]


def test_programs_are_told_apart_by_their_syntax() -> None:
    square = "```python\ndef f(n):\n    # 2 + 3 = 5\n    return n * n\n```"
    summed = "```python\ndef f(n):\n    # 2 + 3 = 5\n    return sum(n for _ in range(n))\n```"
    laid_out = "Here it is:\n```python\ndef f(n):\n    'Square it.'\n\n    return (n * n)  # squared\n```"
    assert way(square, "code") == way(laid_out, "code") != way(summed, "code")


def test_equations_in_latex_are_read() -> None:
    one, other = (
        f"$\\frac{{{a * b}}}{{{b}}} = {a}$, $4 \\cdot {a} = {4 * a}$. \\boxed{{{4 * a}}}" for a, b in ((7, 2), (7, 3))
    )
    assert way(one) != way(other) and way(one) == way("14 / 2 = 7. 4 * 7 = 28. The answer is 28.")


def test_what_says_nothing_before_its_answer_reasons_in_no_way() -> None:
    alone = ["\\boxed{18}", "It is \\boxed{18}.", "So the answer is **18**.", "The answer is 18."]
    assert not any(map(way, alone)) and way("4 * 12 = 48. 48 - 30 = 18. The answer is 18.")
    ran = run_stage(Distinct(), attempts([*alone, "48 - 30 = 18. The answer is 18."]))
    assert ran.samples["attempt"] == [4]
    assert {reason for _, reason in ran.drops} == {"no reasoning: it states an answer alone"}
