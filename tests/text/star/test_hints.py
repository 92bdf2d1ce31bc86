"""Hints: how they stand, and that honest rationales do not look as if they let one show."""

from __future__ import annotations

import pytest
from multisynth.text.star.hints import hinted, leak
from multisynth.text.verifiers.answers.stated import stated
from multisynth.text.worked import WORKED

COINS = ("Sam has 5 coins. Lucy gives him 3 more coins. How many coins does Sam have now?", "8")
PENS = ("A box holds 12 pens. Ann has 3 boxes and loses 9 pens. How many pens has Ann left?", "27")
LEAKS = [
    (COINS, "Sam likes coins a lot. The answer is 8."),
    (COINS, "5 - 3 = 2. The answer is 8."),
    (COINS, "5 and 3 are numbers. The answer is \\boxed{8}."),
    (COINS, "We think hard. The answer is $\\boxed{8}$."),
    (COINS, "8 = 8. The answer is 8."),
    (COINS, "8 + 0 = 8. The answer is 8."),
    (COINS, "1. Sam has 5 coins.\n2. Lucy gives him 3.\nThe answer is 8."),
    (COINS, "Step 1: 5 - 3 = 2.\nStep 2: so \\boxed{8}"),
    (COINS, "5 + 3 = 9. The answer is 8."),
    (COINS, "5 \\cdot 3 = 15. #### 8"),
    (COINS, "**Sam** has **8** coins. The answer is **8**."),
    (COINS, "The provided answer is right since 5 + 3 = 8. The answer is 8."),
    (COINS, "Since we know the result, 5 + 3 = 8. The answer is 8."),
    (COINS, "This confirms the total: 5 + 3 = 8. The answer is 8."),
    (COINS, "The expected total comes from 5 + 3 = 8. The answer is 8."),
    (COINS, "The hint tells us to add: 5 + 3 = 8. The answer is 8."),
    (COINS, "5 + 3 = 8, matching the answer. The answer is 8."),
    (COINS, "Because the answer in parentheses is so, 5 + 3 = 8. The answer is 8."),
    (COINS, "$5 - 3 = 2$, so $\\boxed{8}$"),
    (COINS, "\\[5 \\times 3 = 15\\] The answer is 8."),
    (COINS, "It comes to 16/2. 5 + 3 = 8. The answer is 8."),
    (COINS, "As it was revealed, 5 + 3 = 8. The answer is 8."),
    (COINS, "Knowing the result, 5 + 3 = 8. The answer is 8."),
    (COINS, "We know the result already: 5 + 3 = 8. The answer is 8."),
    (COINS, "This is consistent with the total that was shown. 5 + 3 = 8. The answer is 8."),
    (COINS, "It fits what is written. 5 + 3 = 8. The answer is 8."),
    (COINS, "That equals the value in the prompt. 5 + 3 = 8. The answer is 8."),
    (COINS, "The problem says the result, so 5 + 3 = 8. The answer is 8."),
    (COINS, "To get the result we need, 5 + 3 = 8. The answer is 8."),
    (COINS, "He has three more. So he must end up with more. The answer is 8."),
    (PENS, "Ann has pens. The answer is 27."),
    (PENS, "12 * 3 = 36. The answer is 27."),
    (PENS, "12 - 9 = 3. The answer is 27."),
    (PENS, "36 - 9 is what is left. The answer is 27."),
    (PENS, "We need 27 pens. 12 * 3 = 36. 36 - 9 = 27. The answer is 27."),
    (PENS, "Boxes: 3. Pens: 12. Lost: 9. The answer is $27$."),
    (PENS, "1. 12 * 3 = 36\n2. Subtract the lost pens.\n\n\\boxed{27}"),
    (PENS, "We are given the answer. 12 * 3 = 36. 36 - 9 = 27. The answer is 27."),
    (PENS, "Working back from 27: 27 + 9 = 36. 36 / 3 = 12. The answer is 27."),
    (PENS, "36 - 9 = **27**, just as the question says. The answer is 27."),
]
HONEST = [
    (COINS, "5 + 3 = 8. The answer is \\boxed{8}."),
    (COINS, "5 + 3 = 8. The answer is $\\boxed{8}$."),
    (COINS, "The correct way is to add. 5 + 3 = 8. The answer is 8."),
    (COINS, "He already had 5. 5 + 3 = 8. The answer is 8."),
    (COINS, "To find the solution, add. 5 + 3 = 8. The answer is 8."),
    (COINS, "To answer the question, we add 5 and 3. 5 + 3 = 8. The answer is 8."),
    (COINS, "He is given 3 more. 5 + 3 = 8. The answer is 8."),
    (COINS, "The question asks for the total. 5 + 3 = 8. The answer is 8."),
    (COINS, "Lucy gives 3, as stated. 5 + 3 = 8. The answer is 8."),
    (COINS, "5 + 3 = \\boxed{8}"),
    (COINS, "\\[5 + 3 = \\boxed{8}\\]"),
    (COINS, "$5 + 3 = 8$. #### 8"),
    (COINS, "1. Sam has 5 coins.\n2. Lucy gives 3.\n3. 5 + 3 = 8.\nThe answer is 8."),
    (COINS, "Step 1: Sam has 5 coins.\nStep 2: 5 + 3 = **8**.\nThe answer is **8**."),
    (COINS, "**Step 1:** Start with 5.\n\n**Step 2:** Add 3: 5 + 3 = 8\n\nThe answer is $\\boxed{8}$."),
    (COINS, "Let's add: \\(5 + 3 = 8\\). The answer is 8."),
    (COINS, "The total is:\n$$5 + 3 = 8$$\nThe answer is 8."),
    (COINS, "5 plus 3 is 8. The answer is 8."),
    (COINS, "5+3=8\n#### 8"),
    (COINS, "Sam has 5 + 3 = 8 coins. So Sam has 8 coins now. The answer is 8."),
    (COINS, "We need to find the total number of coins. 5 + 3 = 8. The answer is 8."),
    (COINS, "We want to know how many coins he has. 5 + 3 = 8. The answer is 8."),
    (COINS, "To get the total, we add. 5 + 3 = 8. The final answer is 8."),
    (COINS, "First, note that Sam begins with 5. Then Lucy gives 3, so $5 + 3 = 8$. The answer is 8."),
    (COINS, "Given that Lucy gives him 3 more, 5 + 3 = 8. The answer is 8."),
    (PENS, "12 * 3 = 36. 36 - 9 = 27. The answer is 27."),
    (PENS, "$12 \\times 3 = 36$ and $36 - 9 = 27$. The answer is $\\boxed{27}$."),
    (PENS, "12 \\cdot 3 = 36\n36 - 9 = 27\n\\boxed{27}"),
    (PENS, "1. **Pens in all**: 12 \\times 3 = 36\n2. **Left**: 36 - 9 = 27\n\nThe answer is 27."),
    (PENS, "3 * 12 - 9 = 27. The answer is 27."),
    (PENS, "3 * 12 - 9 = 36 - 9 = 27. #### 27"),
    (PENS, "- In all: 3 * 12 = 36\n- Left: 36 - 9 = 27\nThe answer is 27."),
    (
        PENS,
        "She has 3 boxes with 12 pens each, which is 3 * 12 = 36 pens. After losing 9, 36 - 9 = 27 remain. "
        "The answer is 27.",
    ),
    (PENS, "Known: 3 boxes of 12. 3 * 12 = 36. 36 - 9 = 27. The answer is 27."),
    (PENS, "x = 36 - 9 = 27, where 36 = 3 * 12. The answer is 27."),
    (PENS, "Total = 3 x 12 = 36. Left = 36 - 9 = 27. The answer is 27."),
    (PENS, "\\[3 \\times 12 = 36\\]\n\\[36 - 9 = 27\\]\nThe answer is \\(27\\)."),
    (PENS, "There are 36 pens (3 * 12 = 36). 36 - 9 = 27. The answer is 27."),
    (PENS, "We subtract the lost pens from the total: 36 - 9 = 27. The answer is 27."),
]


@pytest.mark.parametrize(("problem", "told"), LEAKS)
def test_what_is_copied_and_not_found_or_spoken_of_is_told(problem: tuple[str, str], told: str) -> None:
    assert leak(*problem, told, "math")


@pytest.mark.parametrize(("problem", "told"), HONEST)
def test_what_finds_the_answer_is_kept_however_it_is_written(problem: tuple[str, str], told: str) -> None:
    assert leak(*problem, told, "math") == ""


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
