"""Attempts: what is asked, what is handed on, and a real model from problem to verified reasoning."""

import json

import jsonschema
import pyarrow.compute as pc
import pytest
from multisynth.text.attempt import Attempt
from multisynth.text.problems.arithmetic import Arithmetic
from multisynth.text.prompting import Prompting
from multisynth.text.verifiers.reasoning.equations import equations
from multisynth.text.verify import Verify
from multisynth.text.worked import WORKED, examples
from pydantic import ValidationError

from multisynth.errors import BadInput
from multisynth.kinds import PROBLEM
from multisynth.mark.detect import audit
from multisynth.mark.key import VARIABLE, load_key
from multisynth.sample import Sample
from multisynth.serving import Watermark
from multisynth.serving.models import models_folder
from multisynth.testing import run_stage

BARE = Prompting(shots=False)
REAL = any(path.name.startswith("smollm2-135m") for path in models_folder().glob("*"))


@pytest.fixture(autouse=True)
def own_key(monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, "a key for the test alone")


@pytest.fixture(scope="module")
def problems():
    return run_stage(Arithmetic(problems=5), name="problems").samples


def short(problems) -> list:
    """Problems whose prompt fits the small model's 512 bytes."""
    return [Sample(PROBLEM, k, question=f"What is {k} + 2?", answer=str(k + 2), domain="d") for k in range(4)]


def test_worked_examples_are_right_and_none_is_a_problem_of_ours() -> None:
    problems = {sample["question"] for sample in run_stage(Arithmetic(problems=500)).samples}
    for shown in WORKED.values():
        for question, answer in shown:
            stated = equations(answer)
            assert stated and all(equation.holds for equation in stated)
            assert answer.endswith(f"The answer is {stated[-1].result}.")
            assert question not in problems
    drawn = {sample["domain"] for sample in run_stage(Arithmetic(problems=100)).samples}
    assert drawn | {"arithmetic/chain_sum"} == WORKED.keys()
    assert len(examples("something else")) == 4
    asked = Prompting().prompt(Sample(PROBLEM, 0, question="Why?", answer="", domain="something else"))
    assert isinstance(asked, str) and asked.endswith("\n\nQuestion: Why?\nAnswer:")


@pytest.mark.parametrize("batch_size", [1, 3])
def test_attempts_do_not_depend_on_batches(tiny, problems, monkeypatch, tmp_path, batch_size) -> None:
    stage = Attempt(prompting=BARE, model=tiny, engine="transformers", attempts=3, max_tokens=10, temperature=1.0)
    whole = run_stage(stage, short(problems))
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "another.sqlite")
    parts = run_stage(stage, short(problems), batch_size=batch_size)
    assert not whole.failures and whole.samples.table == parts.samples.table
    assert whole.samples["attempt"] == [0, 1, 2] * 4 and len(set(whole.samples["completion"])) == 12
    tokens = pc.add(whole.ledger.column("tokens_read"), whole.ledger.column("tokens_written")).to_pylist()
    generated = [sum(len(sample["token_ids"]) for sample in list(whole.samples)[3 * k : 3 * k + 3]) for k in range(4)]
    assert all(spent >= made + 3 * 13 for spent, made in zip(tokens, generated, strict=True))


@pytest.mark.parametrize("same", [{"temperature": 0}, {"top_k": 1}])
def test_attempts_that_would_all_be_the_same_are_refused(same) -> None:
    with pytest.raises(ValidationError, match="are all the same"):
        Attempt(**same)
    Attempt(attempts=1, **same)


FORM = {
    "type": "object", "required": ["pet", "age"], "additionalProperties": False,
    "properties": {"pet": {"enum": ["cat", "dog"]}, "age": {"type": "integer", "minimum": 0, "maximum": 9}},
}  # fmt: skip


def test_where_the_verifier_is_a_schema_the_model_is_held_to_it(tiny) -> None:
    """Random weights write no JSON by themselves; what is cut off is handed on as such, and spoils no other attempt."""
    check = json.dumps({"schema": FORM})
    problems = [
        Sample(PROBLEM, 0, question="A pet?", answer="", domain="d", verifier="schema", check=check),
        Sample(PROBLEM, 1, question="A pet?", answer="", domain="d", verifier="exact", check=check),
        Sample(PROBLEM, 2, question="A pet?", answer="", domain="d", verifier="schema", check='{"schema": true}'),
    ]
    stage = {"prompting": BARE, "model": tiny, "engine": "transformers", "temperature": 1.0, "attempts": 3}
    ran = run_stage(Attempt(max_tokens=40, **stage), problems)
    held, free = ran.samples["completion"][:3], ran.samples["completion"][3:]
    validator = jsonschema.Draft202012Validator(FORM)
    assert all(validator.is_valid(json.loads(text)) for text in held)
    assert not any("pet" in text for text in free)
    assert [reason for _, reason in run_stage(Verify(), list(ran.samples)[:3]).drops] == []
    cut = run_stage(Attempt(max_tokens=3, **stage), problems[:1])
    assert len(cut.samples) == 3 and not cut.drops
    assert {reason for _, reason in run_stage(Verify(), cut.samples).drops} == {"unfinished: 3 tokens"}


def test_a_problem_too_long_for_the_model_is_dropped_with_numbers(tiny, problems) -> None:
    ran = run_stage(Attempt(model=tiny, engine="transformers", attempts=2, max_tokens=20), problems)
    assert not len(ran.samples) and len(ran.drops) == 5
    assert all(reason.startswith("does not fit the model: ") and "512" in reason for _, reason in ran.drops)


def test_a_model_that_cannot_be_had_is_bad_input_before_any_work() -> None:
    with pytest.raises(BadInput, match="no model is called"):
        Attempt(model="smollm3").artifacts()


@pytest.mark.skipif(not REAL, reason="smollm2-135m is not fetched yet")
def test_a_real_model_solves_problems_and_carries_the_watermark() -> None:
    problems = run_stage(Arithmetic(problems=6, steps=(1,)), name="problems").samples
    stage = Attempt(engine="transformers", attempts=4, max_tokens=64, watermark={"delta": 2.0})
    attempts = run_stage(stage, problems, name="attempts")
    assert len(attempts.samples) == 24 and not attempts.failures
    assert all(parents[1] == stage.artifacts()[0].id for parents in attempts.samples["parents"])
    verified = run_stage(Verify(), attempts.samples, name="verified")
    assert len(verified.samples) + len(verified.drops) == 24 and len(verified.samples) >= 3
    for sample in verified.samples:
        assert sample["completion"].endswith(f"The answer is {sample['answer']}.") and "\n" not in sample["completion"]
    ids = [sample["token_ids"] for sample in attempts.samples]
    marked, other = audit(ids, load_key(), Watermark()), audit(ids, bytes(32), Watermark())
    assert marked.z > other.z + 1 and abs(other.z) < 4
    assert "a key for the test alone" not in json.dumps(attempts.samples.table.to_pylist(), default=str)
