"""Frames as KITTI's depth benchmark has them (Uhrig et al., Sparsity invariant CNNs, 2017; its development kit)."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.kinds import FRAME, Kind
from multisynth.media import decode_floats
from multisynth.rasters import png

_AT_ONCE = 16
PER_METRE = 256
"""Steps of the 16-bit depth images."""


class Kitti(Exporter):
    """Write images, depth and intrinsics as in KITTI's `depth_selection/val_selection_cropped`.

    `image/NAME.png`, `groundtruth_depth/NAME.png` with z-depth in steps of 1/256 m in 16 bits, 0 where there is none,
    and `intrinsics/NAME.txt` with the nine numbers of K, row by row. Depth beyond 255.99 m is written as none, as what
    is nearer than 1/512 m is; `sources.txt` has the sample's id for each name, and how many pixels were lost so.
    """

    takes: ClassVar[tuple[Kind, ...]] = (FRAME,)

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the frames; returns how many there are.

        Raises:
            BadInput: A frame has no depth, or a lens that K does not tell of.
        """
        for part in ("image", "groundtruth_depth", "intrinsics"):
            (folder / part).mkdir()
        count = 0
        with (folder / "sources.txt").open("w", encoding="utf-8") as sources:
            for frame in samples.samples(batch_size=_AT_ONCE):
                if frame["depth"] is None:
                    raise BadInput(f"frame {frame.id} has no depth", "add `depth` to its labels")
                if (frame["lens"] or "pinhole") != "pinhole":
                    raise BadInput(f"frame {frame.id} has a lens of {frame['lens']}", "film it with a pinhole camera")
                name = f"{count:010d}"
                codes, lost = steps(decode_floats(frame["depth"]))
                (folder / f"image/{name}.png").write_bytes(frame["rgb"])
                (folder / f"groundtruth_depth/{name}.png").write_bytes(png(codes, "up"))
                numbers = " ".join(repr(float(value)) for value in frame["intrinsics"].ravel())
                (folder / f"intrinsics/{name}.txt").write_text(numbers + "\n", encoding="ascii")
                sources.write(f"{name} {frame.id} {lost}\n")
                count += 1
        return count


def steps(depth: np.ndarray) -> tuple[np.ndarray, int]:
    """Depth in whole steps, and how many pixels have one that is too near or too far. [H, W] m → [H, W] uint16"""
    codes = np.round(np.where(np.isfinite(depth), depth, 0).astype(np.float64) * PER_METRE)
    fits = (codes >= 1) & (codes < 1 << 16)
    return np.where(fits, codes, 0).astype(np.uint16), int(np.count_nonzero((depth != 0) & ~fits))
