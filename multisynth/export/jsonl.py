"""Any kind as JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import KINDS, Kind


class JsonLines(Exporter):
    """Write every column that is not media, one sample a line, into `samples.jsonl`.

    Tensors become nested lists, `meta` an object; a number that JSON does not have (NaN, infinity) becomes null.
    """

    takes: ClassVar[tuple[Kind, ...]] = tuple(KINDS.values())

    @classmethod
    def accepts(cls, kind: Kind) -> bool:
        """Any kind, those of other packages too."""
        return True

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the lines; returns how many there are."""
        columns = [field.name for field in samples.kind.schema if field.name not in samples.kind.media]
        count = 0
        with (folder / "samples.jsonl").open("w", encoding="utf-8") as file:
            for sample in samples.samples():
                row = {name: sample.meta if name == "meta" else sample[name] for name in columns}
                file.write(dumps(row) + "\n")
                count += 1
        return count
