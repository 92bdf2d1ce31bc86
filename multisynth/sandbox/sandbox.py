"""Runs one program at a time and thread, and says what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from multisynth.sandbox import bubble
from multisynth.sandbox.bubble import WORK
from multisynth.sandbox.filter import program
from multisynth.sandbox.limits import MIB, Limits
from multisynth.sandbox.supervise import Ending, supervise

Isolation = Literal["bubblewrap", "none"]
Status = Literal["ok", "failed", "killed", "stopped", "time", "memory", "output", "processes", "disk"]
_LAST_WORDS: tuple[tuple[Status, re.Pattern[str]], ...] = (
    ("memory", re.compile(r"^MemoryError\b|std::bad_alloc|[Cc]annot allocate memory", re.MULTILINE)),
    ("disk", re.compile(r"\[Errno (?:27|28|122)\]|No space left on device|File too large")),
    ("processes", re.compile(r"\[Errno 11\] Resource temporarily|can't start new thread|fork: retry|Cannot fork")),
)


@dataclass(frozen=True)
class Result:
    """What became of a program.

    Args:
        status: `ok` where it ended with exit code 0, `failed` with another, `killed` by a signal, `stopped` when it was
            no longer wanted; else the limit that it met. A limit that the program itself was told of, such as by
            `MemoryError`, is read off the last lines of its error output.
        code: Exit code; minus the signal where one ended it.
        stdout: What it printed, at most `Limits.output` bytes.
        stderr: Likewise.
        seconds: By the clock.
    """

    status: Status
    code: int
    stdout: str
    stderr: str
    seconds: float


class Sandbox:
    """Runs programs in bubblewrap. Threads may share it.

    Args:
        limits: What each run may use.
        isolation: `none` runs them as ordinary processes in a folder that is removed: limits on each process and on
            time and output hold, but a program can read, write, send and kill whatever this user can.
        readable: Files and folders that programs may read, by the absolute place where they find them.

    Raises:
        BadInput: Bubblewrap is missing or not allowed here, or what root lets programs read is for root alone.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        isolation: Isolation = "bubblewrap",
        readable: Mapping[str, Path] | None = None,
    ) -> None:
        self.limits, self.isolation, self.readable = limits or Limits(), isolation, dict(readable or {})
        if isolation == "bubblewrap":
            bubble.require()
            for path in self.readable.values():
                bubble.require_readable(path)

    def run(
        self,
        argv: Sequence[str],
        *,
        files: Mapping[str, str | bytes] | None = None,
        stdin: str | bytes = "",
        inherit: Sequence[int] = (),
        until: int | None = None,
    ) -> Result:
        """Run a program in its own empty folder and wait until all its processes are gone.

        Args:
            argv: The program and its arguments.
            files: Laid into its folder before, by relative name.
            stdin: Its standard input.
            inherit: Open descriptors that it gets under the same numbers.
            until: A descriptor; the program is stopped when this becomes readable or its other end closes.

        Raises:
            ValueError: The name of a file leaves the folder, or the files are too many or too big for it.
            RuntimeError: The sandbox itself failed.
        """
        contents = {name: _encoded(content) for name, content in (files or {}).items()}
        self._check(contents)
        begun = time.perf_counter()
        with contextlib.ExitStack() as stack:
            standard_input = stack.enter_context(_sealed(_encoded(stdin)))
            if self.isolation == "none":
                folder = stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="multisynth-", ignore_cleanup_errors=True)
                )
                for name, content in contents.items():
                    path = Path(folder, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                command = bubble.bare(self.limits, [self._outside(part, folder) for part in argv])
                ending = supervise(
                    command, self.limits, standard_input, inherit, until, folder, bubble.bare_environment(folder)
                )
            else:
                laid = [(name, stack.enter_context(_sealed(content))) for name, content in contents.items()]
                filtered = program()
                seccomp = None if filtered is None else stack.enter_context(_sealed(filtered))
                command = bubble.command(self.limits, argv, self.readable, laid, seccomp)
                given = [*inherit, *(fd for _, fd in laid), *([] if seccomp is None else [seccomp])]
                ending = supervise(command, self.limits, standard_input, given, until)
        return _result(ending, self.limits, time.perf_counter() - begun)

    def run_python(
        self,
        source: str,
        *,
        files: Mapping[str, str | bytes] | None = None,
        stdin: str | bytes = "",
        arguments: Sequence[str] = (),
        inherit: Sequence[int] = (),
        until: int | None = None,
    ) -> Result:
        """Run Python source with the standard library alone; it lies in the program's folder as `main.py`."""
        argv = [bubble.python(), "-P", "-s", "-S", "-B", f"{WORK}/main.py", *arguments]
        return self.run(argv, files={**(files or {}), "main.py": source}, stdin=stdin, inherit=inherit, until=until)

    async def run_python_async(self, source: str, **given: object) -> Result:
        """As `run_python`, without keeping other coroutines waiting."""
        return await asyncio.to_thread(self.run_python, source, **given)  # type: ignore[arg-type]

    def _outside(self, argument: str, folder: str) -> str:
        """An argument, where there is no sandbox in which its paths would hold."""
        for place, path in {**self.readable, WORK: Path(folder)}.items():
            if argument == place or argument.startswith(f"{place}/"):
                return f"{path}{argument[len(place) :]}"
        return argument

    def _check(self, files: Mapping[str, bytes]) -> None:
        for name in files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name or len(name) > 255:
                raise ValueError(f"no name for a file in the program's folder: {name[:80]!r}")
        if len(files) > min(self.limits.files, 200):
            raise ValueError(f"too many files for a program: {len(files)}")
        if (size := sum(map(len, files.values()))) > self.limits.disk * MIB:
            raise ValueError(f"files of {size} bytes do not fit into {self.limits.disk} MiB")


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", errors="surrogateescape")


@contextlib.contextmanager
def _sealed(content: bytes) -> Iterator[int]:
    """A descriptor from which the content is read, and into which nobody can write."""
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        yield descriptor
    finally:
        os.close(descriptor)


def _result(ending: Ending, limits: Limits, seconds: float) -> Result:
    stdout, stderr = (part.decode("utf-8", errors="replace") for part in (ending.stdout, ending.stderr))
    status: Status
    if ending.stopped is not None:
        status = ending.stopped
    elif ending.code == 0:
        status = "ok"
    elif ending.code == -signal.SIGXCPU or (ending.code == -signal.SIGKILL and seconds >= limits.seconds):
        status = "time"
    elif ending.code == -signal.SIGXFSZ:
        status = "disk"
    else:
        last = "\n".join(stderr.splitlines()[-3:])
        told = next((status for status, words in _LAST_WORDS if words.search(last)), None)
        status = told or ("killed" if ending.code < 0 else "failed")
    return Result(status, ending.code, stdout, stderr, seconds)
