"""What is kept and what is dropped, and that hostile text can do nothing."""

import json
from pathlib import Path

import pytest
from multisynth.text.verifiers.answers.symbolic import Symbolic
from multisynth.text.verify import Verify

from multisynth.errors import BadInput, Hopeless
from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.sandbox import bubble
from multisynth.testing import run_stage

QUESTION = "Ben has 8 pens. He buys 4 packs of 6 pens. How many pens does Ben have now?"
GOOD = "The packs have 4 * 6 = 24 pens. With his own he has 24 + 8 = 32 pens. The answer is 32."


def judged(*completions: str, gold: str = "32", question: str = QUESTION):
    samples = [
        Sample(
            REASONING,
            k,
            question=question,
            answer=gold,
            domain="d",
            verifier="arithmetic",
            completion=text,
            attempt=k,
            model="m",
            token_ids=[1, 2],
        )
        for k, text in enumerate(completions)
    ]
    return run_stage(Verify(), samples)


def test_right_reasoning_is_kept_with_its_verifier() -> None:
    (kept,) = judged(GOOD + "\n").samples
    assert kept["completion"] == GOOD and kept["token_ids"].tolist() == [1, 2]
    assert kept.meta == {"verifier": "exact", "verified_answer": "32"}


@pytest.mark.parametrize("fence", ["```python\n", "```\n", ""])
@pytest.mark.parametrize("after", ["", "\n```"])
def test_a_program_that_a_stop_string_left_open_is_closed(fence, after) -> None:
    program = "def half(n):\n    return n / 2"
    check = json.dumps({"tests": ["assert half(3) == 1.5"]})
    written = fence + program + after
    columns = {"question": "Halve.", "answer": "", "domain": "d", "verifier": "code", "check": check, "attempt": 0}
    sample = Sample(REASONING, 0, completion=written, model="m", token_ids=[1], **columns)
    (kept,) = run_stage(Verify(sandbox="none"), [sample]).samples
    assert kept["completion"] == (f"{fence}{program}\n```" if fence else program)


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        ("The packs have 4 * 6 = 24 pens. The answer is 24.", "wrong answer: got 24, gold 32"),
        ("4 * 6 = 26. 26 + 8 = 32. The answer is 32.", "false equation: 4 * 6 = 26"),
        ("He has 32 pens now.", "no answer"),
        ("", "no answer"),
        ("The answer is 32.", "no reasoning"),
        ("He has many pens. The answer is 32.", "no reasoning"),
        ("32 = 32. The answer is 32.", "no reasoning"),
        ("He has 16 + 16 = 32 pens. The answer is 32.", "number from nowhere: 16"),
        ("He has 4 * 8 = 32 pens, and 32 - 8 = 24. The answer is 32.", "reasoning for another answer: 24, not 32"),
        ("4 * 6 = 24. 24 + 8 = 32. The answer is 32. The answer is 32.", "answers more than once: 2 times"),
        ("4 * 6 = 24. 24 + 8 = 32. The answer is 32. Question: Mia", "goes on after the answer: 13 characters"),
        ("He buys packs. He buys packs. 4 * 6 = 24. 24 + 8 = 32. The answer is 32.", "repeats itself: 1 sentences"),
        ("Mia has 8 pens. 4 * 6 = 24. 24 + 8 = 32. The answer is 32.", "misquotes the question: Mia has 8 pens"),
        ("Pens = 32. 4 * 6 = 24. 24 + 8 = 32. The answer is 32.", "number from nowhere: 32"),
        ("Pens + 8 = 32. 4 * 6 = 24. 24 + 8 = 32. The answer is 32.", "unreadable equation: + 8"),
    ],
)
def test_everything_else_is_dropped_with_its_reason(completion: str, reason: str) -> None:
    ran = judged(completion)
    assert not len(ran.samples) and [found for _, found in ran.drops] == [reason]


