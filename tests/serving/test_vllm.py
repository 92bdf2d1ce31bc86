"""The vLLM engine against the transformers engine on one small model."""

import asyncio
import json
import math

import pytest

from multisynth.mark.detect import audit
from multisynth.mark.key import VARIABLE, load_key
from multisynth.serving import Completion, Engine, Message, Request, Unfit, Watermark, engines
from multisynth.serving.options import PASSED_ON
from multisynth.serving.schema import mistake
from multisynth.serving.transformers import TransformersEngine
from multisynth.serving.vllm_settings import settings
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


SCHEMA = json.dumps(
    {"type": "object", "properties": {"kind": {"enum": ["cat", "dog"]}, "wild": {"type": "boolean"}},
     "required": ["kind", "wild"], "additionalProperties": False}
)  # fmt: skip


def test_sampled_tokens_equal_those_of_transformers(pair) -> None:
    requests = [
        Request(f"sampled {k % 4}", seed=k * 2**55, max_tokens=12, temperature=t, top_p=p, top_k=n, logprobs=True)
        for k, (t, p, n) in enumerate([(1.0, 1.0, 0), (0.6, 0.8, 0), (1.4, 1.0, 9), (1.1, 0.9, 40)] * 5)
    ]
    ours, theirs = (answers(engine, *requests) for engine in pair)
    assert [answer.token_ids for answer in ours] == [answer.token_ids for answer in theirs]
    assert len({answer.token_ids for answer in ours}) == 20
    for a, b in zip(ours, theirs, strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-3)


def test_alternatives_are_the_likeliest_of_the_plain_model(pair) -> None:
    request = Request("alternatives", max_tokens=6, seed=2, temperature=1.3, logprobs=True, alternatives=5,
                      watermark=Watermark(delta=5.0))  # fmt: skip
    plain = Request("alternatives", max_tokens=6, temperature=0, alternatives=1, logprobs=True)
    for engine in pair:
        marked, greedy = answers(engine, request, plain)
        assert marked.alternatives is not None and marked.logprobs is not None
        assert len(marked.alternatives) == len(marked.token_ids)
        assert all(len(place) == 5 for place in marked.alternatives)
        for place in marked.alternatives:
            values = [value for _, value in place]
            assert values == sorted(values, reverse=True) and sum(map(math.exp, values)) < 1
        assert all(
            value <= place[0][1] + 1e-4 for value, place in zip(marked.logprobs, marked.alternatives, strict=True)
        )
        assert greedy.alternatives is not None and greedy.logprobs is not None
        assert [place[0][1] for place in greedy.alternatives] == pytest.approx(list(greedy.logprobs))
    ours, theirs = (answers(engine, request)[0] for engine in pair)
    assert [[text for text, _ in place] for place in ours.alternatives] == [
        [text for text, _ in place] for place in theirs.alternatives
    ]


def test_an_answer_goes_on_from_its_prefix(pair) -> None:
    chat = (Message("user", "hello"),)
    for engine in pair:
        whole, continued, text, joined = answers(
            engine,
            Request(chat, max_tokens=8, temperature=0, prefix="Sure"),
            Request("<user>hello<assistant>Sure", max_tokens=8, temperature=0),
            Request("plain ", max_tokens=8, temperature=0, prefix="text"),
            Request("plain text", max_tokens=8, temperature=0),
        )
        assert whole == continued and text == joined and whole.text != text.text


def test_a_schema_holds_the_decoding(pair) -> None:
    requests = [Request("A pet as JSON:", seed=k, max_tokens=60, temperature=1.5, schema=SCHEMA) for k in range(6)]
    ours, theirs = (answers(engine, *requests) for engine in pair)
    assert [answer.text for answer in ours] == [answer.text for answer in theirs]
    for answer in ours:
        assert mistake(answer.text, SCHEMA) is None and answer.finish == "stop"
    assert len({answer.text for answer in ours}) > 1
    cut = answers(pair[0], Request("A pet as JSON:", max_tokens=5, schema=SCHEMA))[0]
    assert cut.finish == "length" and mistake(cut.text, SCHEMA) is not None


def test_a_schema_that_is_none_harms_no_other(pair) -> None:
    async def both(engine: Engine) -> list[object]:
        requests = Request("x", schema='{"type": "nothing"}'), Request("fits", max_tokens=3)
        return await asyncio.gather(*map(engine.complete, requests), return_exceptions=True)

    for engine in pair:
        refused, answer = asyncio.run(both(engine))
        assert isinstance(refused, Unfit) and isinstance(answer, Completion)


def test_options_that_are_passed_on_exist(pair) -> None:
    from dataclasses import fields

    from vllm import EngineArgs

    assert {field.name for field in fields(EngineArgs)} >= PASSED_ON
    assert pair[0].meter.most == 16


def test_it_says_how_full_it_was(pair) -> None:
    before = pair[0].meter.busy, pair[0].meter.rows
    answers(pair[0], *(Request("full", seed=k, max_tokens=30, temperature=3) for k in range(64)))
    busy, rows = pair[0].meter.busy - before[0], pair[0].meter.rows - before[1]
    assert 0.3 < rows / busy / 16 <= 1


def test_replicas_share_the_memory_of_one_gpu(pair, monkeypatch) -> None:
    class Card:
        @staticmethod
        def get_device_total_memory() -> int:
            return 80 << 30

    monkeypatch.setattr("vllm.platforms.current_platform", Card)
    path = pair[0]._path
    alone, third = (settings(path, True, {"replicas": count, "max_num_seqs": 512}) for count in (1, 3))
    assert "kv_cache_memory_bytes" not in alone and "replicas" not in alone | third
    assert third["gpu_memory_utilization"] == pytest.approx(0.3) and third["max_num_seqs"] == 512
    assert 15 << 30 < third["kv_cache_memory_bytes"] < 0.3 * (80 << 30)
    half = settings(path, True, {"replicas": 2, "gpu_memory_utilization": 0.5, "kv_cache_memory_bytes": 8 << 30})
    assert (half["gpu_memory_utilization"], half["kv_cache_memory_bytes"]) == (0.25, 4 << 30)
    tight = settings(path, True, {"replicas": 16, "gpu_memory_utilization": 0.5})
    assert "kv_cache_memory_bytes" not in tight and tight["gpu_memory_utilization"] == 0.5 / 16
