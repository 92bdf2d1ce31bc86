"""Attempts judged: all of them kept, right or wrong."""

import json

from multisynth.text.grade import Grade
from multisynth.text.problems.scratchpad import scratchpad
from multisynth.text.verify import Verify

from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.testing import run_stage

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


def test_what_is_right_over_a_wrong_step_goes_if_asked() -> None:
    assert run_stage(Verify(), attempts()).samples["attempt"] == [0, 1]
    strict = run_stage(Verify(flawless=True), attempts())
    assert strict.samples["attempt"] == [0] and strict.drops[0][1].startswith("wrong step: 2,")
