"""Kernels are kept on disk where that is possible, work where it is not, and cover their range once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
from multisynth.vision.splats.kernels.compiled import chunks, share

PROGRAM = """
import numpy as np
from multisynth.vision.splats.kernels.tiles import nearest_first
order = np.empty(3, np.int32)
seen = nearest_first(np.array([3, 1, 2], np.float32), np.ones((3, 2), np.int32), order)
print(seen, order.tolist(), sum(nearest_first.stats.cache_hits.values()))
"""


NOWHERE = "from numba.core.caching import CacheImpl; CacheImpl._locator_classes = []"


def first_call(cache: Path, before: str = "") -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", before + PROGRAM], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_second_process_compiles_nothing_until_any_kernel_changes(tmp_path: Path) -> None:
    changed = "from multisynth.vision.splats.kernels import compiled; compiled._sources = lambda own: 'changed'"
    assert first_call(tmp_path) == "3 [1, 2, 0] 0"
    assert first_call(tmp_path) == "3 [1, 2, 0] 1"
    assert first_call(tmp_path, changed) == "3 [1, 2, 0] 0"


def test_where_nothing_can_be_kept_it_compiles_anew(tmp_path: Path) -> None:
    assert first_call(tmp_path, NOWHERE) == "3 [1, 2, 0] 0"
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000])
def test_chunks_cover_all_once(count: int) -> None:
    visits = np.zeros(count, int)

    def visit(chunk: int, first: int, end: int) -> None:
        assert chunks(count)[chunk] == (first, end)
        visits[first:end] += 1

    share(visit, count)
    assert (visits == 1).all()
    assert len(chunks(count)) <= 64
