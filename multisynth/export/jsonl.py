"""Any kind as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.kinds import KINDS, Kind
from multisynth.sample import Sample


class JsonLines(Exporter):
    """Write every column that is not media, one sample a line, into `samples.jsonl`.

    Tensors become nested lists, `meta` an object; a number that JSON does not have (NaN, infinity) becomes null.
    """

    takes: ClassVar[tuple[Kind, ...]] = tuple(KINDS.values())

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the lines; returns how many there are."""
        columns = [field.name for field in samples.kind.schema if field.name not in samples.kind.media]
        count = 0
        with (folder / "samples.jsonl").open("w", encoding="utf-8") as file:
            for sample in samples.samples():
                file.write(json.dumps(_row(sample, columns), ensure_ascii=False, allow_nan=False) + "\n")
                count += 1
        return count


def _row(sample: Sample, columns: list[str]) -> dict[str, Any]:
    return {name: sample.meta if name == "meta" else _plain(sample[name]) for name in columns}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value
