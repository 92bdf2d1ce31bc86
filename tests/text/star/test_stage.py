"""STaR: which rationales are kept, what is asked under the hint, and that the hint never shows in what is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from multisynth.text.problems.scratchpad import scratchpad
from multisynth.text.prompting import Prompting
from multisynth.text.star.stage import Star
from pydantic import ValidationError

from multisynth import Recipe, run
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.serving import Request
from multisynth.store import Store
from multisynth.testing import Ran, run_stage

QUESTION = "Sam has 5 coins. Lucy gives him 3 more coins. How many coins does Sam have now?"
RIGHT = "Sam has 5 coins and gets 3 more coins. 5 + 3 = 8. The answer is 8."
WRONG = "Sam has 5 coins and loses 3 coins. 5 - 3 = 2. The answer is 2."
HINT = "(The answer is 8.)"

LEAKS = [
    "5 + 3 = 8, as the note in the question says. The answer is 8.",
    "5 + 3 = 8, which matches the number above. The answer is 8.",
    "5 and 3 makes 8 as we were hoping for. 5 + 3 = 8. The answer is 8.",
    "5 + 3 = 8 as we were hoping for. The answer is 8.",
    "5 + 3 = 8, as it should be. The answer is 8.",
    "5 + 3 = 8, and that agrees with the question. The answer is 8.",
    "We are told 8. 5 + 3 = 8. The answer is 8.",
    "We are told that 5 + 3 = 8. The answer is 8.",
    "The answer is 8. 5 + 3 = 8. The answer is 8.",
    "(The answer is 8.) 5 + 3 = 8. The answer is 8.",
    "5 + 3 = 8 (The answer is 8.)",
    "The answer is 8.",
    "As the hint says, 5 + 3 = 8. The answer is 8.",
    "As the HINT says, 5 + 3 = 8. The answer is 8.",
    "As the h i n t says, 5 + 3 = 8. The answer is 8.",
    "As the hi\u200bnt says, 5 + 3 = 8. The answer is 8.",
    "As the ｈｉｎｔ says, 5 + 3 = 8. The answer is 8.",
    "As the híńt says, 5 + 3 = 8. The answer is 8.",
    "As the h\u0456nt says, 5 + 3 = 8. The answer is 8.",
    "As the an swer says, 5 + 3 = 8. The answer is 8.",
    "Given that it must be so, 5 + 3 = 8. The answer is 8.",
    "We are told so. 5 + 3 = 8. The answer is 8.",
    "It is already known. 5 + 3 = 8. The answer is 8.",
    "To reach the correct number, 5 + 3 = 8. The answer is 8.",
    "Working backwards, 5 + 3 = 8. The answer is 8.",
    "Target: 8\n5 + 3 = 8. The answer is 8.",
    "Ответ известен. 5 + 3 = 8. The answer is 8.",
    "Sam must have 8 coins. 5 + 3 = 8. The answer is 8.",
    "Sam must have eight coins. 5 + 3 = 8. The answer is 8.",
    "8 - 3 = 5. 5 + 3 = 8. The answer is 8.",
    "5 + 3 = 8. This is what we were told. The answer is 8.",
    "5 + 3 = 8. The answer is 8. As stated in the question.",
]


def problem(number: int = 0, question: str = QUESTION, answer: str = "8", **columns: str) -> Sample:
    return Sample(PROBLEM, number, question=question, answer=answer, domain="addition/1-step", **columns)


@pytest.fixture
def star(tiny) -> Callable[..., Ran]:
    def ran(problems: list[Sample], **options: object) -> Ran:
        return run_stage(Star(model=tiny, engine="transformers", **options), problems)

    return ran


def under_hint(request: Request) -> bool:
    return HINT in request.prompt.rpartition("Question:")[2]


def test_a_right_attempt_is_kept_and_no_hint_is_asked(star, scripted) -> None:
    seen = scripted(lambda prompt, request: RIGHT)
    ran = star([problem(verifier="arithmetic")], attempts=3)
    (kept,) = ran.samples
    assert len(seen) == 1 and not under_hint(seen[0])
    assert kept["completion"] == RIGHT and kept["attempt"] == 0 and kept.meta["route"] == "attempt"
    assert ran.ledger["tokens_read"].to_pylist() == [10] and ran.ledger["tokens_written"].to_pylist() == [2]


def test_attempts_go_on_until_one_is_right_each_with_draws_of_its_own(star, scripted) -> None:
    answers = iter([WRONG, WRONG, RIGHT])
    seen = scripted(lambda prompt, request: next(answers))
    (kept,) = star([problem()], attempts=4).samples
    assert kept["attempt"] == 2 and len({request.seed for request in seen}) == 3


def test_a_failure_is_rationalised_and_kept_with_the_question_as_it_was(star, scripted) -> None:
    seen = scripted(lambda prompt, request: RIGHT if under_hint(request) else WRONG)
    (kept,) = star([problem(verifier="arithmetic")], attempts=2).samples
    assert [under_hint(request) for request in seen] == [False, False, True]
    assert kept["question"] == QUESTION and kept["completion"] == RIGHT
    assert kept["attempt"] == 2 and kept.meta["route"] == "rationalised"
    assert HINT not in str(kept.row[0].table.to_pylist())


def test_without_rationalisation_or_a_gold_answer_no_hint_is_asked(star, scripted) -> None:
    seen = scripted(lambda prompt, request: WRONG)
    ran = star([problem()], rationalise=False)
    assert not len(ran.samples) and [reason for _, reason in ran.drops] == ["wrong answer: got 2, gold 8"]
    ran = star([problem(answer="")])
    assert len(ran.drops) == 1 and len(seen) == 2 and not any(map(under_hint, seen))


def test_what_is_wrong_under_the_hint_too_says_so(star, scripted) -> None:
    scripted(lambda prompt, request: WRONG)
    assert [reason for _, reason in star([problem()]).drops] == ["under the hint, wrong answer: got 2, gold 8"]


@pytest.mark.parametrize(
    ("verifier", "check"), [("code", '{"tests": ["assert f() == 1"]}'), ("schema", '{"schema": {"type": "object"}}')]
)
def test_an_answer_that_would_only_be_copied_is_no_hint(star, scripted, verifier, check) -> None:
    seen = scripted(lambda prompt, request: "nothing")
    ran = star([problem(answer="def f():\n    return 1", verifier=verifier, check=check)], attempts=2)
    assert len(seen) == 2 and not any("return 1" in str(request.prompt) for request in seen)
    assert len(ran.drops) == 1 and not ran.failures and not ran.drops[0][1].startswith("under the hint")


def test_an_answer_that_was_cut_off_is_not_kept(star, scripted) -> None:
    scripted(lambda prompt, request: RIGHT, finish="length")
    assert [reason for _, reason in star([problem()]).drops] == ["under the hint, unfinished: 2 tokens"]


def test_examples_under_the_hint_have_hints_too(star, scripted) -> None:
    seen = scripted(lambda prompt, request: WRONG)
    star([problem()], prompting=Prompting(shots=False))
    bare, shown = (request.prompt for request in seen)
    assert bare.count("Question:") == 1
    assert shown.count("Question:") == 4 == len(re.findall(r"\(The answer is \d+\.\)\nAnswer:", shown))
    seen.clear()
    star([problem()], prompting=Prompting(shots=False, chat=True), hint_shots=False)
    assert [message.content for message in seen[1].prompt] == [f"{QUESTION} {HINT}"]


@pytest.mark.parametrize("told", LEAKS)
def test_what_lets_the_hint_show_is_dropped(star, scripted, told) -> None:
    scripted(lambda prompt, request: told if under_hint(request) else WRONG)
    ran = star([problem(verifier="math")])
    assert not len(ran.samples)
    ((_, reason),) = ran.drops
    assert reason.startswith("under the hint, ")


def test_a_model_that_leaks_in_every_way_leaves_no_trace_of_the_hint(star, scripted) -> None:
    """Each way ends in the right answer, so that the verifier of answers alone would keep them all."""
    ways = [*LEAKS, RIGHT]

    def answer(prompt: str, request: Request) -> str:
        number = int(re.search(r"#(\d+)", prompt.rpartition("Question:")[2])[1])
        return ways[number] if under_hint(request) else WRONG

    scripted(answer)
    ran = star([problem(k, f"#{k}: {QUESTION}", verifier="math") for k in range(len(ways))])
    kept = list(ran.samples)
    assert not ran.failures
    assert [sample["completion"] for sample in kept] == [RIGHT] and len(ran.drops) == len(LEAKS)
    trace = re.compile(r"hint|\(\s*the answer|target|given|told|known", re.IGNORECASE)
    assert not any(trace.search(sample["completion"] + sample["question"]) for sample in kept)


def test_attempts_that_would_all_be_the_same_are_refused() -> None:
    with pytest.raises(ValidationError, match="give a temperature"):
        Star(temperature=0, attempts=2)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_rationales_do_not_depend_on_batches(tiny, monkeypatch, tmp_path, batch_size) -> None:
    stage = Star(
        model=tiny, engine="transformers", attempts=3, max_tokens=3, prompting=Prompting(shots=False, stop=("e", "a")),
        hint_shots=False, temperature=1.5,
    )  # fmt: skip
    problems = [problem(k, f"{k}?", f"{k}") for k in range(4)]
    whole = run_stage(stage, problems)
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "another.sqlite")
    parts = run_stage(stage, problems, batch_size=batch_size)
    assert not whole.failures and whole.drops == parts.drops and len(whole.drops) == 4
    assert whole.ledger["tokens_written"].to_pylist() == parts.ledger["tokens_written"].to_pylist()


def test_a_loop_learns_from_its_rationales_and_no_hint_is_learned(tmp_path, scripted) -> None:
    """The model is a script that adds only where it sees the sum; training and the loop are real."""

    def adds(prompt: str, request: Request) -> str:
        asked = prompt.rpartition("Question: ")[2].removesuffix("\nAnswer:")
        sum_, _, hint = asked.partition("\nTarget: ")
        first, second = (int(term.replace(" ", "")) for term in sum_.split("+"))
        return scratchpad(first, second if hint else second + 1)

    seen = scripted(adds)
    fresh = {"layers": 1, "width": 32, "heads": 1, "context": 256}
    loop = {
        "tuned": {"use": "text.tune", "from": ["lessons", "found@previous"], "fresh": fresh, "steps": 1},
        "answers": {"use": "text.attempt", "from": "held_out", "trained": "tuned", "attempts": 1, "temperature": 0},
        "graded": {"use": "text.grade", "from": "answers"},
        "found": {"use": "text.star", "from": "problems", "trained": "tuned", "engine": "transformers"},
    }
    stages = {
        "worked": {"use": "text.addition", "problems": 2, "digits": [1]},
        "lessons": {"use": "text.demonstrate", "from": "worked"},
        "problems": {"use": "text.addition", "problems": 3, "digits": [2]},
        "held_out": {"use": "text.addition", "problems": 2, "digits": [2], "part": "held_out"},
        "rounds": {"loop": 2, "stages": loop},
    }
    result = run(Recipe.of({"name": "star", "seed": 1, "stages": stages}), tmp_path / "run")
    assert result.ok, result.errors
    store = Store.open(tmp_path / "run")
    table = {name: store.table(name).dataset.to_table(columns) for name, columns in (
        ("lessons", ["id"]), ("found-1", ["id", "question", "completion", "meta"]), ("tuned-1", ["parents"]),
        ("tuned-2", ["parents"]),
    )}  # fmt: skip
    found = table["found-1"].to_pylist()
    assert [json.loads(row["meta"])["route"] for row in found] == ["rationalised"] * 3
    assert not any("Target" in row["question"] + row["completion"] for row in found)
    lessons = set(table["lessons"]["id"].to_pylist())
    assert set(table["tuned-1"]["parents"][0].as_py()) == lessons
    assert set(table["tuned-2"]["parents"][0].as_py()) == lessons | {row["id"] for row in found}
    assert {request.prompt.count("Question:") for request in seen} == {1, 4}
