"""Engines of one model in processes of their own, on one machine, as one engine.

What an engine does in Python for each token it does on one core, and a fast GPU waits for it. Several processes share
the work, and none of it is done by the process that asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import SimpleQueue

from multisynth.serving.inbox import Meter, Outbox, Reply
from multisynth.serving.profiled import PROFILE
from multisynth.serving.protocol import Completion, Engine, Request
from multisynth.serving.replica import Answers, Asked

START = "import sys; from multisynth.serving.replica import main; sys.exit(main(int(sys.argv[1])))"
PATIENCE = 20
"""Seconds in which a process has to end by itself."""


class Replicas:
    """Gives each request to the process that has the fewest; tokens depend on a request's seed alone, and not on which.

    The first starts alone, because what it compiles the others find in vLLM's cache; they start together.

    Args:
        make: Makes an engine; pickled, and called in each process.
        count: How many.
        name: Of the engine.
        environment: Variables that the processes have beside this one's.

    Raises:
        RuntimeError: One does not start.
    """

    def __init__(
        self, make: Callable[[], Engine], count: int, name: str, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self._replicas: list[_Process] = []
        try:
            for size in (1, count - 1):
                started = [_Process(make, environment or {}) for _ in range(size)]
                self._replicas += started
                for one in started:
                    one.ready.result()
        except BaseException:
            self.close()
            raise

    @property
    def meter(self) -> Meter:
        """Of all together."""
        meters = [one.meter for one in self._replicas]
        return Meter(sum(one.most for one in meters), max(one.busy for one in meters), sum(one.rows for one in meters))

    @property
    def pids(self) -> Sequence[int]:
        """Of the processes that are alive."""
        return [one.pid for one in self._replicas if one.alive]

    async def complete(self, request: Request) -> Completion:
        """Answer one request, in a batch with whatever else is waiting there."""
        alive = [one for one in self._replicas if one.alive]
        if not alive:
            raise RuntimeError(next((one.reason for one in self._replicas if one.reason), "the engine is closed"))
        return await min(alive, key=lambda one: one.outstanding).ask(request)

    def close(self) -> None:
        """Let go of the model; what is not answered yet is not answered any more."""
        for one in self._replicas:
            one.stop()
        for one in self._replicas:
            one.join()


class _Process:
    """One process, with a thread that starts it and listens to it, and one that talks to it."""

    def __init__(self, make: Callable[[], Engine], environment: dict[str, str]) -> None:
        self.ready: Future[None] = Future()
        self.meter = Meter(0)
        self.alive, self.reason = True, ""
        self._numbers = itertools.count()
        self._waiting: dict[int, Reply] = {}
        self._lock = threading.Lock()
        self._leaving: dict[asyncio.AbstractEventLoop, Asked] = {}
        self._said: SimpleQueue[Asked | None] = SimpleQueue()
        self._pipe, theirs = Pipe()
        self._process = self._start(theirs, environment)
        self._pipe.send(make)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._talk)]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _start(theirs: Connection, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", START, str(theirs.fileno())]
        with theirs:
            # Its standard output is our standard error: what libraries print is no result.
            return subprocess.Popen(
                command, env={**os.environ, **environment}, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=2,
            )  # fmt: skip

    @property
    def outstanding(self) -> int:
        """Requests that it has not answered."""
        return len(self._waiting)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def ask(self, request: Request) -> Completion:
        """Hand a request over, with all others of this turn of the event loop."""
        reply, number = Reply.here(), next(self._numbers)
        with self._lock:
            if not self.alive:
                raise RuntimeError(self.reason or "the engine is closed")
            self._waiting[number] = reply
            leaving = self._leaving.setdefault(reply.loop, [])
        if not leaving:
            reply.loop.call_soon(self._hand_over, reply.loop)
        leaving.append((number, request))
        completion: Completion = await reply.future
        return completion

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._said.put(self._leaving.pop(loop))

    def _talk(self) -> None:
        with contextlib.suppress(OSError):  # it is gone: who listens to it tells
            while True:
                asked = self._said.get()
                self._pipe.send(asked)
                if asked is None:
                    return

    def _listen(self) -> None:
        outbox = Outbox()
        try:
            refused: str | None = self._pipe.recv()
            if refused is not None:
                raise RuntimeError(refused)
            self.ready.set_result(None)
            while True:
                told: Answers = self._pipe.recv()
                self.meter = Meter(told.most, told.busy, told.rows)
                with self._lock:
                    replies = [self._waiting.pop(number) for number, _ in told.answers]
                for reply, (_, answer) in zip(replies, told.answers, strict=True):
                    outbox.put(reply, answer)
                outbox.send()
        except Exception as error:
            self._ended(error, outbox)

    def _ended(self, error: Exception, outbox: Outbox) -> None:
        gone = isinstance(error, EOFError | OSError)
        with self._lock:
            closed, self.alive = not self.alive, False
            self.reason = "the engine is closed" if closed else _how(self._process) if gone else str(error)
            left, self._waiting = list(self._waiting.values()), {}
        self._said.put(None)
        reason = RuntimeError(self.reason)
        if not self.ready.done():
            self.ready.set_exception(reason)
        for reply in left:
            outbox.put(reply, reason)
        outbox.send()

    def stop(self) -> None:
        """Tell it to end."""
        with self._lock:
            was, self.alive = self.alive, False
        if self.outstanding or not self.ready.done() or not os.environ.get(PROFILE):
            self._process.kill()  # it has nothing to keep, and vLLM takes many seconds to end by itself
        elif was:
            self._said.put(None)

    def join(self) -> None:
        """Wait until it has ended."""
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(PATIENCE)
        self._pipe.close()


def _how(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        return "a process of the engine closed its pipe"
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    more = "; the kernel does so where memory runs out" if code == -signal.SIGKILL else ""
    return f"a process of the engine ended {how}{more}"
