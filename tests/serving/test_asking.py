"""What stages that ask models refuse before work starts, and what they start engines with."""

from __future__ import annotations

import asyncio
import shutil
import sys

import pytest
from multisynth.text.attempt import Attempt
from multisynth.text.preferences.prefer import Prefer
from multisynth.text.problems.arithmetic import Arithmetic
from multisynth.text.solving import Solving
from pydantic import ValidationError

from multisynth.errors import BadInput
from multisynth.kinds import MODEL, PROBLEM, REASONING
from multisynth.sample import Sample
from multisynth.serving import Completion, LanguageModel, Request
from multisynth.serving.checkpoint import pack
from multisynth.testing import inputs_of, run_stage
from tests.serving.fake_server import FakeServer
from tests.serving.tiny import tiny_model

ENDPOINT = {"url": "http://localhost:1/v1", "name": "m"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "completions.sqlite")
    monkeypatch.setattr("multisynth.serving.checkpoint.models_folder", lambda: tmp_path / "models")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"engine_options": {"quantisation": "fp8"}}, "did you mean `quantization`"),
        ({"engine_options": {"replicas": 0}}, "`replicas` is 0"),
        ({"engine_options": {"max_num_seqs": 4}, "engine": "transformers"}, "transformers takes no options"),
        ({"engine": "vllm", "model": ENDPOINT}, "an endpoint runs this one"),
        ({"engine_options": {"max_num_seqs": 4}, "model": ENDPOINT}, "localhost:1/v1 runs the model: leave them away"),
    ],
)
def test_options_of_engines_are_checked_with_the_recipe(options, problem) -> None:
    with pytest.raises(ValidationError, match=problem):
        Attempt(**options)
    assert Attempt(engine_options={"quantization": "fp8"}).engine_options


def test_an_engine_that_is_missing_is_told_before_work_starts(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)  # as Python has it where there is none
    model = str(tiny_model(tmp_path / "tiny").path)
    with pytest.raises(BadInput, match="the engine vllm cannot be used") as told:
        Attempt(model=model, engine="vllm").artifacts()
    assert "vllm is not installed; on a CPU: pip install" in told.value.remedy
    assert len(Attempt(model=model).artifacts()) == len(Attempt(model=ENDPOINT).artifacts()) == 1


class Stumbling(Attempt):
    """Fails with one problem, after it was answered."""

    stumbles: str

    async def work(self, sample, ask):
        made = await super().work(sample, ask)
        if sample.id == self.stumbles:
            raise RuntimeError("stumbled")
        return made


def test_what_was_asked_beside_one_that_fails_is_neither_asked_again_nor_free() -> None:
    problems = run_stage(Arithmetic(problems=16), name="problems").samples
    with FakeServer(pause=0.02) as server:
        whole, broken = (
            run_stage(stage, problems, name="attempts")
            for stage in (
                Attempt(model={"url": server.url, "name": "a"}, attempts=2),
                Stumbling(model={"url": server.url, "name": "b"}, attempts=2, stumbles=list(problems)[3].id),
            )
        )
        assert len(server.bodies) == 2 * 2 * 16
    (failure,) = broken.failures
    assert "stumbled" in failure[1]
    for name in ("tokens_read", "tokens_written", "tokens_cached"):
        assert broken.ledger[name].to_pylist() == whole.ledger[name].to_pylist()
    assert sum(broken.ledger["tokens_cached"].to_pylist()) == 0


class Form(Solving):
    """Asks for JSON."""

    takes, makes = (PROBLEM,), REASONING

    async def work(self, sample, ask):
        answer = await ask(self.question(sample, "form", schema='{"type": "object"}'))
        return [self.reasoning(sample, answer)]


def test_answers_that_nobody_can_use_are_on_the_ledger() -> None:
    problems = run_stage(Arithmetic(problems=2), name="problems").samples
    with FakeServer(reply="no object") as server:
        ran = run_stage(Form(model={"url": server.url, "name": "a"}), problems, name="form")
        assert len(server.bodies) == 2 * 3
    assert all("does not satisfy the schema" in reason for _, reason in ran.drops) and len(ran.drops) == 2
    assert all(tokens > 0 and tokens % 3 == 0 for tokens in ran.ledger["tokens_written"].to_pylist())


def test_a_judge_gets_none_of_the_options_and_half_of_the_memory(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.serving.choice.choose", lambda engine: "vllm")
    own, other = str(tiny_model(tmp_path / "own").path), str(shutil.copytree(tmp_path / "own", tmp_path / "other"))
    (tmp_path / "other" / "README.md").write_text("another")
    for judge, shares in ((ENDPOINT, (1.0, 1.0)), (other, (0.5, 0.5)), (own, (1.0,))):
        stage = Prefer(model=own, judge=judge, engine_options={"max_num_seqs": 4})
        stage.open()
        models = [stage._asked, *stage._others.values()]
        assert [model.options for model in models] == [{"max_num_seqs": 4}, {}][: len(models)]
        assert tuple(model._share for model in models) == shares
        stage.close()


def test_a_judge_whose_folder_changes_while_it_is_asked_stays_the_judge(tmp_path, monkeypatch) -> None:
    asked = []

    async def complete(model: LanguageModel, request: Request) -> Completion:
        asked.append(model.model.name)
        return Completion("", (), None, "stop", 1, 1)

    monkeypatch.setattr(LanguageModel, "complete", complete)
    own, other = str(tiny_model(tmp_path / "own").path), str(shutil.copytree(tmp_path / "own", tmp_path / "other"))
    (tmp_path / "other" / "README.md").write_text("another")
    stage = Prefer(model=own, judge=other, engine="transformers")
    stage.open()
    (tmp_path / "other" / "README.md").write_text("one more")
    sample = run_stage(Arithmetic(problems=1), name="problems").samples[0]
    asyncio.run(stage.asks(sample, other)(Request("p")))
    stage.close()
    assert asked == [other]


def test_a_checkpoint_that_made_room_for_others_is_unpacked_anew(tmp_path) -> None:
    columns = {"base": "b", "method": "sft", "step": 1, "tokens": 1, "losses": [0.5]}
    trained = inputs_of([Sample(MODEL, 0, **pack(tiny_model(tmp_path / "tiny").path), **columns)])
    stage = Attempt(trained="tuned", engine="transformers")
    stage.bind("attempts", 0, {"trained": lambda last=False: iter(trained)})
    stage.open()
    assert stage._asked is not None and stage._asked.model.path is not None
    shutil.rmtree(stage._asked.model.path)
    engine = stage._asked._load()
    engine.close()
    stage.close()


def test_a_trained_stage_that_made_no_model_is_named() -> None:
    stage = Attempt(trained="tuned")
    stage.bind("attempts", 0, {"trained": lambda last=False: iter(())})
    with pytest.raises(BadInput, match="`tuned` made no model"):
        stage.open()
