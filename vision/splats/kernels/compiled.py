"""Compilation, kept on disk where it can be, and the sharing of work between threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba

_CHUNKS = 64  # the same for any number of threads, so that sums over chunks are too
_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}


def compiled(function: Callable[..., Any], reorder: bool = False) -> Any:
    """A function as machine code without the interpreter's lock, compiled on its first call and kept for later runs.

    Beside the source or in the user's cache folder; where neither can be written, each process compiles anew.

    Args:
        function: In numba's part of Python.
        reorder: Whether terms of a sum may change places, so that a vector of them is added at once.
    """
    # "contract" lets a product and a sum become one instruction.
    fastmath = {"contract", "nsz", *(["reassoc"] if reorder else [])}
    options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        kernel = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        return numba.njit(**options)(function)
    # numba looks at the function's own file alone, but kernels contain those of others.
    kernel._cache._cache_file._source_stamp = _sources(Path(function.__code__.co_filename))
    return kernel


@cache
def _sources(own: Path) -> str:
    """A name for what a kernel's own source and all beside this one say now."""
    digest = sha256()
    for path in sorted({own, *Path(__file__).parent.glob("*.py")}):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def reordered(function: Callable[..., Any]) -> Any:
    """As `compiled`, for functions whose sums may be added in any order."""
    return compiled(function, reorder=True)


def inlined(function: Callable[..., Any]) -> Any:
    """A function for other kernels alone, compiled into each that calls it."""
    return numba.njit(inline="always")(function)


def chunks(count: int) -> list[tuple[int, int]]:
    """0 … count in at most 64 runs, first and end of each: the same runs on every machine."""
    size = max(1, -(-count // _CHUNKS))
    return [(first, min(first + size, count)) for first in range(0, count, size)]


def share(kernel: Callable[..., Any], count: int, *arguments: Any) -> None:
    """Run `kernel(chunk, first, end, *arguments)` for each chunk of 0 … count, on as many threads as torch may use.

    Threads of our own, not OpenMP's: those cannot be forked, and numba's other layer cannot be entered twice.
    """
    import torch

    runs = chunks(count)
    threads = min(torch.get_num_threads(), len(runs))
    if threads <= 1:
        for chunk, (first, end) in enumerate(runs):
            kernel(chunk, first, end, *arguments)
        return
    for _ in _pool(threads).map(lambda run: kernel(run[0], *run[1], *arguments), enumerate(runs)):
        pass


def _pool(threads: int) -> ThreadPoolExecutor:
    key = (os.getpid(), threads)  # a forked child has the parent's pools but none of their threads
    if key not in _pools:
        _pools[key] = ThreadPoolExecutor(threads, thread_name_prefix="splats")
    return _pools[key]
