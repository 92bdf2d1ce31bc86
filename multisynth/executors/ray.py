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
from multisynth.work import Done, Job, Task, Worker


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
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False, **local)
        self.workers = workers or int(ray.cluster_resources().get("CPU", 1))

    def map(self, job: Job, needs: Needs, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the tasks; see `Executor`."""
        import ray
        from ray.util import ActorPool

        count = fitting(self.workers, needs)
        options = {"num_cpus": min(needs.cpus, self.workers), "num_gpus": needs.gpus, "max_restarts": 3, "max_task_retries": 3}
        shared = ray.put(job)
        actors = [ray.remote(Worker).options(**options).remote(shared) for _ in range(count)]
        pool = ActorPool(actors)
        waiting = 0
        try:
            while True:
                while waiting < 2 * count and (task := next(tasks, None)) is not None:
                    pool.submit(lambda actor, task: actor.run.remote(task), task)
                    waiting += 1
                if not waiting:
                    return
                yield pool.get_next()
                waiting -= 1
        finally:
            for actor in actors:
                ray.kill(actor)

    def close(self) -> None:
        """Leave Ray."""
        import ray

        ray.shutdown()
