"""Ends the sandboxes of this process once it is gone, even where it is killed while one of them is being made.

Bubblewrap asks the kernel to die with its parent, and so does its process 1, but a parent that is killed some
milliseconds too early leaves behind whichever had not asked yet. So sandboxes are born into the process group of a
guard: a shell that waits for the end of a pipe of which this process alone holds the other end, and then kills the
group. The kernel closes the pipe whatever this process dies of; a child joins the group before it becomes bubblewrap;
and process 1, with which all that is in a sandbox ends, never leaves it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading

_WATCH = "read line; sleep 1; kill -s KILL 0"
"""A child that is just being born when this process is killed has a second to join the group."""


class _Guard:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._watched = (0, 0)

    def group(self) -> int:
        with self._lock:
            process = os.getpid(), os.getsid(0)  # a fork needs a guard of its own, and a group lies in one session
            if self._shell is None or self._watched != process or self._shell.poll() is not None:
                self._shell, self._watched = self._start(), process
            return self._shell.pid

    def end(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._shell is not None and self._watched[0] == os.getpid():
                os.killpg(self._shell.pid, signal.SIGKILL)
                self._shell.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", _WATCH], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd="/", env={"PATH": "/usr/bin:/bin"}, process_group=0,
        )  # fmt: skip


_guard = _Guard()
atexit.register(_guard.end)


def group() -> int:
    """The process group in which sandboxes have to be born; its guard starts with the first."""
    return _guard.group()
