"""A thread that runs a model, the box in which coroutines leave their requests for it, and the way back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from multisynth.serving.protocol import Request

GATHERING = 0.005
"""Seconds without a new request after which a batch is taken to be complete; affects speed only."""

Answer = TypeVar("Answer")


class Reply(NamedTuple):
    """Where an answer goes."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]

    @classmethod
    def here(cls) -> Reply:
        """To the coroutine that asks."""
        loop = asyncio.get_running_loop()
        return cls(loop, loop.create_future())


class Outbox:
    """Answers on their way to the coroutines that wait for them: a loop is woken once for all of its own."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = defaultdict(list)

    def put(self, reply: Reply, answer: Any) -> None:
        """Leave an answer, or the exception that is there instead."""
        self._waiting[reply.loop].append((reply.future, answer))

    def send(self) -> None:
        """Hand over what was left."""
        for loop, answers in self._waiting.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(_deliver, answers)
        self._waiting.clear()


def _deliver(answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in answers:
        if future.done():  # cancelled
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)


class Pending(NamedTuple):
    """A request, its prompt in tokens, and where the answer goes."""

    request: Request
    prompt: tuple[int, ...]
    reply: Reply


@dataclass
class Meter:
    """How full an engine is while it has work.

    Args:
        most: Rows that could run together.
        busy: Seconds with at least one row.
        rows: Row-seconds.
    """

    most: int
    busy: float = 0.0
    rows: float = 0.0

    def ran(self, rows: int, seconds: float) -> None:
        """So many rows ran for so long."""
        self.busy += seconds
        self.rows += rows * seconds

    @property
    def fill(self) -> float:
        """Mean share of the rows that could run; 0 before there was work."""
        return self.rows / (self.busy * self.most) if self.busy else 0.0


class Inbox:
    """Requests that no batch has taken yet."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self.closed = False

    def put(self, item: Pending | None) -> None:
        """Leave a request; `None` says that none will follow."""
        self._queue.put(item)

    def take(self, wait: bool) -> list[Pending]:
        """All requests that are there.

        Args:
            wait: Wait for the first one, and then until no more are coming in.
        """
        taken: list[Pending] = []
        while not self.closed:
            try:
                item = self._queue.get(timeout=GATHERING if taken else None) if wait else self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                self.closed = True
            elif not item.reply.future.cancelled():
                taken.append(item)
        return taken


class ModelThread(Generic[Answer]):
    """Keeps one model in one thread, because engines are not safe to share between threads.

    Args:
        serve: Loads the model, calls `ready`, and answers what it takes from the inbox until that is closed.
        name: For debuggers.
    """

    def __init__(self, serve: Callable[[Inbox, Callable[[], None]], None], name: str) -> None:
        # Threads that spin at OpenMP's barriers take the cores from whoever is to come: with other work on the machine
        # a step took ten times as long. It counts only if nothing has loaded torch before.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        self._inbox = Inbox()
        self._ready: Future[None] = Future()
        self._failed = False
        self._serve = serve
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._ready.result()

    def _run(self) -> None:
        try:
            self._serve(self._inbox, lambda: self._ready.set_result(None))
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            self._failed = True  # before the box is emptied, so that no request can slip in unseen
            outbox = Outbox()
            for item in self._inbox.take(wait=False):
                outbox.put(item.reply, error)
            outbox.send()

    def _refuse_if_closed(self) -> None:
        if self._failed or self._inbox.closed or not self._thread.is_alive():
            raise RuntimeError("the engine is closed")

    @property
    def alive(self) -> bool:
        """Whether it takes requests; not after a failure of the engine."""
        return not self._failed and self._thread.is_alive()

    async def ask(self, request: Request, prompt: list[int]) -> Answer:
        """Leave a request and wait for its answer."""
        self._refuse_if_closed()
        reply = Reply.here()
        self._inbox.put(Pending(request, tuple(prompt), reply))
        self._refuse_if_closed()
        answer: Answer = await reply.future
        return answer

    def close(self) -> None:
        """Finish what was asked and end the thread."""
        self._inbox.put(None)
        self._thread.join()
