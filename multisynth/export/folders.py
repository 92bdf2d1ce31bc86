"""Frames as plain folders of images, one a label: what most loaders of one's own read."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import FRAME, Kind
from multisynth.media import decode_floats
from multisynth.rasters import png
from multisynth.sample import Sample

_AT_ONCE = 16
_METRES = ("depth", "median_depth", "distance")
_SUFFIXES = {"radiance": "exr", **dict.fromkeys(("flow_forward", "flow_backward", "disparity", "temperature"), "tiff")}


class Folders(Exporter):
    """Write `rgb/00000000.png`, `depth/00000000.png`, … and all that is no image as `frames.jsonl`.

    Depth, median depth and distance are 16-bit PNG in steps of `depth_unit`, 0 where there is none, as ScanNet and
    BOP (1 mm) or TUM RGB-D (0.2 mm) have them; a frame's line names under `lost` how many pixels were too far for
    16 bits. Everything else is as the frame has it; `multisynth describe` tells of its columns.
    """

    takes: ClassVar[tuple[Kind, ...]] = (FRAME,)

    depth_unit: float = Field(0.001, gt=0, le=1, description="Of the 16-bit depth images, m: the default reaches 65 m.")

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the images; returns how many frames there are."""
        plain = [field.name for field in samples.kind.schema if field.name not in samples.kind.media]
        count = 0
        with (folder / "frames.jsonl").open("w", encoding="utf-8") as lines:
            for frame in samples.samples(batch_size=_AT_ONCE):
                files, lost = self._images(frame, folder, f"{count:08d}")
                row = {name: frame.meta if name == "meta" else frame[name] for name in plain}
                lines.write(dumps({"files": files, "lost": lost, **row}) + "\n")
                count += 1
        return count

    def _images(self, frame: Sample, folder: Path, name: str) -> tuple[dict[str, str], dict[str, int]]:
        """Write a frame's images; returns their paths, and pixels whose depth does not fit, by label."""
        files, lost = {}, {}
        for label in frame.kind.media:
            data = frame[label]
            if data is None:
                continue
            if label in _METRES:
                data, lost[label] = self._coded(decode_floats(data))
            files[label] = f"{label}/{name}.{_SUFFIXES.get(label, 'png')}"
            (folder / label).mkdir(exist_ok=True)
            (folder / files[label]).write_bytes(data)
        return files, lost

    def _coded(self, depth: np.ndarray) -> tuple[bytes, int]:
        codes = np.round(np.where(np.isfinite(depth), depth, 0).astype(np.float64) / self.depth_unit)
        fits = (codes >= 1) & (codes < 1 << 16)
        return png(np.where(fits, codes, 0).astype(np.uint16), "up"), int(np.count_nonzero((depth != 0) & ~fits))
