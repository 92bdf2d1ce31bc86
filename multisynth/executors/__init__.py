"""Where a stage's tasks are done: in this process, in a pool of processes, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from multisynth.stage import Needs, Scatter
from multisynth.work import Done, Job, Task, Worker, in_turn


class Executor(Protocol):
    """Does tasks, many at once, and hands the results back in the order of the tasks.

    `workers` is the number of cores that it uses; `spread` says that they may be other machines'.
    """

    workers: int
    spread: bool

    def map(self, job: Job, needs: Needs, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the tasks of a stage. Tasks are drawn from the iterator only as workers become free.

        A task in which a worker's process ended may come back in several parts, each `Done` by itself; an input in
        whose hands it ended again, alone, comes back `failed`.

        Raises:
            BadInput: The stage says that something it was given cannot be used.
            StageBroken: It cannot work at all.
        """
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


def here(job: Job, tasks: Iterator[Task], scatter: Scatter = in_turn) -> Iterator[Done]:
    """Do the tasks in this process; see `Executor`."""
    worker = Worker(job, scatter)
    try:
        for task in tasks:
            yield worker.run(task)
    finally:
        worker.close()


def fitting(workers: int, needs: Needs) -> int:
    """How many workers of a stage fit on so many cores, at least one."""
    return max(1, min(int(workers // needs.cpus), needs.concurrency or workers))
