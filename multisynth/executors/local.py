"""Tasks done in this process, or in a pool of processes on this machine."""

from __future__ import annotations

import ctypes
import multiprocessing
import pickle
import signal
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from multisynth.executors import fitting
from multisynth.stage import Needs
from multisynth.work import Done, Job, Task, Worker, perform

_MOST_DEATHS = 3


class WorkerDied(RuntimeError):
    """Worker processes ended before their tasks, again and again."""


class LocalExecutor:
    """Runs a stage in this process where one worker is all that fits, else in a pool of processes.

    Args:
        workers: Cores to use.
    """

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def map(self, job: Job, needs: Needs, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the tasks; see `Executor`."""
        count = fitting(self.workers, needs)
        return self._here(job, tasks) if count == 1 else self._in_pool(job, count, tasks)

    def _here(self, job: Job, tasks: Iterator[Task]) -> Iterator[Done]:
        worker = Worker(job)
        try:
            for task in tasks:
                yield worker.run(task)
        finally:
            worker.close()

    def _in_pool(self, job: Job, count: int, tasks: Iterator[Task]) -> Iterator[Done]:
        packed = pickle.dumps(job)
        waiting: deque[tuple[Task, Future[Done]]] = deque()
        deaths = 0
        while True:
            while len(waiting) < 2 * count and (task := next(tasks, None)) is not None:
                waiting.append((task, self._submit(packed, task)))
            if not waiting:
                return
            try:
                done = waiting[0][1].result()
            except BrokenProcessPool as error:
                deaths += 1
                if deaths == _MOST_DEATHS:
                    raise WorkerDied(
                        f"workers of stage `{job.birth.stage}` died {deaths} times: out of memory, or a native crash?"
                    ) from error
                self._pool = None
                waiting = deque((task, self._submit(packed, task)) for task, _ in waiting)
                continue
            waiting.popleft()
            deaths = 0
            yield done

    def _submit(self, packed: bytes, task: Task) -> Future[Done]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=_die_with_parent
            )
        return self._pool.submit(perform, packed, task)

    def close(self) -> None:
        """End the pool."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _die_with_parent() -> None:
    """Have the kernel end this process when its parent is killed (prctl(2), PR_SET_PDEATHSIG); Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
