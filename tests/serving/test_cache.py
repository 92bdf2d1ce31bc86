"""Requests that were answered before, and how the answers survive."""

import asyncio
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from multisynth.artifact import Artifact
from multisynth.serving import Completion, LanguageModel, Message, Model, Request, Watermark
from multisynth.serving.cache import RequestCache

ANSWER = Completion("seven — 7", (3, 1, 4), (-0.5, -1.25, -0.125), "stop", 9, 4)


def test_what_is_put_comes_back_to_every_reader(tmp_path: Path) -> None:
    RequestCache(tmp_path / "c.sqlite").put("a", ANSWER)
    assert RequestCache(tmp_path / "c.sqlite").get("a") == ANSWER
    assert RequestCache(tmp_path / "c.sqlite").get("b") is None


def test_a_row_that_was_tampered_with_counts_as_absent(tmp_path: Path) -> None:
    cache = RequestCache(tmp_path / "c.sqlite")
    cache.put("a", ANSWER)
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE completion1 SET value = zeroblob(length(value))")
    database.close()
    assert cache.get("a") is None


@pytest.mark.parametrize("junk", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(junk)
    cache = RequestCache(path)
    cache.put("a", ANSWER)
    assert cache.get("a") == ANSWER
    assert (tmp_path / "c.corrupt").read_bytes() == junk


def test_without_a_place_to_write_it_goes_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = RequestCache(tmp_path / "file" / "c.sqlite")
    cache.put("a", ANSWER)
    assert cache.get("a") is None


def test_threads_may_share_it(tmp_path: Path) -> None:
    cache = RequestCache(tmp_path / "c.sqlite")
    threads = [threading.Thread(target=cache.put, args=(str(k), replace(ANSWER, prompt_tokens=k))) for k in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [cache.get(str(k)).prompt_tokens for k in range(16)] == list(range(16))


def test_everything_that_matters_counts_into_the_digest() -> None:
    base = Request("p", seed=1)
    others = [
        replace(base, prompt="q"), replace(base, prompt=(Message("user", "p"),)), replace(base, seed=2),
        replace(base, max_tokens=3), replace(base, temperature=0.5), replace(base, top_p=0.5),
        replace(base, stop=("x",)),
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
        return replace(ANSWER, prompt_tokens=request.seed)

    def close(self) -> None: ...


def language_model(tmp_path: Path) -> tuple[LanguageModel, Counting]:
    model = Model("m", tmp_path, Artifact("sha256:0", "model", "m"), "")
    served, engine = LanguageModel(model, "transformers", RequestCache(tmp_path / "c.sqlite")), Counting()
    served._start = lambda: engine  # type: ignore[method-assign]
    return served, engine


def test_a_request_sent_twice_costs_once(tmp_path: Path) -> None:
    async def ask(served: LanguageModel, *numbers: int) -> list[int]:
        found = await asyncio.gather(*(served.complete(Request("p", seed=k)) for k in numbers))
        return [answer.prompt_tokens for answer in found]

    served, engine = language_model(tmp_path)
    assert asyncio.run(ask(served, *[1, 2, 3] * 400)) == [1, 2, 3] * 400
    assert sorted(request.seed for request in engine.asked) == [1, 2, 3]
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
