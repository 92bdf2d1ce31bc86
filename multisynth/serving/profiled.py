"""Where an engine's time goes, for whoever wants it faster."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PROFILE = "MULTISYNTH_PROFILE"
"""Environment variable: where it is set, each engine's loop tells at its end where its time went."""
LINES = 40


@contextmanager
def profiled(what: str) -> Iterator[None]:
    """Where `PROFILE` is set, print the functions that took longest to standard error; it slows them down."""
    if not os.environ.get(PROFILE):
        yield
        return
    import cProfile
    import io
    import pstats

    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        told = io.StringIO()
        pstats.Stats(profile, stream=told).sort_stats("tottime").print_stats(LINES)
        # At once, because several processes may tell at the same time.
        print(f"{what}, process {os.getpid()}\n{told.getvalue()}", file=sys.stderr, flush=True)
