"""A Ray cluster, or Ray on this machine.

Plain actors rather than Ray Data: results must come back in the order of the inputs so that they can be committed in
it, and the size of the next task follows from the time that the last one took; Ray Data plans its blocks beforehand.
Actors restart when a node goes, and their tasks are tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from multisynth.errors import BadInput
from multisynth.executors import fitting
from multisynth.stage import Needs
from multisynth.work import Done, Job, Task, perform


class RayExecutor:
    """Runs each stage on a pool of actors.

    Args:
        workers: Cores to use; on a cluster, all of it by default.
        address: Of a cluster (``auto``, ``ray://…``); by default Ray is started on this machine.
    """

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        try:
            import ray
        except ImportError:
            raise BadInput("Ray is not installed", "pip install 'multisynth[ray]'") from None
        if not ray.is_initialized():
            local: dict[str, Any] = {} if address else {"num_cpus": workers, "include_dashboard": False}
            ray.init(
                address=address, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False, **local
            )
        self._actors: list[Any] = []
        self._shape: tuple[float, float] | None = None
        self.workers = workers or int(ray.cluster_resources().get("CPU", 1))

    def map(self, job: Job, needs: Needs, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the tasks; see `Executor`."""
        import ray
        from ray import cloudpickle
        from ray.util import ActorPool

        count = fitting(self.workers, needs)
        pool = ActorPool(self._actors_for(count, needs))
        packed = ray.put(cloudpickle.dumps(job))
        waiting = 0
        while True:
            while waiting < 2 * count and (task := next(tasks, None)) is not None:
                pool.submit(lambda actor, task: actor.run.remote(packed, task), task)
                waiting += 1
            if not waiting:
                return
            yield pool.get_next()
            waiting -= 1

    def _actors_for(self, count: int, needs: Needs) -> list[Any]:
        """Actors of the right size: those of the last stage where they fit, since a fresh one takes seconds."""
        import ray

        shape = (min(needs.cpus, self.workers), needs.gpus)
        if shape != self._shape:
            self._dismiss()
            self._shape = shape
        while len(self._actors) < count:
            options = {"num_cpus": shape[0], "num_gpus": shape[1], "max_restarts": 3, "max_task_retries": 3}
            self._actors.append(ray.remote(_Host).options(**options).remote())
        return self._actors[:count]

    def _dismiss(self) -> None:
        import ray

        for actor in self._actors:
            ray.kill(actor)
        self._actors = []

    def close(self) -> None:
        """Leave Ray."""
        import ray

        self._dismiss()
        ray.shutdown()


class _Host:
    """An actor: a process that performs tasks."""

    def run(self, packed: bytes, task: Task) -> Done:
        return perform(packed, task)
