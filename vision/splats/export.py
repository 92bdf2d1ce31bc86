"""Volumes as splat files, for viewers and other renderers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import VOLUME, Kind

from .files import CLIPPED, ENCODERS
from .ply import decode_ply


class Splats(Exporter):
    """Write each volume of Gaussian splats as a file, `volumes.jsonl` beside them saying which is which.

    Its lines have the sample's id, and scale, up, bounds and names of instances, which splat files do not hold; and
    `clipped`, how many Gaussians have a colour, scale or harmonic that the format has no room for, so that it keeps the
    nearest that it has.
    """

    takes: ClassVar[tuple[Kind, ...]] = (VOLUME,)

    format: Literal["ply", "spz", "splat"] = Field(
        "ply",
        description="ply keeps every number and ids of instances; spz is about a tenth of its size; splat has no "
        "colour that changes with the direction.",
    )

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the files; returns how many."""
        written = 0
        with (folder / "volumes.jsonl").open("w", encoding="utf-8") as file:
            for volume in samples.samples(batch_size=1):
                if volume["method"] != "splats":
                    problem = f"volume {volume.id} of `{samples.name}` is {volume['method']}, not splats"
                    raise BadInput(problem, "export a stage that makes splats", "from")
                gaussians = decode_ply(volume["data"])
                labelled = replace(gaussians, instances=volume["instances"])
                ending = f".{self.format}"
                name = f"{written:06d}{ending}"
                try:
                    (folder / name).write_bytes(ENCODERS[ending](labelled))
                except ValueError as error:
                    raise BadInput(f"volume {volume.id}: {error}", "write another format", "format") from error
                clipped = CLIPPED[ending](gaussians) if ending in CLIPPED else {}
                about = ("metric", "up", "bounds", "names", "categories", "psnr", "ssim", "license")
                line = {"file": name, "sample": volume.id, "gaussians": len(gaussians), "clipped": clipped}
                file.write(dumps({**line, **{key: volume[key] for key in about}}) + "\n")
                written += 1
        return written
