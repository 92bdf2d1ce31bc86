"""A Ray cluster, or Ray on this machine.

Plain actors rather than Ray Data: results must come back in the order of the inputs so that they can be committed in
it, and the size of the next task follows from the time that the last one took; Ray Data plans its blocks beforehand.
An actor that dies, with its node or by itself, is replaced, and what it had to do is done again (`ordered`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from multisynth.errors import BadInput
from multisynth.executors import fitting, here
from multisynth.executors.ordered import in_order
from multisynth.stage import Needs, Series
from multisynth.work import Done, Job, Task, perform

T = TypeVar("T")
R = TypeVar("R")


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
        self._mine = not ray.is_initialized()
        if self._mine:
            local: dict[str, Any] = {} if address else {"num_cpus": workers, "include_dashboard": False}
            ray.init(
                address=address, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False, **local
            )
        self._actors: list[Any] = []
        self._shape: tuple[float, float] | None = None
        self.spread = address is not None or not self._mine
        self.workers = workers or int(ray.cluster_resources().get("CPU", 1))

    def map(self, job: Job, needs: Needs, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the tasks; see `Executor`."""
        from ray.exceptions import RayTaskError

        if isinstance(job.stage, Series):
            yield from here(job, tasks, self.scatter)
            return
        self._suffice(job.birth.stage, needs)
        count = fitting(self.workers, needs)
        try:
            yield from in_order(_Actors(self, job, count, needs), job, tasks, count)
        except RayTaskError as error:  # which prints Ray's own frames before the stage's
            raise error.cause from None

    def _suffice(self, stage: str, needs: Needs) -> None:
        """Say so where no node has what a worker needs: Ray would wait for one for ever."""
        import ray

        most = max((node["Resources"].get("GPU", 0.0) for node in ray.nodes() if node["Alive"]), default=0.0)
        if needs.gpus > most:
            raise BadInput(
                f"a worker of stage `{stage}` needs {needs.gpus:g} GPUs, and no node has more than {most:g}",
                "lower `needs.gpus` of the stage, or add a node that has them",
            )

    def scatter(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Do independent things on the actors, each as it becomes free; see `Scatter`."""
        from ray.exceptions import RayTaskError
        from ray.util import ActorPool

        actors = self.actors(self.workers, Needs())
        try:
            return list(ActorPool(actors).map(lambda actor, item: actor.call.remote(function, item), items))
        except RayTaskError as error:
            raise error.cause from None

    def actors(self, count: int, needs: Needs) -> list[Any]:
        """Actors of the right size: those of the last stage where they fit, since a fresh one takes seconds."""
        import ray

        shape = (min(needs.cpus, self.workers), needs.gpus)
        if shape != self._shape:
            self.dismiss(self._actors)
            self._shape = shape
        while len(self._actors) < count:
            self._actors.append(ray.remote(_Host).options(num_cpus=shape[0], num_gpus=shape[1]).remote())
        return self._actors[:count]

    def dismiss(self, actors: list[Any]) -> None:
        """Let actors go, dead or alive."""
        import ray

        for actor in actors:
            ray.kill(actor)
        self._actors = [actor for actor in self._actors if actor not in actors]

    def close(self) -> None:
        """Let the actors go, and leave Ray where it was started here."""
        import ray

        self.dismiss(self._actors)
        if self._mine:
            ray.shutdown()


class _Actors:
    """Actors as a stage's crew; each does one task at a time."""

    def __init__(self, executor: RayExecutor, job: Job, count: int, needs: Needs) -> None:
        import ray
        from ray import cloudpickle
        from ray.exceptions import NodeDiedError, OutOfMemoryError, RayActorError, WorkerCrashedError

        self.deaths = (RayActorError, OutOfMemoryError, NodeDiedError, WorkerCrashedError)
        self._executor, self._count, self._needs = executor, count, needs
        self._packed, self._stage = ray.put(cloudpickle.dumps(job)), job.birth.stage
        self._given: dict[Any, list[Future[Done]]] = {}

    def submit(self, task: Task) -> Future[Done]:
        """Have a task done by the actor with the fewest to do."""
        for actor in self._executor.actors(self._count, self._needs):
            self._given[actor] = [future for future in self._given.get(actor, []) if not self._well(future)]
        actor = min(self._given, key=lambda actor: len(self._given[actor]))
        future: Future[Done] = actor.run.remote(self._packed, self._stage, task).future()
        self._given[actor].append(future)
        return future

    def renew(self) -> None:
        """Replace the actors that died."""
        dead = [actor for actor, futures in self._given.items() if any(map(self._died, futures))]
        self._executor.dismiss(dead)
        for actor in dead:
            del self._given[actor]

    def _died(self, future: Future[Done]) -> bool:
        return future.done() and isinstance(future.exception(), self.deaths)

    def _well(self, future: Future[Done]) -> bool:
        return future.done() and not self._died(future)


class _Host:
    """An actor: a process that performs tasks."""

    def run(self, packed: bytes, stage: str, task: Task) -> Done:
        return perform(packed, stage, task)

    def call(self, function: Callable[[T], R], item: T) -> R:
        return function(item)
