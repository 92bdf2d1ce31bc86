"""The machine a figure was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine(*packages: str) -> dict[str, object]:
    """Processor, cores, Python and the versions of those packages that are installed, for a benchmark's JSON."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return {
        "machine": f"{model}, {len(os.sched_getaffinity(0))} cores",
        "python": platform.python_version(),
        "versions": dict(_versions("multisynth", "pylance", "pyarrow", *packages)),
    }


def _versions(*packages: str) -> Iterator[tuple[str, str]]:
    for package in packages:
        with suppress(PackageNotFoundError):
            yield package, version(package)
