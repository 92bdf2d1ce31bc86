"""Questions put to a Python module in a process of its own, with a limit on processor time and memory.

Algebra and scorers that read what a model wrote can be made to run for ever or to take all memory. Time is what the
process itself has used, so that a busy machine decides as an idle one does. Both sides speak JSON, a line each, so that
neither can make the other run anything; hash seeds are fixed, so that a library which walks over sets makes the same of
the same question in every process.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

STARTING = 600.0
"""Seconds for the process to import its libraries."""
PATIENCE = 30 if hasattr(signal, "setitimer") else 1
"""How many times the processor time that it is allowed a question may take; Windows has no such clock to end it by."""
MEMORY = 4 << 30
"""Bytes of address space that the process may take."""
_LONGEST = 1 << 24
_ENVIRONMENT = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "OMP_NUM_THREADS",
)  # fmt: skip
"""Variables that it sees: what libraries start with, and no keys."""


class Apart:
    """Asks one question after another, whichever thread they come from; starts its process when first needed.

    Args:
        module: Name of the module, which calls `serve` when it is run.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._lock = threading.Lock()

    def ask(self, question: dict[str, Any], seconds: float) -> Any:
        """What the module answers.

        Args:
            question: What the module's function takes.
            seconds: Of processor time.

        Raises:
            TimeoutError: It takes more time or memory, fails or crashes, and which of these; the next question starts
                it again.
            ImportError: It cannot start, because a library is missing.
        """
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps({"seconds": seconds, **question}).encode() + b"\n")
                process.stdin.flush()
            except OSError:
                raise TimeoutError(self._ended(seconds)) from None
            line = self._line(PATIENCE * seconds)
            if not line:
                raise TimeoutError(self._ended(seconds))
            said = json.loads(line)
            if "failed" in said:
                self._end()
                raise TimeoutError(said["failed"])
            return said["answer"]

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()  # something ended it between two questions
        if self._process is None:
            self._lines = queue.Queue()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self._module],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}, "PYTHONHASHSEED": "0"},
            )  # fmt: skip
            threading.Thread(target=_read, args=(self._process, self._lines), daemon=True).start()
            first = json.loads(self._line(STARTING) or '{"error": "it does not start"}')
            if "error" in first:
                self._end()
                raise ImportError(first["error"])
        return self._process

    def _line(self, seconds: float) -> bytes:
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return b""

    def _ended(self, seconds: float) -> str:
        """End the process, and say why it gave no answer."""
        assert self._process is not None
        try:
            code: int | None = self._process.wait(1)
        except subprocess.TimeoutExpired:
            code = None
        self._end()
        if code is None:
            return f"{PATIENCE * seconds:g} s were not enough"
        if code == -getattr(signal, "SIGPROF", 0):
            return f"{seconds:g} s of processor time were not enough"
        return f"its process crashed: {signal.Signals(-code).name if code < 0 else f'exit status {code}'}"

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    _close(pipe)
        self._process = None


def serve(load: Callable[[], Callable[[dict[str, Any]], Any]]) -> None:
    """Answer questions on the standard input until it ends: what a module does that `Apart` runs.

    Args:
        load: Imports what is needed and returns the function that answers a question.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    try:
        answer = load()
    except ImportError as error:
        out.write(json.dumps({"error": str(error)}).encode() + b"\n")
        out.flush()
        return
    _limit_memory()
    out.write(b"{}\n")
    out.flush()
    for line in sys.stdin.buffer:
        question = json.loads(line)
        _limit_time(question.pop("seconds"))  # it ends the process
        try:
            said = {"answer": answer(question)}
        except MemoryError:
            said = {"failed": f"{MEMORY >> 30} GiB were not enough"}
        except Exception as error:
            said = {"failed": f"it failed: {type(error).__name__}"}
        _limit_time(0)
        out.write(json.dumps(said).encode() + b"\n")
        out.flush()


def _read(process: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    assert process.stdout is not None
    try:
        while line := process.stdout.readline(_LONGEST):
            lines.put(line)
    except (OSError, ValueError):
        pass
    lines.put(b"")


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return


def _limit_time(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
