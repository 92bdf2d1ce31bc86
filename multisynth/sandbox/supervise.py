"""Starts a command, reads what it prints, and ends it with everything that it started."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from multisynth.sandbox.bubble import WORK
from multisynth.sandbox.guard import group
from multisynth.sandbox.limits import MIB, Limits
from multisynth.sandbox.watch import usage

Stopped = Literal["stopped", "time", "memory", "output", "processes", "disk"]
_FIRST_LOOK, _LOOKS = 0.03, 0.1
_AFTERWARDS = 5.0
"""Seconds for what was killed to be gone."""


@dataclass
class Ending:
    """How a command ended.

    Args:
        stopped: Why it was stopped; None where it ended by itself.
        code: Exit code, minus the signal where one ended it.
        stdout, stderr: What it printed.
    """

    stopped: Stopped | None = None
    code: int = 0
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)


def supervise(
    command: Sequence[str],
    limits: Limits,
    stdin: int,
    inherit: Sequence[int],
    until: int | None,
    folder: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ending:
    """Run a command to its end.

    Args:
        command: What to start.
        limits: What is watched while it runs.
        stdin: Its standard input.
        inherit: Further descriptors that it gets.
        until: It is stopped when this becomes readable or its other end closes.
        folder: Where it starts, of a command that is no sandbox; a sandbox tells what it started in.
        environment: Of a command that is no sandbox.

    Raises:
        RuntimeError: The sandbox failed before it came to the program.
    """
    told, tell = os.pipe()
    boxed = folder is None
    if boxed:
        command = [command[0], "--json-status-fd", str(tell), *command[1:]]
    try:
        process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(*inherit, tell),
            cwd=folder, env=environment, start_new_session=not boxed, process_group=group() if boxed else None,
        )  # fmt: skip
    except BaseException:
        os.close(told)
        raise
    finally:
        os.close(tell)
    run = _Run(process, told, limits, boxed)
    try:
        return run.follow(until)
    finally:
        run.end()


class _Run:
    def __init__(self, process: subprocess.Popen[bytes], told: int, limits: Limits, boxed: bool) -> None:
        self.process, self.told, self.limits, self.boxed = process, told, limits, boxed
        self.ending = Ending()
        self.status = bytearray()
        self.first: int | None = None  # process 1 of the sandbox
        self.first_handle: int | None = None
        self.handle = os.pidfd_open(process.pid)
        self.selector = selectors.DefaultSelector()

    def follow(self, until: int | None) -> Ending:
        assert self.process.stdout is not None and self.process.stderr is not None
        streams = {
            self.process.stdout.fileno(): self.ending.stdout,
            self.process.stderr.fileno(): self.ending.stderr,
            self.told: self.status,
        }
        for descriptor in (*streams, self.handle, *(() if until is None else (until,))):
            self.selector.register(descriptor, selectors.EVENT_READ)
        begun = time.monotonic()
        look, pause, running = begun + _FIRST_LOOK, _FIRST_LOOK, True
        last = begun + self.limits.wall
        while streams or running:
            now = time.monotonic()
            if now >= last:
                if not running:
                    break  # somebody else holds the other end of what it printed into
                self._stop("time")
                last = now + _AFTERWARDS
            elif now >= look and running and self.ending.stopped is None:
                self._look()
                pause = min(pause * 1.5, _LOOKS)
                look = now + pause
            for key, _ in self.selector.select(max(0.0, min(last, look if running else last) - now)):
                if key.fd in streams:
                    if not self._read(key.fd, streams[key.fd]):
                        del streams[key.fd]
                        self.selector.unregister(key.fd)
                elif key.fd == self.handle:
                    running = False
                    self.selector.unregister(self.handle)
                    self._stop(None)  # daemons that it left
                    last = min(last, time.monotonic() + _AFTERWARDS)
                elif key.fd == until:
                    self.selector.unregister(until)
                    self._stop("stopped")
        self._settle()
        return self.ending

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        self._stop(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_AFTERWARDS)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        self.selector.close()
        if self.first_handle is not None:
            self._gone(self.first_handle)
            os.close(self.first_handle)
        os.close(self.handle)
        os.close(self.told)

    def _read(self, descriptor: int, into: bytearray) -> bool:
        """Take what has come; False at the end."""
        data = os.read(descriptor, 1 << 16)
        if descriptor == self.told:
            into += data
            self._listen()
            return bool(data)
        room = self.limits.output - len(into)
        into += data[:room]
        if len(data) > room:
            self._stop("output")
        return bool(data)

    def _listen(self) -> None:
        """Bubblewrap tells the number of its process 1 before the program starts."""
        if self.first is None and b"\n" in self.status:
            told = json.loads(self.status.splitlines()[0])
            if "child-pid" in told:
                self.first = int(told["child-pid"])
                with contextlib.suppress(ProcessLookupError):
                    self.first_handle = os.pidfd_open(self.first)

    def _look(self) -> None:
        root = self.first if self.boxed else self.process.pid
        if root is None:
            return
        used = usage(root, self.limits.memory * MIB, WORK, self.limits.disk * MIB)
        if used.memory > self.limits.memory * MIB:
            self._stop("memory")
        elif self.boxed and used.tasks > 1 and used.tasks >= self.limits.processes:
            self._stop("processes")
        elif self.boxed and used.files > self.limits.files:
            self._stop("disk")

    def _stop(self, why: Stopped | None) -> None:
        if why is not None and self.ending.stopped is None:
            self.ending.stopped = why
        if self.boxed and self.first_handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.first_handle, signal.SIGKILL)
        if self.boxed:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def _settle(self) -> None:
        code = self.process.wait()
        if not self.boxed or self.ending.stopped is not None:
            self.ending.code = code
            return
        lines = [json.loads(line) for line in self.status.splitlines()]
        ended = next((line["exit-code"] for line in lines if "exit-code" in line), None)
        if ended is None:
            said = self.ending.stderr.decode("utf-8", errors="replace").strip()[-300:]
            raise RuntimeError(f"the sandbox failed: {said or f'exit code {code}'}")
        # As a shell does, bubblewrap adds 128 to the number of a signal.
        self.ending.code = 128 - ended if ended > 128 else ended

    def _gone(self, handle: int) -> None:
        """Wait until the last process of the sandbox is gone; its process 1 goes last."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(handle, selectors.EVENT_READ)
            waiting.select(_AFTERWARDS)
