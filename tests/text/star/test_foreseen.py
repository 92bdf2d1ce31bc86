"""Answers that a text uses before it finds them, in all the ways in which a number can be written."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path

import pytest
from multisynth.text.problems.scratchpad import scratchpad, spaced
from multisynth.text.star.foreseen import foreseen
from multisynth.text.star.hints import leak

QUESTION = "A baker sells rolls at 6 trays of 7. How many rolls?"
GSM8K = Path(__file__).parents[4] / "shared/data/gsm8k/test.jsonl.gz"
LEAKS = [
    ("42", "It has to be 42, so 6 times 7."),
    ("42", "We want 42. 6 * 7 is 42."),
    ("42", "Because the total is 42, 6 * 7 = 42."),
    ("42", "We must get to 42.0. 6 * 7 = 42."),
    ("42", "We must get to forty two. 6 * 7 = 42."),
    ("42", "We must get to 4 2. 6 * 7 = 42."),
    ("42", "We must get to 42/1. 6 * 7 = 42."),
    ("42", "Total = 42. 6 * 7 = 42."),
    ("42", "1 + 1 = 42. 6 * 7 = 42."),
    ("42", "42 + 0 = 42. 6 * 7 = 42."),
    ("42", "x = 42, as 6x = 252."),
    ("42", "42 rolls are sold."),
    ("42", "There are 42 rolls because 6 trays of 7."),
    ("42", "3.5 dozen make 42, and 6 * 7 = 42."),
    ("1200", "We need to reach 1,200. 1000 + 200 = 1200."),
    ("1,200", "We need to reach twelve hundred. 1000 + 200 = 1200."),
    ("142", "One hundred forty-two is needed. 100 + 42 = 142."),
    ("142", "A hundred and forty-two is needed. 100 + 42 = 142."),
    ("0.5", "It is one half. 1 / 2 = 0.5."),
    ("0.5", "That is 50%. 1 / 2 = 0.5."),
    (r"\frac{3}{4}", "3/4 it is. 1 - 1 / 4 = 3/4."),
    ("-42", "It is 42 below. 0 - 6 * 7 = -42."),
    ("12 apples", "She has 12. 6 + 6 = 12 apples."),
    ("yes", "Obviously yes."),
    ("Paris", "It must be Paris."),
    ("New York", "Of course new  york."),
]
HONEST = [
    ("42", "6 * 7 = 42. So 42 rolls are sold."),
    ("42", "6 times 7 is 42."),
    ("42", "6 trays * 7 rolls = 42 rolls."),
    ("42", r"\( 6 \times 7 = 42 \)."),
    ("42", r"That is \frac{84}{2} = 42."),
    ("42", "84 / 2 = 42."),
    ("42", "6 * 7 = 84 / 2 = 42."),
    ("32", "2^5 = 32."),
    ("4", r"\sqrt{16} = 4."),
    ("4", "x + 3 = 7, so x = 4."),
    ("1200", "1000 + 200 = 1,200."),
    ("3.33", "10 / 3 = 3.33."),
    ("0.75", "3/4 = 0.75."),
    ("-6", "3 - 9 = -6."),
    (r"\frac{3}{2}", r"Half of 3 is \frac{3}{2}."),
    ("10", "20% of 50 is 10."),
    ("Paris", "The seat of the government of France."),
]


@pytest.mark.parametrize(("answer", "text"), LEAKS)
def test_an_answer_that_no_equation_has_found_is_told(answer: str, text: str) -> None:
    reason = leak(QUESTION, answer, f"{text} The answer is {answer}.")
    assert reason.startswith("uses the answer before it finds it")


@pytest.mark.parametrize(("answer", "text"), HONEST)
def test_an_answer_that_an_equation_finds_may_be_used_from_there_on(answer: str, text: str) -> None:
    assert leak(QUESTION, answer, f"{text} The answer is {answer}.") == ""


def test_what_the_question_says_may_be_quoted_and_not_aimed_at() -> None:
    asked = "Ben has 6 pens and gets 0 more. How many pens has he?"
    assert leak(asked, "6", "Ben has 6 pens. 6 + 0 = 6. The answer is 6.") == ""
    assert leak(asked, "6", "It must be 6. 6 + 0 = 6. The answer is 6.") != ""
    assert leak("Is Paris or Rome in France?", "Paris", "Paris is in France. The answer is Paris.") == ""


@pytest.mark.parametrize("digits", [1, 2, 5])
def test_right_scratchpads_are_kept_and_others_that_know_the_sum_are_not(digits: int) -> None:
    draws = random.Random(digits)
    for first, second in ((draws.randrange(10**digits), draws.randrange(10**digits)) for _ in range(50)):
        question, answer, right = f"{spaced(first)} + {spaced(second)}", str(first + second), scratchpad(first, second)
        assert leak(question, answer, right, "addition") == ""
        if digits > 1 and len(answer) == digits + 1:
            for known in (spaced(first + second), answer):
                told = leak(question, answer, f"{spaced(first)} , {known} C: 0\n{right}", "addition")
                assert told.startswith("uses the answer")


@pytest.mark.skipif(not GSM8K.exists(), reason="no GSM8K here")
def test_people_who_solve_problems_by_themselves_are_rarely_dropped() -> None:
    kept = 0
    with gzip.open(GSM8K, "rt") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(400), strict=False)]
    for row in rows:
        reasons, gold = re.sub(r"<<.*?>>", "", row["answer"]).split("####")
        kept += not foreseen(reasons.casefold(), gold.strip(), row["question"].casefold())
    assert kept / len(rows) > 0.9


def test_hostile_texts_are_read_in_linear_time() -> None:  # in quadratic time it runs into the timeout of all tests
    for text in ("=42" * 30_000, "6 * 7 = " * 10_000, "42 " * 30_000, "(" * 90_000 + "= 42", "one hundred " * 8000):
        foreseen(text, "42", "42")
        foreseen(text, "42", "")
