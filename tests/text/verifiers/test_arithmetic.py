"""Reasoning on word problems: what bears its answer is kept, and each kind of fault is told."""

import gzip
import json
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations, product
from pathlib import Path

import pytest
from multisynth.text.problems.arithmetic import OPERATORS, Arithmetic
from multisynth.text.problems.wording import TEMPLATES
from multisynth.text.verifiers import Verdict
from multisynth.text.worked import WORKED

from multisynth.sample import Sample
from multisynth.testing import run_stage

GSM8K = Path(__file__).parents[4] / "shared/data/gsm8k/test.jsonl.gz"
MARBLES = "Ben has 10 marbles. He gives 4 marbles to David and loses 2 marbles. How many marbles does Ben have left?"
BENCHES = "Carla sees 27 benches in 3 equal rows. How many benches are in each row?"
SHOP = "A shop sold 7 shells on Saturday and 3 shells on Sunday. How many shells did it sell over the weekend?"
GIVEN = "Rosa has 7 buttons. Liam gives her 4 more buttons. How many buttons does Rosa have now?"
LAPS = "Pablo swims 4 laps every day. How many laps does he swim in 5 days?"
BAGS = "Mia buys 3 bags with 6 beads in each bag. She had 9 beads before. How many beads does Mia have now?"


@pytest.fixture(scope="module")
def fault(judge: Callable[..., Verdict]) -> Callable[[str, str, str], str]:
    return lambda question, gold, completion: _fault(judge("arithmetic", completion, gold, question))


def _fault(verdict: Verdict) -> str:
    return verdict.reason or verdict.flaw


def solved(problem: Sample) -> list[str]:
    """The steps of a solution made by rule from the numbers that the problem was made of."""
    value, steps = problem.meta["numbers"][0], []
    for operation, term in zip(problem.meta["operations"], problem.meta["numbers"][1:], strict=True):
        result = OPERATORS[operation](value, term) if operation != "/" else value // term
        steps.append(f"That makes {value} {operation} {term} = {result}.")
        value = result
    return [*steps, f"The answer is {value}."]


@pytest.fixture(scope="module")
def problems() -> list[Sample]:
    return list(run_stage(Arithmetic(problems=4 * len(TEMPLATES))).samples)


def test_solutions_of_every_template_are_kept(fault, problems) -> None:
    assert {problem.meta["template"] for problem in problems} == set(range(len(TEMPLATES)))
    for problem in problems:
        assert not fault(problem["question"], problem["answer"], " ".join(solved(problem))), problem["question"]


def test_a_sum_that_nothing_is_made_of_is_told_wherever_it_stands(fault, problems) -> None:
    for problem in problems:
        first, second = problem.meta["numbers"][:2]
        sides = {f"{first} {sign} {second}": OPERATORS[sign](first, second) for sign in "+-*"}
        steps = solved(problem)
        text = " ".join(steps)
        side, value = next((side, value) for side, value in sides.items() if side not in text and value >= 0)
        for place in range(len(steps) - 1):
            with_side = " ".join([*steps[:place], f"There are {side} = {value} here.", *steps[place:]])
            reason = fault(problem["question"], problem["answer"], with_side)
            needed = re.search(rf"= {value}\b|\b{value} [-+*/]|[-+*/] {value}\b", text)
            assert reason == f"nothing is made of it: {side} = {value}" or needed, with_side


def test_a_number_from_nowhere_is_told_in_prose(fault, problems) -> None:
    for problem in problems:
        reason = fault(problem["question"], problem["answer"], " ".join(["Sam had 977 more.", *solved(problem)]))
        assert reason == "number from nowhere: 977"


@pytest.mark.parametrize("domain", sorted(WORKED))
def test_what_models_are_shown_is_kept(fault, domain) -> None:
    for question, told in WORKED[domain]:
        assert not fault(question, re.search(r"answer is (-?\d+)", told)[1], told), told


