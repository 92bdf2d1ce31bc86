"""Whether two answers mean the same, decided where text that a model wrote can do no harm.

Plain numbers are compared here. Everything else (LaTeX, expressions, sets) goes to math-verify in a process of its own
with a limit on time and memory, because symbolic algebra can be made to run for ever.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from multiprocessing.connection import Connection

from .equations import number

SECONDS = 5.0
"""Time for one comparison."""
STARTING = 120.0
"""Time for the process to import its libraries."""
MEMORY = 4 << 30
"""Bytes of address space that the process may take."""
LONGEST = 300
"""Characters of an answer that is looked at."""


class Symbolic:
    """Compares answers, one after another; starts its process when it is first needed."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._lock = threading.Lock()

    def same(self, gold: str, got: str) -> tuple[bool, str]:
        """Whether two answers are equal, and which verifier says so: `exact` or `math-verify`.

        Raises:
            TimeoutError: It could not be decided in time.
        """
        first, second = number(gold), number(got)
        if first is not None and second is not None:
            return first == second, "exact"
        if max(len(gold), len(got)) > LONGEST:
            return False, "exact"
        with self._lock:
            return self._ask(gold, got), "math-verify"

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def _ask(self, gold: str, got: str) -> bool:
        if self._process is None or self._pipe is None:
            # Spawned, not forked: a fork copies the threads' locks of the engines.
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
            if not self._pipe.poll(STARTING):
                self.close()
                raise TimeoutError("math-verify does not start")
        try:
            if self._pipe.poll(0):
                self._pipe.recv()  # that it has started
            self._pipe.send((gold, got))
            if self._pipe.poll(SECONDS):
                return bool(self._pipe.recv())
        except (EOFError, OSError):
            pass  # it ran out of memory
        self.close()
        raise TimeoutError(f"undecided: {SECONDS:g} s")


def _serve(pipe: Connection) -> None:
    """Answer with whether the pair that was sent is equal, until the other end closes."""
    from math_verify import LatexExtractionConfig, parse, verify

    _limit_memory()
    logging.disable(logging.CRITICAL)
    pipe.send(None)
    while True:
        try:
            pair = pipe.recv()
        except EOFError:
            return
        # Only LaTeX is read: the plain-expression reader of math-verify hands text to sympy's parser, which runs it.
        parsed = [
            parse(f"${text.strip().strip('$')}$", [LatexExtractionConfig()], parsing_timeout=None, raise_on_error=False)
            for text in pair
        ]
        same = bool(parsed[0]) and bool(parsed[1]) and verify(parsed[0], parsed[1], timeout_seconds=None)
        pipe.send(bool(same))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
