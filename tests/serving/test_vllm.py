"""The vLLM engine against the transformers engine on one small model."""

import asyncio

import pytest

from multisynth.mark.detect import audit
from multisynth.mark.key import VARIABLE, load_key
from multisynth.serving import Completion, Engine, Request, Unfit, Watermark, engines
from multisynth.serving.transformers import TransformersEngine
from tests.serving.tiny import tiny_model

USABLE = {name: usable for name, usable, _ in engines()}["vllm"]
pytestmark = [
    pytest.mark.skipif(not USABLE, reason="vllm is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    import numba  # noqa: F401 — brings llvmlite, whose library answers to any name
    import trimesh.boolean  # noqa: F401 — holds stand-ins that raise at a touch, as in a run that read a mesh before

    from multisynth.serving.vllm import VllmEngine

    model = tiny_model(tmp_path_factory.mktemp("tiny"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "a key for the test alone")
        both = VllmEngine(model, {"max_num_seqs": 16}), TransformersEngine(model)
        yield both
        for engine in both:
            engine.close()


def answers(engine: Engine, *requests: Request) -> list[Completion]:
    async def all_at_once() -> list[Completion]:
        return await asyncio.gather(*map(engine.complete, requests))

    return asyncio.run(all_at_once())


def test_the_likeliest_tokens_equal_those_of_transformers(pair) -> None:
    requests = [
        Request(prompt, max_tokens=16, temperature=0, logprobs=True, watermark=mark)
        for prompt in ("one", "two and three", "four")
        for mark in (None, Watermark(delta=4.0), Watermark(delta=4.0, width=2))
    ]
    ours, theirs = (answers(engine, *requests) for engine in pair)
    for a, b in zip(ours, theirs, strict=True):
        assert (a.text, a.token_ids, a.finish, a.prompt_tokens) == (b.text, b.token_ids, b.finish, b.prompt_tokens)
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-3)
    assert ours[0] != ours[1]


def test_a_stop_string_cuts_as_in_transformers(pair) -> None:
    whole = answers(pair[0], Request("stop here", max_tokens=24, temperature=0))[0]
    mark = whole.text[10:12]
    ours, theirs = (
        answers(engine, Request("stop here", max_tokens=24, temperature=0, stop=(mark,)))[0] for engine in pair
    )
    assert (ours.text, ours.token_ids, ours.finish) == (theirs.text, theirs.token_ids, theirs.finish)
    assert mark not in ours.text and ours.finish == "stop"


def test_sampled_tokens_follow_the_seed_and_not_the_neighbours(pair) -> None:
    requests = [
        Request(f"sample {k % 3}", seed=k, max_tokens=8 + k % 5, top_p=1.0 if k % 2 else 0.9) for k in range(20)
    ]
    together = answers(pair[0], *requests)
    assert together == [answers(pair[0], request)[0] for request in requests]
    assert len({answer.token_ids for answer in together}) == 20


def test_watermarked_and_plain_requests_run_side_by_side(pair) -> None:
    mark = Watermark(delta=12.0)
    requests = [Request("mark", seed=k, max_tokens=40, watermark=mark if k % 2 else None) for k in range(16)]
    ids = [answer.token_ids for answer in answers(pair[0], *requests)]
    assert audit(ids[1::2], load_key(), mark).z > 6
    assert abs(audit(ids[::2], load_key(), mark).z) < 4


def test_a_prompt_that_does_not_fit_harms_no_other(pair) -> None:
    async def both() -> list[object]:
        requests = Request("a" * 600), Request("fits", max_tokens=3)
        return await asyncio.gather(*map(pair[0].complete, requests), return_exceptions=True)

    refused, answer = asyncio.run(both())
    assert isinstance(refused, Unfit) and isinstance(answer, Completion)
