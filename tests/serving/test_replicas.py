"""Engines in processes of their own: shared work, the same answers, and what the death of one does to the others."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from multisynth.mark.key import VARIABLE
from multisynth.serving import Completion, Engine, Request, Unfit, Watermark
from multisynth.serving.inbox import Meter
from multisynth.serving.options import MOST_REPLICAS, check
from multisynth.serving.replicas import Replicas
from multisynth.serving.transformers import TransformersEngine
from tests.serving.tiny import tiny_model


class Echo:
    """Answers with its prompt and the number of its process."""

    name = "echo"

    def __init__(self, wrong: str = "") -> None:
        if wrong:
            raise ValueError(wrong)
        self.meter = Meter(4)

    async def complete(self, request: Request) -> Completion:
        await asyncio.sleep(request.temperature)
        if request.prompt == "long":
            raise Unfit("too long", "shorten it")
        if request.prompt == "fault":
            raise KeyError(threading.Lock)  # pickles nowhere
        if request.prompt == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        self.meter.ran(2, 1.0)
        return Completion(str(request.prompt), (request.seed,), None, "stop", os.getpid(), 1)

    def close(self) -> None: ...


@pytest.fixture
def two():
    replicas = Replicas(Echo, 2, "echo")
    yield replicas
    replicas.close()


def ask(engine: Engine, *requests: Request) -> list[object]:
    async def all_at_once() -> list[object]:
        return await asyncio.gather(*map(engine.complete, requests), return_exceptions=True)

    return asyncio.run(all_at_once())


def test_each_request_gets_its_answer_and_all_share_the_work(two) -> None:
    for _ in range(2):  # the second time from another event loop
        found = ask(two, *(Request(f"{k} é", seed=k, temperature=0.1) for k in range(300)))
        assert [(one.text, one.token_ids) for one in found] == [(f"{k} é", (k,)) for k in range(300)]
        assert [sum(one.prompt_tokens == pid for one in found) for pid in two.pids] == [150, 150]
    assert two.meter == Meter(8, busy=300, rows=1200) and two.meter.fill == 0.5


def test_what_one_request_is_refused_with_comes_back_as_it_was(two) -> None:
    refused, fault, fine = ask(two, Request("long"), Request("fault"), Request("fine"))
    assert isinstance(refused, Unfit) and (refused.problem, refused.remedy) == ("too long", "shorten it")
    assert isinstance(fault, RuntimeError) and "KeyError" in str(fault) and fine.text == "fine"


def test_one_that_dies_fails_its_own_requests_and_the_others_go_on(two) -> None:
    dies, lives = ask(two, Request("die"), Request("lives"))
    assert isinstance(dies, RuntimeError) and "ended by SIGKILL" in str(dies) and lives.text == "lives"
    found = ask(two, *(Request("x", seed=k) for k in range(20)))
    assert {one.prompt_tokens for one in found} == {lives.prompt_tokens} == set(two.pids)
    ask(two, Request("die"))
    (none,) = ask(two, Request("x"))
    assert isinstance(none, RuntimeError) and "ended by SIGKILL" in str(none)


def test_one_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="ValueError: no such model"):
        Replicas(partial(Echo, "no such model"), 2, "echo")


def test_closing_waits_for_nothing() -> None:
    replicas = Replicas(Echo, 2, "echo")
    pids = replicas.pids

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(replicas.complete(Request("slow", temperature=3600)), 0.2)

    asyncio.run(give_up())
    replicas.close()
    assert not any(map(_runs, pids))
    with pytest.raises(RuntimeError, match="the engine is closed"):
        asyncio.run(replicas.complete(Request("late")))


def test_a_model_writes_the_same_in_another_process(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, "a key for the test alone")
    model = tiny_model(tmp_path)
    requests = [
        Request(f"p {k % 3}", seed=k, max_tokens=12, logprobs=True, watermark=Watermark() if k % 2 else None)
        for k in range(8)
    ]
    found = []
    for engine in (TransformersEngine(model), Replicas(partial(TransformersEngine, model), 1, "transformers")):
        found.append(ask(engine, *requests))
        engine.close()
    assert found[0] == found[1] and len({one.token_ids for one in found[0]}) == 8


KILLED = """
import os, signal
from multisynth.serving.replicas import Replicas
from tests.serving.test_replicas import Echo
print(*Replicas(Echo, 2, "echo").pids, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_none_outlives_a_parent_that_is_killed() -> None:
    told = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False).stdout
    pids = [int(pid) for pid in told.split()]
    assert len(pids) == 2
    for _ in range(600):
        if not any(map(_runs, pids)):
            return
        time.sleep(0.1)
    raise AssertionError("they live on")


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"  # a zombie has ended


@pytest.mark.parametrize("replicas", [0, MOST_REPLICAS + 1, "3", 2.0, True, None])
def test_a_number_that_is_none_is_refused(replicas: object) -> None:
    check({"replicas": 2})
    with pytest.raises(Exception, match="`replicas` is"):
        check({"replicas": replicas})
