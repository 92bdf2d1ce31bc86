"""Compressing frames while the next ones are rendered."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

from .buffers import Renderer

T = TypeVar("T")

MOST = 3
"""Threads: more of them wait for each other."""


class Ahead:
    """Does work in threads and hands on the results in the order in which it came.

    Args:
        threads: With one, each piece is done when its result is asked for.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def run(self, work: Iterable[Callable[[], T]]) -> Iterator[T]:
        """The results of some work; a few pieces for each thread are in memory at once."""
        if self._pool is None:
            yield from (piece() for piece in work)
            return
        pending: deque[Future[T]] = deque()
        for piece in work:
            pending.append(self._pool.submit(piece))
            if len(pending) >= 4 * self._threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def threads_beside(renderer: Renderer) -> int:
    """How many threads compress what a renderer sees: without CUDA its worker's one core renders and compresses."""
    device = getattr(renderer, "device", None)  # a torch.device, where torch renders
    return min(len(os.sched_getaffinity(0)), MOST) if device is not None and device.type == "cuda" else 1
