"""Results in the order of their tasks, and the input found that ends a worker's process.

When a process ends (out of memory, a native crash, a kill), nobody knows which of the tasks under way did it. What is
finished is kept; the suspects are done one at a time, and one in which a process ends again is halved down to the
single input, which goes on the ledger as failed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from multisynth.work import Done, Job, StageBroken, Task, lost

_WAITING = 2  # tasks a worker that are under way, so that none idles while the driver commits
_AHEAD = 8  # tasks a worker that are under way or finished, so that none idles behind one slow task


class Crew(Protocol):
    """The workers of one stage."""

    @property
    def deaths(self) -> tuple[type[BaseException], ...]:
        """What a future, or `submit`, raises where a worker's process ended."""
        ...

    def submit(self, task: Task) -> Future[Done]:
        """Have a task done."""
        ...

    def renew(self) -> None:
        """Replace the workers that died."""
        ...


def in_order(crew: Crew, job: Job, tasks: Iterator[Task], count: int) -> Iterator[Done]:
    """Have the tasks done by `count` workers; the results in the order of the tasks.

    Raises:
        StageBroken: Workers die before they begin.
    """
    pending: deque[tuple[Task, Future[Done]]] = deque()
    try:
        while True:
            unfinished = [future for _, future in pending if not future.done()]
            while len(unfinished) < _WAITING * count and len(pending) < _AHEAD * count:
                if (task := next(tasks, None)) is None:
                    break
                unfinished.append(_submit(crew, task))
                pending.append((task, unfinished[-1]))
            if not pending:
                return
            if not pending[0][1].done():
                wait(unfinished, return_when=FIRST_COMPLETED)
            elif (done := _result(crew, pending[0][1])) is not None:
                pending.popleft()
                yield done
            else:
                results = [(task, _result(crew, future)) for task, future in pending]  # waits for those that still live
                pending.clear()
                crew.renew()
                for task, result in results:
                    yield from _alone(crew, job, task) if result is None else [result]
    finally:
        for _, future in pending:
            future.cancel()


def _submit(crew: Crew, task: Task) -> Future[Done]:
    """The task's future; workers that died while nobody looked make it a suspect like any other."""
    try:
        return crew.submit(task)
    except crew.deaths as error:
        broken: Future[Done] = Future()
        broken.set_exception(error)
        return broken


def _result(crew: Crew, future: Future[Done]) -> Done | None:
    """The result; None where the worker died."""
    try:
        return future.result()
    except crew.deaths:
        return None


def _alone(crew: Crew, job: Job, task: Task) -> Iterator[Done]:
    """A suspect, with nothing beside it."""
    done = _result(crew, _submit(crew, task))
    if done is not None:
        yield done
        return
    crew.renew()
    if _result(crew, _submit(crew, Task(task.table, task.start, task.start))) is None:
        crew.renew()
        raise StageBroken(job.birth.stage, _NEVER_BEGAN)
    if len(task) == 1:
        yield lost(job, task)
        return
    middle = task.start + len(task) // 2
    yield from _alone(crew, job, Task(task.table, task.start, middle))
    yield from _alone(crew, job, Task(task.table, middle, task.stop))


_NEVER_BEGAN = (
    "WorkerDied: the worker's process ended while it opened the stage: out of memory, a native crash, "
    'or a script that starts a run without `if __name__ == "__main__":`\n'
)
