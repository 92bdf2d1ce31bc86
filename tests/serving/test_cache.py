"""Requests that were answered before, and how the answers survive."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.serving import Completion, LanguageModel, Message, Model, Request, Unfit, Watermark
from multisynth.serving.cache import RequestCache
from multisynth.serving.options import check

ANSWER = Completion("seven — 7", (3, 1, 4), (-0.5, -1.25, -0.125), "stop", 9, 4)


def put(cache: RequestCache, *digests: str, answer: Completion = ANSWER) -> None:
    """Keep an answer under all of these, at the same time."""

    async def all_at_once() -> None:
        await asyncio.gather(*(cache.put(digest, answer) for digest in digests))

    asyncio.run(all_at_once())


def test_what_is_put_comes_back_to_every_reader(tmp_path: Path) -> None:
    put(RequestCache(tmp_path / "c.sqlite"), "a")
    likely = replace(ANSWER, alternatives=(((" a", -0.5), ("", -1.0)), ((" é", -0.25),), ()))
    put(RequestCache(tmp_path / "c.sqlite"), "likely", answer=likely)
    assert RequestCache(tmp_path / "c.sqlite").get("likely") == likely
    assert RequestCache(tmp_path / "c.sqlite").get("a") == ANSWER
    assert RequestCache(tmp_path / "c.sqlite").get("b") is None


def test_a_row_that_was_tampered_with_counts_as_absent(tmp_path: Path) -> None:
    cache = RequestCache(tmp_path / "c.sqlite")
    put(cache, "a")
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE completion1 SET value = zeroblob(length(value))")
    database.close()
    assert cache.get("a") is None


OTHER = (b"no JSON", b"\xff", b"[1]", b"{}", b'{"token_ids": 5}', b'{"token_ids": [], "logprobs": null, "colour": 1}')


@pytest.mark.parametrize("value", [*map(zlib.compress, OTHER), b"no zlib", "a text", 5, 2.5])
def test_a_row_that_holds_no_completion_counts_as_absent(tmp_path: Path, value: object) -> None:
    cache = RequestCache(tmp_path / "c.sqlite")
    put(cache, "a")
    crc = zlib.crc32(value) if isinstance(value, bytes) else 0
    with sqlite3.connect(cache.path) as database:
        assert database.execute("UPDATE completion1 SET value = ?, crc = ?", (value, crc)).rowcount == 1
    database.close()
    assert cache.get("a") is None
    put(cache, "a")
    assert cache.get("a") == ANSWER


def test_of_more_than_it_may_hold_the_first_goes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.serving.cache.MOST", 1 << 18)
    cache = RequestCache(tmp_path / "c.sqlite")
    long = replace(ANSWER, token_ids=tuple(range(4000)))
    for batch in range(40):
        put(cache, *(f"{batch} {k}" for k in range(4)), answer=long)
    kept = [batch for batch in range(40) if cache.get(f"{batch} 0") == long]
    assert kept == list(range(kept[0], 40)) and 0 < kept[0] < 39
    assert cache.path.stat().st_size < 2 << 18


@pytest.mark.parametrize("junk", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(junk)
    cache = RequestCache(path)
    put(cache, "a")
    assert cache.get("a") == ANSWER
    assert (tmp_path / "c.corrupt").read_bytes() == junk


def test_without_a_place_to_write_it_goes_without_and_says_so_once(tmp_path: Path, caplog) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = RequestCache(tmp_path / "file" / "c.sqlite")
    for digest in "abc":
        put(cache, digest)
        assert cache.get(digest) is None
    (told,) = caplog.messages
    assert "cannot be used" in told
    (tmp_path / "file").unlink()
    (tmp_path / "file" / "c.sqlite").mkdir(parents=True)
    put(cache, "a")  # another reason is told too
    assert cache.get("a") is None and len(caplog.messages) == 2


def test_threads_may_share_it(tmp_path: Path) -> None:
    cache = RequestCache(tmp_path / "c.sqlite")
    names = [[f"{k}-{n}" for n in range(50)] for k in range(8)]
    threads = [threading.Thread(target=put, args=(cache, *some)) for some in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(cache.get(name) == ANSWER for some in names for name in some)
    cache.close()
    assert cache.get("0-0") == ANSWER  # it may be used again
    put(cache, "later")
    assert cache.get("later") == ANSWER


PUT = """
import asyncio, sys
from pathlib import Path
from multisynth.serving.cache import RequestCache
from multisynth.serving.protocol import Completion

