"""Attempts judged: all of them kept, right or wrong."""

import json

from multisynth.text.attempt import Attempt
from multisynth.text.grade import Grade
from multisynth.text.problems.scratchpad import scratchpad
from multisynth.text.verify import Verify

from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Sample
from multisynth.serving import Completion
from multisynth.testing import inputs_of, run_stage

WRONG_STEP = scratchpad(57, 68).replace("C: 1", "C: 0", 1)
TEXTS = [scratchpad(57, 68), WRONG_STEP, "The answer is 1 2 6.", "no"]


def attempts():
    return [
        Sample(
            REASONING, k, question="5 7 + 6 8", answer="125", domain="d", verifier="addition",
            check=json.dumps({"terms": [57, 68]}), completion=text, attempt=k, model="m", token_ids=[],
        )
        for k, text in enumerate(TEXTS)
    ]  # fmt: skip


def test_every_attempt_is_kept_with_its_verdict() -> None:
    metas = [sample.meta for sample in run_stage(Grade(), attempts()).samples]
    assert [meta["right"] for meta in metas] == [True, True, False, False]
    assert [meta["reason"] for meta in metas] == ["", "", "wrong answer: got 126, gold 125", "no answer"]
    assert metas[0]["flaw"] == "" and metas[1]["flaw"].startswith("wrong step: 2,")
    assert [meta["verified_answer"] for meta in metas] == ["125", "125", "126", ""]


def test_verdicts_do_not_depend_on_batches() -> None:
    assert run_stage(Grade(), attempts()).samples.table == run_stage(Grade(), attempts(), batch_size=1).samples.table


def test_an_answer_that_was_cut_off_is_not_right_whatever_it_says() -> None:
    """An endpoint gives no `token_ids`, so the count is that of the completion."""
    problem = Sample(PROBLEM, 0, question="What is 6 times 2 plus 1?", answer="1", domain="plain", verifier="math")
    stage = Attempt(attempts=2)
    stage.bind("attempts", 1)
    said = "So 12 + 1 = 13. The answer is 1"
    made = [
        stage.reasoning(next(iter(inputs_of([problem]))), Completion(said, (), None, finish, 3, 9), attempt=k)
        for k, finish in enumerate(("length", "stop"))
    ]
    kept = run_stage(Verify(), inputs_of(made))
    assert kept.samples["attempt"] == [1] and [reason for _, reason in kept.drops] == ["unfinished: 9 tokens"]
    cut, whole = (sample.meta for sample in run_stage(Grade(), inputs_of(made)).samples)
    assert (cut["right"], cut["reason"], cut["verified_answer"]) == (False, "unfinished: 9 tokens", "")
    assert whole["right"]


def test_what_is_right_over_a_wrong_step_goes_unless_asked() -> None:
    assert run_stage(Verify(flawless=False), attempts()).samples["attempt"] == [0, 1]
    strict = run_stage(Verify(), attempts())
    assert strict.samples["attempt"] == [0] and strict.drops[0][1].startswith("wrong step: 2,")
