"""Addition: sums by Python, no repeats, nothing held out in training, a scratchpad that another way agrees with."""

import itertools
import re

import pytest
from multisynth.text.problems.addition import Addition
from multisynth.text.problems.pairs import count, pair
from multisynth.text.problems.scratchpad import first_fault, scratchpad, steps
from multisynth.text.problems.shuffled import Shuffled
from multisynth.text.worked import examples
from pydantic import ValidationError

from multisynth.testing import run_stage


def made(**options):
    return run_stage(Addition(**options), name="sums").samples


@pytest.mark.parametrize("size", [1, 2, 3, 10, 81, 100, 1000])
def test_a_shuffled_order_meets_every_number_once(size) -> None:
    order = Shuffled(size, "a")
    assert sorted(order[place] for place in range(size)) == list(range(size))
    assert size < 10 or [Shuffled(size, "b")[place] for place in range(size)] != [order[k] for k in range(size)]
    with pytest.raises(IndexError):
        order[size]


def test_a_shuffled_order_looks_random() -> None:
    """Spearman's rank correlation of place and number, and of neighbours, within 4 standard errors of 0."""
    order = [Shuffled(5000, "key")[place] for place in range(5000)]
    mean = (5000 - 1) / 2
    spread = sum((k - mean) ** 2 for k in range(5000))
    assert abs(sum((k - mean) * (n - mean) for k, n in enumerate(order)) / spread) < 4 / 5000**0.5
    assert abs(sum((a - mean) * (b - mean) for a, b in itertools.pairwise(order)) / spread) < 4 / 5000**0.5


def test_gold_answers_are_the_sums_of_the_questions() -> None:
    lengths = []
    for problem in made(problems=500):
        first, second = (int(side.replace(" ", "")) for side in problem["question"].split("+"))
        assert problem["answer"] == str(first + second)
        assert re.fullmatch(r"\d( \d)* \+ \d( \d)*", problem["question"])
        lengths.append((len(str(first)), len(str(second))))
        assert problem["domain"] == f"addition/{lengths[-1][0]}-digit"
    assert lengths == [(n, n) for n in (1, 2, 3, 4, 5)] * 100


def test_no_pair_comes_twice_until_all_have_come() -> None:
    questions = [problem["question"] for problem in made(problems=170, digits=(1,))]
    assert len(set(questions[:85])) == 85 and questions[85:] == questions[:85]
    assert len(set(made(problems=5000, digits=(2, 3))["question"])) == 5000


def mirrored(question: str) -> str:
    first, second = question.split(" + ")
    return f"{second} + {first}"


def test_neither_held_out_pairs_nor_their_mirrors_are_ever_trained_on_whatever_the_run() -> None:
    size, most = count(2, "train"), count(2, "held_out")
    train = {
        q for seed in (1, 2) for q in run_stage(Addition(problems=size, digits=(2,)), seed=seed).samples["question"]
    }
    held_out = set(run_stage(Addition(problems=most, digits=(2,), part="held_out"), name="x").samples["question"])
    worked = {question for question, _ in examples("addition/2-digit")}
    assert len(train) == size and len(held_out) == most == 409
    for question in held_out | worked:
        assert question not in train and mirrored(question) not in train
    assert not worked & held_out and not {mirrored(question) for question in worked} & held_out
    assert sum(mirrored(question) in held_out for question in held_out) == 9, "only the doubles mirror themselves"
    last = [int(question[-1]) for question in held_out]
    assert all(20 < last.count(digit) < 65 for digit in range(10)), "the held-out pairs are a fair sample"
    first_is_larger = sum(question[:3] > question[6:] for question in held_out)
    assert 150 < first_is_larger < 250, "either order"


def test_a_length_whose_held_out_pairs_are_used_up_leaves_its_turns_to_the_others() -> None:
    whole = made(problems=5 + 409 + 100, digits=(1, 2, 3), part="held_out")
    assert len(set(whole["question"])) == len(whole)
    lengths = [int(domain[9]) for domain in whole["domain"]]
    assert lengths[:18] == [1, 2, 3] * 5 + [2, 3, 2] and lengths.count(1) == 5
    assert lengths.count(2) == 255 and lengths.count(3) == 254
    assert len(set(made(problems=414, digits=(2, 1), part="held_out")["question"])) == 414
    with pytest.raises(ValidationError, match=r"only 414 of \[1, 2\] digits are held out"):
        Addition(problems=415, digits=(1, 2), part="held_out")


