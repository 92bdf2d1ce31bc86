"""Self-correction: where the first wrong step is, what is kept of an attempt, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from multisynth.text.correct.faults import known, named, shown
from multisynth.text.correct.stage import TURN, Correct
from multisynth.text.problems.scratchpad import scratchpad
from multisynth.text.prompting import Prompting
from multisynth.text.search.steps import split
from multisynth.text.worked import WORKED, examples

from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.serving import Request
from multisynth.testing import Ran, run_stage

QUESTION = "Leo has 12 eggs. He sells 4 and then 5 more. How many eggs does he have left?"
WRONG = "After 4 eggs he has 12 - 4 = 8 eggs. After 5 more he has 8 - 5 = 2 eggs. The answer is 2."
RIGHT = "After 4 eggs he has 12 - 4 = 8 eggs. After 5 more he has 8 - 5 = 3 eggs. The answer is 3."
REST = " After 5 more he has 8 - 5 = 3 eggs. The answer is 3."


def attempt(completion: str = WRONG, **columns: str) -> Sample:
    """A graded attempt."""
    given = {"question": QUESTION, "answer": "3", "domain": "subtraction+subtraction/2-step", "verifier": "arithmetic"}
    return Sample(
        REASONING,
        0,
        completion=completion,
        attempt=0,
        model="m",
        token_ids=[],
        meta={"right": False},
        **given | columns,
    )


def sum_of(first: int, second: int, completion: str) -> Sample:
    return attempt(
        completion, question=f"{first} + {second}", answer=str(first + second), domain="addition/2-digit",
        verifier="addition", check=json.dumps({"terms": [first, second]}),
    )  # fmt: skip


@pytest.fixture
def correct(tiny, scripted) -> Callable[..., tuple[Ran, list[Request]]]:
    """Runs the stage with a model that answers each request by a function."""

    def ran(sample: Sample, answer: Callable[[Request], str], **options: object) -> tuple[Ran, list[Request]]:
        seen = scripted(lambda prompt, request: answer(request))
        return run_stage(Correct(model=tiny, engine="transformers", **options), [sample]), seen

    return ran


def finds(step: str, rest: str) -> Callable[[Request], str]:
    return lambda request: step if "first wrong one?" in str(request.prompt)[-60:] else rest


def test_a_right_answer_that_was_cut_off_is_not_right_already(correct) -> None:
    told = attempt(RIGHT).with_meta(finish="length", generated=30)
    ran, _ = correct(told, finds(" Step 3.", " The answer is 3."))
    (mended,) = ran.samples
    assert mended["completion"] == RIGHT and mended.meta["finish"] == "stop"


def test_the_right_steps_are_kept_and_the_rest_is_written_anew(correct) -> None:
    ran, seen = correct(attempt(), finds(" Step 2.", REST))
    (mended,) = ran.samples
    assert mended["completion"] == RIGHT and mended["question"] == QUESTION
    assert seen[1].prefix == " After 4 eggs he has 12 - 4 = 8 eggs."
    assert mended.meta | {"verified_answer": "3"} == {
        "right": True, "reason": "", "flaw": "", "route": "corrected", "verifier": "exact", "verified_answer": "3",
        "found_by": "model", "steps": 3, "first_wrong_step": 2, "first_false_step": 2, "found_false": True,
        "finish": "stop", "generated": 2,
    }  # fmt: skip
    assert ran.ledger["tokens_written"].to_pylist() == [4]


def test_the_whole_way_can_be_kept(correct) -> None:
    ran, _ = correct(attempt(), finds("Step 2", REST), trace=True)
    assert ran.samples["completion"] == [f"{WRONG.removesuffix(' The answer is 2.')} {TURN}{REST}"]


def test_a_model_that_names_the_wrong_step_is_noted_and_may_be_overruled(correct) -> None:
    ran, seen = correct(attempt(), finds("Step 1", " " + RIGHT))
    assert ran.samples[0].meta["found_false"] is False and ran.samples[0].meta["first_false_step"] == 2
    assert seen[1].prefix == ""
    ran, _ = correct(attempt(), finds("Step 1", REST), locate="verifier")
    meta = ran.samples[0].meta
    assert (meta["found_by"], meta["first_wrong_step"], meta["found_false"]) == ("verifier", 2, False)


def test_nobody_is_asked_which_step_where_there_is_one(correct) -> None:
    ran, seen = correct(attempt("The answer is 2."), finds("none", RIGHT))
    (mended,) = ran.samples
    assert mended["completion"] == RIGHT and len(seen) == 1
    assert (mended.meta["found_by"], mended.meta["first_wrong_step"], mended.meta["steps"]) == ("only", 1, 1)


def test_what_is_right_stays_wrong_or_is_not_found_is_dropped(correct) -> None:
    def reason(sample: Sample, answer: Callable[[Request], str]) -> str:
        ran, _ = correct(sample, answer)
        ((_, why),) = ran.drops
        return why

    assert reason(attempt(RIGHT), finds("Step 1", REST)) == "right already"
    assert reason(attempt(" "), finds("Step 1", REST)) == "nothing to mend: 0 steps"
    assert reason(attempt(), finds("none", REST)) == "names no step: of 3"
    assert reason(attempt(), finds("Step 9", REST)) == "names no step: of 3"
    still = " After 5 more he has 8 - 5 = 2 eggs. The answer is 2."
    assert reason(attempt(), finds("Step 2", still)).startswith("still wrong, wrong answer: got 2, gold 3")


def test_continuations_go_on_until_one_is_right(correct) -> None:
    answers = iter(["Step 2", " So 1. The answer is 1.", REST])
    ran, seen = correct(attempt(), lambda request: next(answers))
    assert ran.samples["attempt"] == [1] and len({request.seed for request in seen}) == 3


def test_a_scratchpad_is_mended_from_its_line(correct) -> None:
    right = scratchpad(27, 38)
    lines = right.split("\n")
    wrong = right.replace(lines[1], lines[1].replace("C: 1", "C: 0"))
    ran, seen = correct(sum_of(27, 38, wrong), finds("Step 2", "\n".join(lines[1:])))
    assert ran.samples["completion"] == [right] and ran.samples[0].meta["found_false"]
    assert seen[1].prefix == f" {lines[0]}\n"


@pytest.mark.parametrize("parting", ["\n", "\n\n"])
@pytest.mark.parametrize("place", range(5))
def test_the_first_wrong_line_of_a_scratchpad_is_known(place, parting) -> None:
    lines = scratchpad(27, 38).splitlines()
    lines[place] = lines[place].replace("0", "9").replace("6", "7").replace("5", "4")
    wrong = parting.join(lines)
    assert known(sum_of(27, 38, wrong), split(wrong)) == place


def test_what_a_verifier_cannot_tell_is_not_made_up() -> None:
    assert known(attempt(), split("He sells some. Then there are 2. The answer is 2.")) is None
    assert known(attempt(), split("12 - x = 8. The answer is 2.")) is None


def test_examples_have_one_spoilt_step_each_and_name_it() -> None:
    for domain in (*WORKED, "addition/3-digit"):
        for (question, told), (asked, answer) in zip(examples(domain), shown(domain), strict=True):
            steps, place = split(told), named(answer, 99)
            written = [line.partition(": ")[2] for line in asked.splitlines() if line.startswith("Step ")]
            differs = [k for k, step in enumerate(steps) if " ".join(step.split()) != written[k]]
            assert asked.startswith(question) and differs == [place]


def test_a_model_without_examples_is_asked_without(correct) -> None:
    _, seen = correct(attempt(), finds("Step 2", REST), prompting=Prompting(shots=False))
    assert seen[0].prompt.count("Question:") == 1 and seen[0].temperature == 0