async def one(cache, k):
    await cache.put(str(k), Completion("text", (1, 2), None, "stop", 3, 2))
    print(k, flush=True)

async def main():
    cache = RequestCache(Path(sys.argv[1]))
    for first in range(0, 10**6, 50):
        await asyncio.gather(*(one(cache, k) for k in range(first, first + 50)))

asyncio.run(main())
"""


def test_what_anyone_saw_kept_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    process = subprocess.Popen([sys.executable, "-c", PUT, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = [process.stdout.readline() for _ in range(333)]
    process.kill()
    seen += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    cache = RequestCache(path)
    assert all(cache.get(line.strip()) is not None for line in seen if line.endswith("\n"))


def test_everything_that_matters_counts_into_the_digest() -> None:
    base = Request("p", seed=1)
    others = [
        replace(base, prompt="q"), replace(base, prompt=(Message("user", "p"),)), replace(base, seed=2),
        replace(base, max_tokens=3), replace(base, temperature=0.5), replace(base, top_p=0.5),
        replace(base, stop=("x",)), replace(base, prefix="x"), replace(base, top_k=5), replace(base, alternatives=2),
        replace(base, schema="{}"),
        replace(base, logprobs=True), replace(base, watermark=Watermark()), replace(base, watermark=Watermark(delta=1)),
    ]  # fmt: skip
    digests = {base.digest("m"), base.digest("n"), *(other.digest("m") for other in others)}
    assert len(digests) == 2 + len(others)
    assert base.digest("m") == Request("p", seed=1).digest("m")


class Counting:
    """An engine that answers with the seed and counts what it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Completion:
        self.asked.append(request)
        await asyncio.sleep(0.01)
        if request.prompt == "fail":
            raise RuntimeError("out of memory")
        text = 'seven — 7"' if request.prefix else ANSWER.text
        return replace(ANSWER, text=text, prompt_tokens=request.seed)

    def close(self) -> None: ...


def language_model(tmp_path: Path) -> tuple[LanguageModel, Counting]:
    model = Model("m", tmp_path, Artifact("sha256:0", "model", "m"), "")
    served, engine = LanguageModel(model, "transformers", RequestCache(tmp_path / "c.sqlite")), Counting()
    served._load = lambda: engine  # type: ignore[method-assign]
    return served, engine


def test_a_request_sent_twice_costs_once(tmp_path: Path) -> None:
    async def ask(served: LanguageModel, *numbers: int) -> list[int]:
        found = await asyncio.gather(*(served.complete(Request("p", seed=k)) for k in numbers))
        return [answer.prompt_tokens for answer in found]

    served, engine = language_model(tmp_path)
    assert asyncio.run(ask(served, *[1, 2, 3] * 400)) == [1, 2, 3] * 400
    assert sorted(request.seed for request in engine.asked) == [1, 2, 3]
    stats = served.stats()
    assert (stats.requests, stats.cached, stats.tokens) == (1200, 1197, 3 * ANSWER.generated)
    again, fresh = language_model(tmp_path)
    assert asyncio.run(ask(again, 3, 2, 1, 4)) == [3, 2, 1, 4]
    assert [request.seed for request in fresh.asked] == [4]


