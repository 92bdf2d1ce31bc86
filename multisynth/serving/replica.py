"""One engine in a process of its own, started by `replicas`."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from multisynth.errors import BadInput
from multisynth.serving.protocol import Completion, Engine, Request

Asked = list[tuple[int, Request]]
"""What comes in, many at once: requests by number. `None` says that none will follow."""


class Answers(NamedTuple):
    """What goes back, many at once.

    Args:
        answers: By the numbers of their requests; the exception where there is no completion.
        most: Rows that can run together.
        busy: Seconds with at least one row, so far.
        rows: Row-seconds, so far.
    """

    answers: list[tuple[int, Completion | Exception]]
    most: int
    busy: float
    rows: float


class _Served:
    """Answers what comes through a pipe until that is closed."""

    def __init__(self, pipe: Connection, engine: Engine) -> None:
        self._pipe, self._engine = pipe, engine
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: list[tuple[int, Completion | Exception]] = []
        self._ended = asyncio.Event()

    async def run(self, incoming: Callable[[Callable[[Asked | None], object]], None]) -> None:
        """Serve; returns when no more will follow, or the engine is done for."""
        self._loop = asyncio.get_running_loop()
        incoming(lambda asked: self._loop.call_soon_threadsafe(self._took, asked))
        await self._ended.wait()

    def _took(self, asked: Asked | None) -> None:
        if asked is None:
            self._ended.set()
            return
        for number, request in asked:
            task = self._loop.create_task(self._answer(number, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, number: int, request: Request) -> None:
        try:
            answer: Completion | Exception = await self._engine.complete(request)
        except Exception as error:
            # What a library raises may not survive the pipe.
            answer = error if isinstance(error, BadInput) else RuntimeError(f"{type(error).__name__}: {error}")
        if not self._answers:  # after all that a step of the engine ended
            self._loop.call_soon(self._send)
        self._answers.append((number, answer))

    def _send(self) -> None:
        meter = getattr(self._engine, "meter", None)
        figures = (0, 0.0, 0.0) if meter is None else (meter.most, meter.busy, meter.rows)
        self._pipe.send(Answers(self._answers, *figures))
        self._answers = []
        if not getattr(self._engine, "alive", True):
            self._ended.set()


def main(descriptor: int) -> int:
    """Make the engine that the first message says how to make, and serve it; return the exit code.

    Args:
        descriptor: Of the pipe.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    pipe = Connection(descriptor)
    make: Callable[[], Engine] = pipe.recv()
    listening = threading.Event()
    deliver: list[Callable[[Any], object]] = []

    def receive() -> None:
        try:
            while True:
                asked = pipe.recv()
                listening.wait()
                deliver[0](asked)
        except (EOFError, OSError):  # the parent is gone, even while the model is loading: nobody waits
            os._exit(1)

    threading.Thread(target=receive, name="multisynth-replica", daemon=True).start()
    try:
        engine = make()
    except Exception as error:
        pipe.send(f"{error}" if isinstance(error, BadInput) else f"{type(error).__name__}: {error}")
        return 1

    def incoming(take: Callable[[Asked | None], object]) -> None:
        deliver.append(take)
        listening.set()
        pipe.send(None)  # ready

    try:
        asyncio.run(_Served(pipe, engine).run(incoming))
    finally:
        engine.close()
    return 0
