"""Word problems: gold answers by another solver, no repeats, correct English."""

import itertools
import re
from collections import Counter

import pytest
import sympy
from multisynth.text.problems.arithmetic import Arithmetic
from multisynth.text.problems.parts import HELD_OUT
from multisynth.text.problems.wording import ACTIVITIES, NAMES, TEMPLATES
from pydantic import ValidationError

from multisynth.testing import run_stage


@pytest.fixture(scope="module")
def problems():
    return list(run_stage(Arithmetic(problems=1200), name="problems").samples)


def test_gold_answers_equal_sympy_on_the_numbers(problems) -> None:
    for problem in problems:
        first, *terms = problem.meta["numbers"]
        text = str(first)
        for operation, term in zip(problem.meta["operations"], terms, strict=True):
            text = f"({text}) {operation} {term}"
        assert problem["answer"] == str(sympy.sympify(text))
        assert int(problem["answer"]) >= 1


def test_the_numbers_are_those_of_the_question_in_order(problems) -> None:
    for problem in problems:
        written = [int(digits) for digits in re.findall(r"\d+", problem["question"])]
        assert written == problem.meta["numbers"]
        assert min(written) >= 2


def test_no_problem_comes_twice_and_kinds_are_mixed(problems) -> None:
    assert len({problem["question"] for problem in problems}) == len(problems)
    domains = Counter(problem["domain"] for problem in problems)
    assert {f"{name}/1-step" for name in ("addition", "subtraction", "multiplication", "division")} <= domains.keys()
    assert len(domains) == 12 and min(domains.values()) >= 0.75 * 1200 / len(TEMPLATES)
    assert len({tuple(problem.meta["numbers"]) for problem in problems}) > 300


@pytest.mark.parametrize("template", TEMPLATES, ids=range(len(TEMPLATES)))
def test_every_template_reads_as_english(template) -> None:
    names = "|".join(name for name, _ in NAMES)
    for index in range(0, template.size, max(template.size // 60, 1)):
        question, _ = template.fill(index)
        assert re.fullmatch(r"(?:[A-Z0-9][^.?{}]*\. )*[A-Z][^.?{}]*\?", question), question
        assert not re.search(r"\b(a|an|one) \w+s\b(?! costs)", question.lower()) or "bus" in question, question
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|  |\b(\w+) \1\b", question), question
        people = re.findall(rf"\b({names})\b", question)
        pronouns = {"she": {"she", "her"}, "he": {"he", "him"}}[dict(NAMES)[people[0]]] if people else set()
        used = set(re.findall(r"\b(she|her|he|him)\b", question.lower()))
        assert used <= pronouns, question
        assert len(set(people)) == sum(slot in ("name", "other") for slot in template.slots), question
        for number, noun in re.findall(
            r"\b(\d+) (?:more )?(?:toy |new |paper |potted |parked |tomato )?(\w+)", question
        ):
            if noun not in ("on", "of", "in", "equal", "children"):
                assert noun.endswith("s"), (number, noun, question)


def test_verbs_have_all_their_forms() -> None:
    for base, third, past, participle, counted in ACTIVITIES:
        assert third == base + "s" and counted.endswith("s")
        assert past[0] == participle[0] == base[0]


def test_problems_do_not_depend_on_how_many_there_are_or_on_batches(problems) -> None:
    few = run_stage(Arithmetic(problems=40), name="problems", batch_size=7).samples
    assert few["question"] == [problem["question"] for problem in problems[:40]]
    other = run_stage(Arithmetic(problems=40), name="problems", seed=8).samples
    assert not set(other["question"]) & set(few["question"])


@pytest.mark.parametrize("steps", [(1,), (1, 2)])
def test_what_is_held_out_is_never_trained_on_and_neither_repeats(steps) -> None:
    train = run_stage(Arithmetic(problems=4000, steps=steps), name="problems", seed=7).samples["question"]
    exams = [
        run_stage(Arithmetic(problems=500, steps=steps, part="held_out"), name=name, seed=seed).samples["question"]
        for name, seed in (("exam", 7), ("problems", 8))
    ]
    assert len(set(train)) == 4000 and all(len(set(exam)) == 500 for exam in exams)
    assert not set(train) & set(exams[0] + exams[1]) and set(exams[0]) != set(exams[1])


def test_what_is_reckoned_in_what_is_held_out_is_reckoned_nowhere_in_training() -> None:
    """The same operations on the same numbers, in any order that makes no difference to sympy."""

    def reckoned(part: str, problems: int) -> set[tuple]:
        samples = run_stage(Arithmetic(problems=problems, part=part), name=part).samples
        return {(problem.meta["operations"], *problem.meta["numbers"]) for problem in samples}

    def value(operations: str, symbols: tuple) -> sympy.Expr:
        text = str(symbols[0])
        for operation, symbol in zip(operations, symbols[1:], strict=True):
            text = f"({text}) {operation} {symbol}"
        return sympy.sympify(text)

    held_out, train = reckoned("held_out", 400), reckoned("train", 3000)
    assert len(held_out) > 100 and len(train) > 1000
    orders = {
        operations: [
            order
            for order in itertools.permutations(range(len(operations) + 1))
            if value(operations, sympy.symbols("a b c")[: len(order)])
            == value(operations, [sympy.symbols("a b c")[place] for place in order])
        ]
        for operations in {operations for operations, *_ in held_out}
        if operations[0] in "+*"
    }
    assert len(orders["++"]) == 6 and len(orders["*-"]) == 2
    mirrored = {
        (operations, *[numbers[place] for place in order])
        for operations, *numbers in held_out
        for order in orders.get(operations, [range(len(numbers))])
    }
    assert not mirrored & train


@pytest.mark.parametrize("steps", [(1,), (2,)])
def test_there_are_as_many_as_may_be_asked_for(steps) -> None:
    sizes = [template.size for template in TEMPLATES if len(template.operations) in steps]
    assert sum(sizes) / HELD_OUT > 2 * 100_000


def test_a_template_that_is_used_up_leaves_its_turns_to_the_others() -> None:
    least = min(TEMPLATES, key=lambda template: template.size)
    stage = Arithmetic(problems=1)
    stage.bind("problems", 7)
    stage.open()
    first, later = len(TEMPLATES) * least.size, len(TEMPLATES) * least.size + len(TEMPLATES)
    assert least in [stage._drawn(draw)[0] for draw in range(first - len(TEMPLATES), first)]
    assert least not in [stage._drawn(draw)[0] for draw in range(first, later)]


def test_steps_choose_the_templates() -> None:
    assert all(
        domain.endswith("/2-step") for domain in run_stage(Arithmetic(problems=30, steps=(2,))).samples["domain"]
    )


@pytest.mark.parametrize(
    "options", [{"problems": 0}, {"problems": 100_001}, {"part": "x"}, {"steps": ()}, {"steps": (3,)}, {"problem": 4}]
)
def test_wrong_options_are_refused(options) -> None:
    with pytest.raises(ValidationError):
        Arithmetic(**options)
