"""Any kind as WebDataset shards: tar files that training reads in one sweep (https://github.com/webdataset/webdataset)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import KINDS, Kind
from multisynth.sample import Sample

_SIGNATURES = {
    b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"II*\0": "tiff", b"\x76\x2f\x31\x01": "exr", b"ply\n": "ply",
    b"\x1a\x45\xdf\xa3": "mkv",
}  # fmt: skip
_AT_ONCE = 16


class WebDataset(Exporter):
    """Write shards `shard-000000.tar`, …, each with the next so many samples in the order of the table.

    A sample is the files that share its id as their key: `ID.json` with all columns that are not media, and a file for
    each medium, named by its column and format: `ID.rgb.png`, `ID.depth.tiff`. An export that was stopped goes on
    after the last whole shard.
    """

    takes: ClassVar[tuple[Kind, ...]] = tuple(KINDS.values())
    resumes: ClassVar[bool] = True

    samples_per_shard: int = Field(1000, ge=1, le=1_000_000, description="Of the last shard at most.")

    @classmethod
    def accepts(cls, kind: Kind) -> bool:
        """Any kind, those of other packages too."""
        return True

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the shards that are not there; returns how many samples there are."""
        from webdataset import TarWriter

        for number, start in enumerate(range(0, len(samples), self.samples_per_shard)):
            shard, part = folder / f"shard-{number:06d}.tar", folder / f".shard-{number:06d}.tar"
            if shard.exists():
                continue
            stop = min(start + self.samples_per_shard, len(samples))
            with part.open("wb") as file, TarWriter(file, encoder=False, mtime=0, user="", group="") as tar:
                for first in range(start, stop, _AT_ONCE):
                    for sample in samples.rows(first, min(first + _AT_ONCE, stop)):
                        tar.write(_files(sample))
            part.replace(shard)
        return len(samples)


def _files(sample: Sample) -> dict[str, Any]:
    plain = [field.name for field in sample.kind.schema if field.name not in sample.kind.media]
    row = {name: sample.meta if name == "meta" else sample[name] for name in plain}
    media = {name: data for name in sample.kind.media if (data := sample[name]) is not None}
    return {
        "__key__": sample.id,
        "json": dumps(row).encode(),
        **{f"{name}.{_suffix(data)}": data for name, data in media.items()},
    }


def _suffix(data: bytes) -> str:
    """A file name's ending by what the bytes begin with."""
    if data[4:8] == b"ftyp":
        return "mp4"
    return next((suffix for start, suffix in _SIGNATURES.items() if data.startswith(start)), "bin")
