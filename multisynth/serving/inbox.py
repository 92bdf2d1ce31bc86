"""A thread that runs a model, and the box in which coroutines leave their requests for it."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from multisynth.serving.protocol import Completion, Request

GATHERING = 0.005
"""Seconds without a new request after which a batch is taken to be complete; affects speed only."""


class Pending(NamedTuple):
    """A request and where its completion goes."""

    request: Request
    answer: Future[Completion]


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
            elif item.answer.set_running_or_notify_cancel():
                taken.append(item)
        return taken


class ModelThread:
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
            for item in self._inbox.take(wait=False):
                item.answer.set_exception(error)
            self._inbox.closed = True

    async def complete(self, request: Request) -> Completion:
        """Leave a request and wait for its completion."""
        if self._inbox.closed or not self._thread.is_alive():
            raise RuntimeError("the engine is closed")
        answer: Future[Completion] = Future()
        self._inbox.put(Pending(request, answer))
        return await asyncio.wrap_future(answer)

    def close(self) -> None:
        """Finish what was asked and end the thread."""
        self._inbox.put(None)
        self._thread.join()