@pytest.mark.parametrize(
    "said", [r"\boxed{32}", "#### 32", "The answer is $32.", "So the answer is: 32", "the answer is 32.0."]
)
def test_answers_may_be_stated_in_any_usual_way(said: str) -> None:
    assert len(judged(f"4 * 6 = 24. 24 + 8 = 32. {said}").samples) == 1


@pytest.mark.parametrize("start", ["Ben has 8 pens.", "Ben has 24 pens in packs.", "Ben has 8 + 0 = 8 pens."])
def test_what_the_question_says_or_what_was_found_may_be_said(start: str) -> None:
    ran = judged(f"{start} 4 * 6 = 24. 24 + 8 = 32. The answer is 32.")
    assert not any(reason.startswith("misquotes") for _, reason in ran.drops)


def test_answers_that_are_not_plain_numbers_are_compared_by_math_verify() -> None:
    ran = judged(
        r"3 / 4 = 0.75. The answer is \frac{6}{8}.", r"3 / 4 = 0.75. The answer is \frac{6}{7}.",
        gold=r"\frac{3}{4}", question="What is 3 divided by 4?",
    )  # fmt: skip
    assert [sample.meta["verifier"] for sample in ran.samples] == ["math-verify"]
    assert [reason.split(":")[0] for _, reason in ran.drops] == ["wrong answer"]


def test_hostile_answers_neither_run_nor_hang(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.text.verifiers.answers.symbolic.SECONDS", 2.0)
    proof = tmp_path / "proof"
    hostile = [
        f"__import__('pathlib').Path('{proof}').touch()",
        f"{{open('{proof}','w')}}",
        r"9^{9^{9^{9^{9}}}}",
        r"((9^{9999})^{9999})^{9999}",
        r"\sum_{n=1}^{99999999999} \frac{1}{n!}",
        "1" * 100_000,
        "(" * 250,
    ]
    judge = Symbolic()
    said = []
    try:
        for text in hostile:
            try:
                assert not judge.same("32", text)[0]
            except TimeoutError as error:
                said.append(str(error))
        assert said[0] == said[2] == "an exponent beyond 10000 or its like" and "not enough" in said[1]
        monkeypatch.setattr("multisynth.text.verifiers.answers.symbolic.SECONDS", 30.0)
        assert judge.same("32", r"\frac{64}{2}")[0], "it goes on after a comparison that was cut short"
    finally:
        judge.close()
    assert not proof.exists()


def test_verdicts_do_not_depend_on_batches() -> None:
    texts = [GOOD, "The answer is 32.", "no", GOOD + " The answer is 32."] * 3
    samples = [
        Sample(
            REASONING,
            k,
            question=QUESTION,
            answer="32",
            domain="d",
            verifier="arithmetic",
            completion=text,
            attempt=k,
            model="m",
            token_ids=[k],
        )
        for k, text in enumerate(texts)
    ]
    whole, parts = run_stage(Verify(), samples), run_stage(Verify(), samples, batch_size=1)
    assert whole.samples.table == parts.samples.table and whole.drops == parts.drops


def test_without_a_sandbox_no_program_is_judged_unless_the_recipe_says_so(monkeypatch, tmp_path) -> None:
    values = {
        "question": "",
        "answer": "",
        "domain": "d",
        "verifier": "code",
        "check": '{"tests": ["assert f() == 1"]}',
    }
    program = "def f():\n    return 1"
    attempts = [Sample(REASONING, 0, completion=program, attempt=0, model="m", token_ids=[1], **values)]
    found = bubble._tool
    monkeypatch.setattr(bubble, "_tool", lambda name: missing() if name == "bwrap" else found(name))
    bubble.require.cache_clear()
    try:
        with pytest.raises(Hopeless, match="no bwrap"):
            run_stage(Verify(), attempts)
        assert len(run_stage(Verify(sandbox="none"), attempts).samples) == 1
    finally:
        bubble.require.cache_clear()


def missing() -> str:
    raise BadInput("no bwrap on the path", "install bubblewrap")