@pytest.mark.parametrize(
    ("question", "gold", "told"),
    [  # in the manner of people: GSM8K's and our own
        ("Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many "
         "clips did Natalia sell altogether in April and May?", "72",
         "Natalia sold 48/2 = 24 clips in May.\nNatalia sold 48+24 = 72 clips altogether in April and May.\n#### 72"),
        ("Weng earns $12 an hour for babysitting. Yesterday, she just did 50 minutes of babysitting. How much did she "
         "earn?", "10", "Weng earns 12/60 = $0.2 per minute.\nWorking 50 minutes, she earned 0.2 x 50 = $10.\n#### 10"),
        ("Tea costs 20% more than coffee, which is $5. How much do two teas cost?", "12",
         "A tea costs $5 * 1.20 = $6. Two teas are 2 * $6 = $12. The answer is $12."),
        ("A plane has three rows of twenty-five seats and a fifth of them are taken. How many are free?", "60",
         "It has 3 * 25 = 75 seats, of which 75 * 1/5 = 15 are taken. So 75 - 15 = 60 are free. The answer is 60."),
        ("Two pools take 4 and 6 gallons/minute. How many gallons do they take in an hour?", "600",
         "Rate = 4 gallons/minute + 6 gallons/minute = 10 gallons/minute. In an hour that is 10 * 60 minutes/hour = "
         "600 gallons. The answer is 600."),
        ("Ann walks .5 miles to work and back. How many miles is that in 4 weeks of 5 days?", "20",
         "Each day she walks .5*2=1 mile. There are 4 weeks x 5 days = 20 days. So she walks 1*20=20 miles. #### 20"),
        ("Ola scored 8, 9 and 4. What was the average?", "7", "In all 8 plus 9 plus 4 equals 21. 21/3 = 7. #### 7"),
        ("Max has 5 boxes of 12 eggs and 3 eggs. How many eggs are there?", "63",
         "There are 5(12) + 3 = 60 + 3 = 63 eggs. The answer is 63."),
        (SHOP, "10", "It sold 7 shells and 3 shells (7 + 3 = 10). The answer is 10."),
        ("Each of 3 shelves has 5 cups and 5 mugs. How many things are there?", "30",
         "There are 3 * 5 = 15 cups. There are 3 * 5 = 15 mugs. In all 15 + 15 = 30. The answer is 30."),
        (MARBLES, "4", "4 + 2 = 6 marbles are gone. 10 - 6 = 4 are left. Answer: The answer is 4."),
    ],
)  # fmt: skip
def test_people_are_understood(fault, question, gold, told) -> None:
    assert not fault(question, gold, told)


@pytest.mark.parametrize(
    ("question", "gold", "told", "reason"),
    [
        ("Ann has 3 red, 4 blue, 5 big and 2 small cups. How many are red or blue?", "7", "3 + 4 = 7. 5 + 2 = 7.",
         "nothing is made of it: 3 + 4 = 7"),
        ("Oscar packs 3 candles into baskets, with 3 candles in each basket. How many baskets does he fill?", "1",
         "Oscar packs 3 * 3 = 9 baskets. 3 / 3 = 1.", "nothing is made of it: 3 * 3 = 9"),
        (BAGS, "27", "In 3 bags there are 3 * 6 = 18 beads. There are 9 * 3 = 27 beads.",
         "nothing is made of it: 3 * 6 = 18"),
        (SHOP, "10", "It made 7 + 3 = 10 shells and sold 12 shells.", "number from nowhere: 12"),
        (SHOP, "10", "A single shell is twenty. 7 + 3 = 10.", "number from nowhere: 20"),
        (SHOP, "10", "It sold 10 shells. 7 + 3 = 10.", "number from nowhere: 10"),
        (SHOP, "10", "A year has 52 weeks. 7 + 3 = 10.", ""),
        (SHOP, "10", "It sold 7 shells a week to 52 men. 7 + 3 = 10.", "number from nowhere: 52"),
        (SHOP, "10", "It sold 3 shells on Saturday. 7 + 3 = 10.",
         "misquotes the question: It sold 3 shells on Saturday"),
        (SHOP, "10", "On Friday and Saturday it sold 7 + 3 = 10 shells.", "name from nowhere: Friday"),
        (SHOP, "10", "The shop sold 7 shells on Friday. 7 + 3 = 10.", "name from nowhere: Friday"),
        (BENCHES, "9", "Carla sees 27 benches in each row. 27 / 3 = 9.",
         "misquotes the question: Carla sees 27 benches in each row"),
        (BENCHES, "9", "Carla sees 27 benches in 1 row. 27 / 3 = 9.",
         "misquotes the question: Carla sees 27 benches in 1 row"),
        (BENCHES, "9", "Carla sees 27 rows of benches. 27 / 3 = 9.",
         "misquotes the question: Carla sees 27 rows of benches"),
        (BAGS, "27", "Each bag has 3 beads. 3 * 6 = 18. 18 + 9 = 27.", "misquotes the question: Each bag has 3 beads"),
        (LAPS, "20", "He swims 4 laps in 5 days. 4 * 5 = 20.", "misquotes the question: He swims 4 laps in 5 days"),
        (LAPS, "20", "He swims 4 laps per week. 4 * 5 = 20.", "misquotes the question: He swims 4 laps per week"),
        (LAPS, "20", "He swims 4 laps per day for 5 days. 4 * 5 = 20.", ""),
        (GIVEN, "11", "Liam gave Rosa 7 more buttons. 7 + 4 = 11.",
         "misquotes the question: Liam gave Rosa 7 more buttons"),
        (GIVEN, "11", "Liam has 4 buttons. 7 + 4 = 11.", "misquotes the question: Liam has 4 buttons"),
        (GIVEN, "11", "Rosa has 7 buttons. Liam has 7 + 4 = 11 buttons.", "answers for another: Liam"),
        (GIVEN, "11", "Rosa has 7 buttons. She has 7 + 4 = 11 buttons.", ""),
        (MARBLES, "4", "10 marbles and 2 are left. 4 + 2 = 6. 10 - 6 = 4.",
         "misquotes the question: 10 marbles and 2 are left"),
        ("A lamp costs 2 dollars. Wei buys 9 lamps. How many dollars does she pay?", "18",
         "A lamp is 2 dollars less than 100 dollars. 2 * 9 = 18.", "number from nowhere: 100"),
        ("A lamp costs 2 dollars. Wei buys 9 lamps. How many cents does she pay?", "1800",
         "A dollar is 100 cents. 2 * 100 = 200. 200 * 9 = 1800.", ""),
        (GIVEN, "11", "7 + 4 = 11. How many buttons?\nAnswer: It is 11.", "asks again"),
        (GIVEN, "11", "Let x be all. x - 4 = 7.", "false equation: - 4 = 7"),
    ],
)  # fmt: skip
def test_what_would_mislead_a_student_is_told(fault, question, gold, told, reason) -> None:
    assert fault(question, gold, f"{told} The answer is {gold}.") == reason


