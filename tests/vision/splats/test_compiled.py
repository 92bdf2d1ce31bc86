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

KERNEL = """
from multisynth.vision.splats.kernels.compiled import compiled

@compiled
def twice(value):
    return 2 * value
"""
PROGRAM = """
from kernel import twice
print(twice(3), sum(twice.stats.cache_hits.values()))
"""

NOWHERE = "from numba.core.caching import CacheImpl; CacheImpl._locator_classes = []"


def first_call(cache: Path, before: str = "") -> str:
    (cache / "kernel.py").write_text(KERNEL)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache / "kept"), "PYTHONPATH": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", before + PROGRAM], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_second_process_compiles_nothing_until_any_kernel_changes(tmp_path: Path) -> None:
    changed = "from multisynth.vision.splats.kernels import compiled; compiled._sources = lambda own: 'changed'"
    assert first_call(tmp_path) == "6 0"
    assert first_call(tmp_path) == "6 1"
    assert first_call(tmp_path, changed) == "6 0"


def test_where_nothing_can_be_kept_it_compiles_anew(tmp_path: Path) -> None:
    assert first_call(tmp_path, NOWHERE) == "6 0"
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000])
def test_chunks_cover_all_once(count: int) -> None:
    visits = np.zeros(count, int)

    def visit(chunk: int, first: int, end: int) -> None:
        assert chunks(count)[chunk] == (first, end)
        visits[first:end] += 1

    share(visit, count)
    assert (visits == 1).all()
    assert len(chunks(count)) <= 64