@pytest.mark.parametrize("length", [1, 2])
def test_the_parts_together_are_all_pairs_but_for_mirrors(length) -> None:
    pairs = [pair(length, part, k) for part in ("train", "held_out", "worked") for k in range(count(length, part))]
    numbers = range(10) if length == 1 else range(10, 100)
    kept = {pair(length, part, k)[::-1] for part in ("held_out", "worked") for k in range(count(length, part))}
    assert len(set(pairs)) == len(pairs)
    assert {*pairs, *kept} == set(itertools.product(numbers, numbers))
    for part in ("train", "held_out", "worked"):
        with pytest.raises(IndexError):
            pair(length, part, count(length, part))


def test_problems_do_not_depend_on_how_many_there_are_or_on_batches() -> None:
    few = run_stage(Addition(problems=40), name="sums", batch_size=7).samples
    assert few["question"] == made(problems=90)["question"][:40]
    other = run_stage(Addition(problems=40), name="sums", seed=8).samples
    assert not set(few["question"][4::5]) & set(other["question"])


def test_the_scratchpad_is_that_of_the_paper() -> None:
    assert scratchpad(624, 259) == (
        "6 2 4 + 2 5 9 , C: 0\n6 2 + 2 5 , 3 C: 1\n6 + 2 , 8 3 C: 0\n, 8 8 3 C: 0\n0 8 8 3\nThe answer is 8 8 3."
    )
    assert scratchpad(9, 8).splitlines() == ["9 + 8 , C: 0", ", 7 C: 1", "1 7", "The answer is 1 7."]


def test_the_carries_are_those_of_whole_numbers() -> None:
    """After k places the carry is (a mod 10^k + b mod 10^k) div 10^k, and the digits known are the rest."""
    for first, second in [(0, 0), (5, 5), (99999, 1), (40, 7), (12345, 98765), (10**19, 10**20 - 1)]:
        width = len(str(max(first, second)))
        for k, line in enumerate(steps(first, second)[:-1]):
            carry, known = divmod(first % 10**k + second % 10**k, 10**k)
            done, _, carried = line.partition(", ")[2].partition("C: ")
            assert int(carried) == carry and done.replace(" ", "") == (str(known).zfill(k) if k else "")
        assert int(steps(first, second)[-1].replace(" ", "")) == first + second
        assert len(steps(first, second)) == width + 2 and "\n\n" not in scratchpad(first, second)


def test_the_first_wrong_step_is_found() -> None:
    right = scratchpad(57, 68)
    assert first_fault(57, 68, right) is None
    assert first_fault(57, 68, f"\n  {right.replace(' , ', '  , ')}") is None
    for place, line in enumerate(steps(57, 68)):
        wrong = [*steps(57, 68)]
        wrong[place] = line[:-1] + str((int(line[-1]) + 1) % 10)
        for parting in ("\n", "\n\n", "\n \n\n"):
            assert first_fault(57, 68, parting.join(wrong)) == (place, wrong[place], line)
        assert first_fault(57, 68, "\n".join(steps(57, 68)[:place])) == (place, "", line)


def test_worked_examples_are_right_and_of_the_problem_s_length() -> None:
    for problem in made(problems=5):
        shown = examples(problem["domain"])
        assert len(shown) == 3 and all(len(asked) == len(problem["question"]) for asked, _ in shown)
        for asked, told in shown:
            first, second = (int(side.replace(" ", "")) for side in asked.split("+"))
            assert told == scratchpad(first, second)
            assert first + second == int(told.rpartition("is ")[2].rstrip(".").replace(" ", ""))
    carried = [told for k in range(1, 6) for _, told in examples(f"addition/{k}-digit") if "C: 1" in told]
    assert len(carried) >= 10, "most of them carry"


def test_the_verifier_takes_what_the_source_makes(verifiers) -> None:
    for problem in made(problems=10):
        first, second = (int(side.replace(" ", "")) for side in problem["question"].split("+"))
        verdict = verifiers.judge(problem, scratchpad(first, second))
        assert verdict.right and not verdict.flaw and verdict.answer == problem["answer"]
        assert not verifiers.judge(problem, scratchpad(first, second + 1)).right


@pytest.mark.parametrize(
    "options", [{"problems": 0}, {"digits": ()}, {"digits": (0,)}, {"digits": (21,)}, {"digits": (2, 2)}, {"part": "x"}]
)
def test_wrong_options_are_refused(options) -> None:
    with pytest.raises(ValidationError):
        Addition(**options)