@pytest.mark.timeout(120)  # linear time takes a second at most, quadratic time many minutes
@pytest.mark.parametrize(
    "text",
    ["7 shells each, " * 20_000, "7 " * 50_000, "7 + 3 = 10. " * 10_000, "A " * 50_000, "7 a " * 30_000,
     "seven hundred " * 20_000, "." + " " * 100_000 + "7", "7 + 3 = 10 = " * 10_000 + "10", "one " * 50_000,
     "Liam has 7 + " * 20_000 + "3 = 10", "7 + 3 = 10 / " * 10_000 + "1"],
)  # fmt: skip
def test_hostile_text_is_judged_in_linear_time(fault, text) -> None:
    fault(SHOP, "10", f"{text}. The answer is 10.")


def test_a_fault_of_the_reasoning_leaves_the_answer_right(judge) -> None:
    verdict = judge("arithmetic", "7 + 3 = 11. The answer is 10.", "10", SHOP)
    assert verdict.right and verdict.flaw == "false equation: 7 + 3 = 11" and not verdict.sound


def test_no_derivation_that_leaves_out_a_number_is_sound(judge) -> None:
    """Of two-step problems, every single operation on two of the numbers that comes to the answer by chance."""
    judged = 0
    for problem in run_stage(Arithmetic(problems=200, steps=(2,))).samples:
        gold, numbers = Fraction(problem["answer"]), list(map(Fraction, problem.meta["numbers"]))
        for (first, second), sign in product(permutations(numbers, 2), OPERATORS):
            if OPERATORS[sign](first, second) == gold:
                told = f"{first} {sign} {second} = {gold}. The answer is {gold}."
                verdict = judge("arithmetic", told, problem["answer"], problem["question"], problem["check"])
                assert verdict.right and not verdict.sound, (problem["question"], told)
                judged += 1
    assert judged > 20


FORMS: dict[str, Callable[[str, str], str]] = {
    "boxed": lambda told, gold: f"{told}\nThe answer is $\\boxed{{{gold}}}$.",
    "display": lambda told, gold: f"{told}\n\\[\\boxed{{{gold}}}\\]",
    "numbered": lambda told, gold: _listed(told, "{}. ") + f"\nThe answer is {gold}.",
    "steps": lambda told, gold: _listed(told, "**Step {}:** ") + f"\nThe answer is **{gold}**.",
    "bold": lambda told, gold: re.sub(r"= ?([$]?\d[\d,.]*\d|\d)", r"= **\1**", told) + f"\nThe answer is {gold}.",
    "cdot": lambda told, gold: told.replace("*", " \\cdot ") + f"\nThe answer is {gold}.",
    "frac": lambda told, gold: (
        re.sub(r"(\d+) ?/ ?(\d+)(?![\d.,]*\d)", r"\\frac{\1}{\2}", told) + f"\nThe answer is {gold}."
    ),
}


def _listed(told: str, mark: str) -> str:
    return "\n".join(mark.format(k) + line for k, line in enumerate(told.split("\n"), 1))


@pytest.mark.skipif(not GSM8K.exists(), reason="no GSM8K here")
@pytest.mark.parametrize("form", FORMS)
def test_the_solutions_of_people_are_sound_in_every_form_and_with_another_operator_in_none(judge, form) -> None:
    with gzip.open(GSM8K, "rt") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(120), strict=False)]
    plain = sound = swapped = wrong = 0
    for row in rows:
        told, gold = (part.strip() for part in re.sub(r"<<.*?>>", "", row["answer"]).split("####"))
        gold = gold.replace(",", "")
        plain += judge("arithmetic", f"{told}\nThe answer is {gold}.", gold, row["question"]).sound
        sound += judge("arithmetic", FORMS[form](told, gold), gold, row["question"]).sound
        other = re.sub(r"(?<=\d) ?([-+*]) ?(?=\d)", lambda sign: {"+": " - ", "-": " + ", "*": " + "}[sign[1]], told)
        if other != told:
            swapped += 1
            wrong += judge("arithmetic", FORMS[form](other, gold), gold, row["question"]).sound
    assert plain / len(rows) > 0.8 and sound >= 0.97 * plain
    assert swapped > 80 and not wrong
