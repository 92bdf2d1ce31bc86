"""What the core costs: a source of documents and a map that hands them on, ledgered and committed.

    python -m benchmarks.noop [--samples 1000000] [--ray]

With `--ray`, the same on Ray with two workers, and whether the tables are equal row for row.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from benchmarks.machine import machine
from multisynth import Recipe, registry, run
from multisynth.execute import Result
from multisynth.executors import Executor
from multisynth.executors.local import LocalExecutor
from multisynth.kinds import DOCUMENT
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs, Source
from multisynth.store import Store


class Count(Source):
    """Documents that hold their ordinal."""

    makes = DOCUMENT
    needs = Needs(batch_size=4096)
    count: int = Field(1_000_000, ge=0, description="How many.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        """Make them."""
        for n in ordinals:
            yield Sample(DOCUMENT, n, text=f"document {n}", source="count")


class Pass(Map):
    """Hands everything on."""

    takes = (DOCUMENT,)
    needs = Needs(batch_size=4096)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Hand it on."""
        yield from samples


def peak_bytes() -> int:
    """The sum of the peaks of this process and its children; above what they held at any one time."""
    children = subprocess.run(["pgrep", "-P", str(Path("/proc/self").resolve().name)], capture_output=True, text=True)
    total = 0
    for pid in ["self", *children.stdout.split()]:
        status = Path(f"/proc/{pid}/status")
        if status.exists():
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
            total += int(fields.get("VmHWM", "0 kB").split()[0]) * 1024
    return total


def timed(samples: int, out: Path, executor: Executor) -> tuple[Result, float]:
    """Run the recipe; its result and seconds, from the call to the last commit."""
    registry.add("bench.count", Count)
    registry.add("bench.pass", Pass)
    stages = {"count": {"use": "bench.count", "count": samples}, "pass": {"use": "bench.pass", "from": "count"}}
    recipe = Recipe.of({"name": "noop", "seed": 1, "stages": stages})
    started = time.perf_counter()
    result = run(recipe, out, executor)
    return result, time.perf_counter() - started


def equal(one: Store, other: Store) -> bool:
    """Whether two runs hold the same rows in the same order, ledger included but for its times."""
    return all(
        one.table(s).dataset.to_table(scan_in_order=True).equals(other.table(s).dataset.to_table(scan_in_order=True))
        and one.shelf(s).ledger(_TIMELESS).equals(other.shelf(s).ledger(_TIMELESS))
        for s in ("count", "pass")
    )


_TIMELESS = ["stage", "input", "status", "reason", "outputs", "tokens_read", "tokens_written"]


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ray", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="noop"))
    try:
        local = LocalExecutor(options.workers)
        result, seconds = timed(options.samples, folder / "local", local)
        facts: dict[str, Any] = {
            "benchmark": "noop", "command": " ".join(["python -m benchmarks.noop", *sys.argv[1:]]), **machine(),
            "samples": options.samples,
            "workers": options.workers, "ok": result.ok, "seconds": round(seconds, 2),
            "peak_gb": round(peak_bytes() / 1e9, 3),
            "rows": {s: len(Store.open(folder / "local").table(s)) for s in ("count", "pass")},
            "ledger_rows": Store.open(folder / "local").ledger().num_rows,
        }  # fmt: skip
        local.close()
        if options.ray:
            from multisynth.executors.ray import RayExecutor

            cluster = RayExecutor(workers=2)
            result, seconds = timed(options.samples, folder / "ray", cluster)
            cluster.close()
            facts |= {
                "ray_ok": result.ok, "ray_seconds": round(seconds, 2),
                "ray_equal": equal(Store.open(folder / "local"), Store.open(folder / "ray")),
            }  # fmt: skip
        print(json.dumps(facts, indent=2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
