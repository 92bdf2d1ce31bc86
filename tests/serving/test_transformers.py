"""The transformers engine against a plain loop over the same model."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from multisynth.mark.key import VARIABLE
from multisynth.serving import Completion, Message, Model, Request, Unfit, Watermark
from multisynth.serving.sampling import uniforms
from multisynth.serving.transformers import TransformersEngine
from tests.serving.tiny import tiny_model

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def engine(model: Model):
    engine = TransformersEngine(model, batch=16)
    yield engine
    engine.close()


def answers(engine: TransformersEngine, *requests: Request) -> list[Completion]:
    async def all_at_once() -> list[Completion]:
        return await asyncio.gather(*map(engine.complete, requests))

    return asyncio.run(all_at_once())


def plain(model: Model, request: Request) -> tuple[list[int], list[float]]:
    """Sampling by the definition, without batch, padding or cache."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    network = AutoModelForCausalLM.from_pretrained(model.path, dtype=torch.float32)
    ids = AutoTokenizer.from_pretrained(model.path)(request.prompt)["input_ids"]
    seeds = np.full(request.max_tokens, request.seed, np.uint64)
    draws = uniforms(seeds, np.arange(request.max_tokens, dtype=np.uint64))
    written: list[int] = []
    logprobs: list[float] = []
    for draw in draws:
        with torch.inference_mode():
            logits = network(torch.tensor([ids + written])).logits[0, -1]
        if request.temperature == 0:
            token = int(logits.argmax())
        elif request.top_p < 1:
            values, order = torch.softmax(logits / request.temperature, 0).double().sort(descending=True)
            nucleus = int((values.cumsum(0) < request.top_p).sum()) + 1
            sums = values[:nucleus].cumsum(0)
            token = int(order[int((sums <= draw * sums[-1]).sum())])
        else:
            sums = torch.softmax(logits / request.temperature, 0).double().cumsum(0)
            token = int((sums <= draw * sums[-1]).sum())
        if token == 0:
            break
        written.append(token)
        logprobs.append(float(torch.log_softmax(logits, 0)[token]))
    return written, logprobs


@pytest.mark.parametrize(
    "request_", [Request("one and two", max_tokens=12, temperature=0),
                 Request("three", seed=5, max_tokens=12, logprobs=True),
                 Request("four", seed=6, max_tokens=12, temperature=1.5, top_p=0.7)],
)  # fmt: skip
def test_tokens_equal_a_plain_loop(engine, model, request_: Request) -> None:
    ids, logprobs = plain(model, request_)
    answer = answers(engine, request_)[0]
    assert list(answer.token_ids) == ids
    assert answer.prompt_tokens == len(request_.prompt)
    assert (answer.finish == "stop") == (len(ids) < request_.max_tokens)
    if request_.logprobs:
        assert answer.logprobs == pytest.approx(logprobs, abs=1e-4)
    else:
        assert answer.logprobs is None


def test_tokens_do_not_depend_on_the_neighbours(engine) -> None:
    requests = [
        Request(prompt, seed=k, max_tokens=5 + k, temperature=t, top_p=p)
        for k, (prompt, t, p) in enumerate(
            [("Question: a", 1.0, 1.0), ("Question: another one", 0.0, 1.0), ("x", 0.7, 0.9), ("Question: a", 1.3, 0.5)]
            * 5
        )
    ]
    together = answers(engine, *requests)
    assert together == [answers(engine, request)[0] for request in requests]
    assert len({answer.token_ids for answer in together}) > 10


def test_a_stop_string_ends_the_text_before_it(engine) -> None:
    whole = answers(engine, Request("stop", seed=1, max_tokens=40))[0]
    mark = whole.text[12:14]
    cut = answers(engine, Request("stop", seed=1, max_tokens=40, stop=(mark,)))[0]
    assert cut.text == whole.text[: whole.text.index(mark)] and mark not in cut.text
    assert cut.finish == "stop" and cut.token_ids == whole.token_ids[: len(cut.token_ids)]
    assert len(cut.token_ids) <= cut.generated < 40


def test_messages_go_through_the_chat_template(engine) -> None:
    chat = answers(engine, Request((Message("user", "hello"),), seed=3, max_tokens=6))[0]
    text = answers(engine, Request("<user>hello<assistant>", seed=3, max_tokens=6))[0]
    assert chat == text


def test_a_prompt_that_does_not_fit_harms_no_other(engine) -> None:
    async def both() -> list[object]:
        requests = Request("a" * 600), Request("fits", max_tokens=3)
        return await asyncio.gather(*map(engine.complete, requests), return_exceptions=True)

    refused, answer = asyncio.run(both())
    assert isinstance(refused, Unfit) and "600" in refused.problem
    assert isinstance(answer, Completion) and answer.generated == 3


def test_a_watermark_shifts_tokens_to_its_green_list(engine, monkeypatch) -> None:
    from multisynth.mark.detect import audit
    from multisynth.mark.key import load_key

    monkeypatch.setenv(VARIABLE, "a key for the test alone")
    mark = Watermark(delta=12.0)
    marked = answers(engine, *(Request("mark", seed=k, max_tokens=40, watermark=mark) for k in range(8)))
    bare = answers(engine, *(Request("mark", seed=k, max_tokens=40) for k in range(8)))
    assert audit([answer.token_ids for answer in marked], load_key(), mark).z > 6
    assert abs(audit([answer.token_ids for answer in bare], load_key(), mark).z) < 4


def test_an_engine_that_is_closed_says_so(model) -> None:
    engine = TransformersEngine(model)
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        answers(engine, Request("late"))


def test_a_folder_that_is_no_model_is_an_error_of_the_start(tmp_path: Path, model) -> None:
    import dataclasses

    with pytest.raises(Exception, match=r"config|model_type"):
        TransformersEngine(dataclasses.replace(model, path=tmp_path))
