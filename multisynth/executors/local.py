"""Tasks done in this process, or in a pool of processes on this machine."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from multisynth.executors import fitting, here
from multisynth.executors.ordered import in_order
from multisynth.stage import Needs, Series
from multisynth.work import Done, Job, Task, in_turn, perform

T = TypeVar("T")
R = TypeVar("R")
_THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS", "OPENCV_FOR_THREADS_NUM",
)  # fmt: skip


class LocalExecutor:
    """Runs a stage in this process where one worker is all that fits, else in a pool of processes.

    Args:
        workers: Cores to use.
    """

    spread = False

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._shape = (0, 0)

    def map(self, job: Job, needs: Needs, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the tasks; see `Executor`."""
        count = fitting(self.workers, needs)
        if isinstance(job.stage, Series):
            return here(job, tasks, self.scatter)
        if count == 1:
            return here(job, tasks)
        return in_order(_Processes(self, job, count, max(1, int(needs.cpus))), job, tasks, count)

    def scatter(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Do independent things, in the pool where there is one; see `Scatter`."""
        if self.workers == 1:
            return in_turn(function, items)
        try:
            return self._spread(function, items)
        except BrokenProcessPool:  # a process died of another's doing, or of one of these: the second time it is theirs
            self.close()
            return self._spread(function, items)

    def _spread(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        with _native_threads(1):
            return list(self.pool(self.workers, 1).map(function, items))

    def pool(self, count: int, threads: int) -> ProcessPoolExecutor:
        """A pool of that shape: the last stage's where it fits, since a fresh process takes seconds."""
        if self._pool is None or self._shape != (count, threads):
            self.close()
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                count, mp_context=spawn, initializer=_die_with_parent, initargs=(os.getpid(),)
            )
            self._shape = (count, threads)
        return self._pool

    def close(self) -> None:
        """End the pool."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


class _Processes:
    """The processes of a pool as a stage's crew; as many tasks run at once as the pool has processes."""

    deaths = (BrokenProcessPool,)

    def __init__(self, executor: LocalExecutor, job: Job, count: int, threads: int) -> None:
        self._executor, self._count, self._threads = executor, count, threads
        self._packed, self._stage = pickle.dumps(job), job.birth.stage

    def submit(self, task: Task) -> Future[Done]:
        """Have a task done."""
        with _native_threads(self._threads):  # a pool starts its processes in `submit`
            pool = self._executor.pool(self._count, self._threads)
            return pool.submit(perform, self._packed, self._stage, task)

    def renew(self) -> None:
        """Give the broken pool up; the next task starts another."""
        self._executor.close()


@contextmanager
def _native_threads(count: int) -> Iterator[None]:
    """Have processes that start meanwhile use so many threads, or as many as the user's environment says.

    The libraries read these variables when they are loaded, which is before any code of ours runs in the process.
    """
    mine = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(mine, str(count)))
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


def _die_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent is killed (prctl(2), PR_SET_PDEATHSIG); Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:  # it was killed before we asked
            os._exit(1)