def test_a_failure_reaches_all_who_asked_and_is_not_kept(tmp_path: Path) -> None:
    async def ask(served: LanguageModel) -> list[object]:
        return await asyncio.gather(*(served.complete(Request("fail")) for _ in range(3)), return_exceptions=True)

    served, engine = language_model(tmp_path)
    assert all(isinstance(found, RuntimeError) for found in asyncio.run(ask(served)))
    assert len(engine.asked) == 1
    asyncio.run(ask(served))
    assert len(engine.asked) == 2


def test_an_answer_that_does_not_satisfy_its_schema_is_refused_and_paid_once(tmp_path: Path) -> None:
    served, engine = language_model(tmp_path)
    schema = '{"type": "string"}'
    for _ in range(2):
        with pytest.raises(Unfit, match="does not satisfy the schema: no JSON"):
            asyncio.run(served.complete(Request("p", schema=schema)))
    whole = asyncio.run(served.complete(Request("p", schema=schema, prefix='"the rest of ', seed=4)))
    assert whole.text == 'seven — 7"' and len(engine.asked) == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"trust_remote_code": True}, "trust_remote_code"), ({"model": "x"}, "model"), ({"hf_overrides": {}}, "hf_ov"),
        ({"max_num_sequences": 3}, "max_num_sequences"), ({"load_format": "pt"}, "load_format"),
        ({"speculative_config": "ngram"}, "speculative_config"),
        ({"speculative_config": {"method": "ngram", "trust_remote_code": True}}, "trust_remote_code"),
    ],
)  # fmt: skip
def test_options_that_are_not_a_recipes_to_set_are_refused(options: dict, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        check(options)


def test_options_belong_to_vllm_and_count_into_the_digest(tmp_path: Path, monkeypatch) -> None:
    model = Model("m", tmp_path, Artifact("sha256:0", "model", "m"), "")
    with pytest.raises(BadInput, match="takes no options"):
        LanguageModel(model, "transformers", options={"max_num_seqs": 4})
    monkeypatch.setattr("multisynth.serving.choice.choose", lambda engine: "vllm")
    cache = RequestCache(tmp_path / "c.sqlite")
    served = [LanguageModel(model, "vllm", cache, options=o) for o in ({}, {"dtype": "float16"}, {"max_num_seqs": 4})]
    assert len({one._digest(Request("p")) for one in served}) == 3


def test_an_answer_says_whether_it_was_made_for_this_request_and_the_file_does_not(tmp_path: Path) -> None:
    served, engine = language_model(tmp_path)

    async def twice() -> list[Completion]:
        return await asyncio.gather(*(served.complete(Request("p", seed=seed)) for seed in (1, 2, 1)))

    assert [made.cached for made in asyncio.run(twice())] == [False, False, True]
    assert [made.cached for made in asyncio.run(twice())] == [True, True, True]
    assert len(engine.asked) == 2
    served.close()
    again, _ = language_model(tmp_path)
    assert [made.cached for made in (asyncio.run(again.complete(Request("p", seed=seed))) for seed in (2, 3))] == [
        True,
        False,
    ]
    again.close()


def test_models_on_one_gpu_share_its_memory_and_their_answers_do_not_depend_on_it(tmp_path: Path, monkeypatch) -> None:
    model, given = Model("m", tmp_path, Artifact("sha256:0", "model", "m"), ""), []
    monkeypatch.setattr("multisynth.serving.choice.choose", lambda engine: "vllm")
    monkeypatch.setattr("multisynth.serving.spread.vllm", lambda _, options: given.append(dict(options)))
    served = [
        LanguageModel(model, "vllm", RequestCache(tmp_path / "c.sqlite"), options=options, share=share)
        for options in ({}, {"gpu_memory_utilization": 0.8})
        for share in (1.0, 0.5)
    ]
    for one in served:
        one._load()
    assert given == [{}, {"gpu_memory_utilization": 0.45}, *({"gpu_memory_utilization": u} for u in (0.8, 0.4))]
    assert len({one._digest(Request("p")) for one in served}) == 2
