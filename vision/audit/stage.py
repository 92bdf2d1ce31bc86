"""Stage `vision.audit`: drop frames that would teach something wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from multisynth.kinds import FRAME, Kind
from multisynth.media import decode_floats
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Needs, Reduce

from ..cameras.framed import viewpoint_of
from ..cameras.viewpoint import Viewpoint
from .clipping import clipped, farthest
from .frame import faults
from .leaks import leaks
from .units import Glance, glance, unit_of


class Audit(Reduce):
    """Drop frames with broken labels, depth that is clipped or in another unit, and training views of test cameras.

    A frame by itself: a label that cannot be read, is not finite, negative, empty or of another size; boxes without
    masks and masks without boxes; boxes that leave the image. Frames together: depth that ends in many of them at the
    very same value; depth of which consecutive frames of a path agree in another unit than that of their poses; a
    camera of the training split that stands about where one of the test split does, before the same scene: frames that
    were made from the same samples, so this stands before stages that change frames.
    """

    takes: ClassVar[tuple[Kind, ...]] = (FRAME,)
    needs: ClassVar[Needs] = Needs(batch_size=8)

    empty: bool = Field(False, description="Whether to keep frames that show no instance at all.")
    near: float = Field(
        0.02, ge=0, le=1, description="Distance of a training from a test camera that leaks, over the median depth."
    )
    angle: float = Field(5.0, ge=0, le=180, description="Degrees between them up to which it does.")

    def sketch(self, samples: Batch) -> pa.Table:
        """Faults, camera and a coarse depth of each frame."""
        rows = [self._row(sample) for sample in samples]
        return pa.Table.from_pylist(rows, _SKETCH)

    def _row(self, frame: Sample) -> dict[str, Any]:
        found = list(faults(frame, not self.empty))
        distortion = frame["distortion"]
        row: dict[str, Any] = {
            "fault": "; ".join(found), "split": frame["split"] or "", "path": frame["origin"], "step": frame["ordinal"],
            "subject": " ".join(frame["parents"]), "pose": frame["world_to_camera"].ravel().tolist(), "scale": 0.0,
            "most": 0.0, "share": 0.0, "width": 0, "height": 0, "intrinsics": [0.0] * 9, "depth": [],
            "lens": frame["lens"] or "pinhole", "distortion": [] if distortion is None else distortion.tolist(),
        }  # fmt: skip
        if found or frame["depth"] is None:
            return row
        depth = decode_floats(frame["depth"])
        row["most"], row["share"] = farthest(depth)
        row["scale"] = float(np.median(depth[depth > 0]))
        coarse = glance(viewpoint_of(frame), depth)
        row |= {
            "width": coarse.viewpoint.width, "height": coarse.viewpoint.height, "depth": coarse.depth.ravel().tolist(),
            "intrinsics": coarse.viewpoint.intrinsics.ravel().tolist(),
        }  # fmt: skip
        return row

    def resolve(self, sketches: pa.Table) -> dict[str, str]:
        """The frames that go, by id, with why."""
        rows = sketches.to_pylist()
        reasons = {row["id"]: row["fault"] for row in rows if row["fault"]}
        rows = [row for row in rows if not row["fault"]]
        for find in (_clipped, _mismeasured, self._leaking):
            for name, reason in find(rows).items():
                reasons.setdefault(name, reason)
        return reasons

    def apply(self, samples: Batch, decision: dict[str, str]) -> Iterator[Sample | Drop]:
        """Hand on what is sound."""
        for sample in samples:
            yield Drop(sample, decision[sample.id]) if sample.id in decision else sample

    def _leaking(self, rows: list[dict[str, Any]]) -> dict[str, str]:
        subjects: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            subjects[row["subject"]].append(row)
        found = {}
        for group in subjects.values():
            train = [row for row in group if row["split"] == "train"]
            test = [row for row in group if row["split"] == "test"]
            if not train or not test:
                continue
            ours, theirs = (np.array([row["pose"] for row in part]).reshape(-1, 4, 4) for part in (train, test))
            scales = np.array([row["scale"] or 1.0 for row in train])
            for row, leak in zip(train, leaks(ours, theirs, scales, self.near, self.angle), strict=True):
                if leak is not None:
                    other, apart, turned = leak
                    found[row["id"]] = (
                        f"leaked camera: {apart:.2%} of its depth and {turned:.1f}° from {test[other]['id']}"
                    )
        return found


_SKETCH = pa.schema(
    [
        ("fault", pa.string()), ("split", pa.string()), ("path", pa.string()), ("step", pa.int32()),
        ("subject", pa.string()), ("pose", pa.list_(pa.float64())), ("scale", pa.float64()), ("most", pa.float64()),
        ("share", pa.float64()), ("width", pa.int32()), ("height", pa.int32()), ("intrinsics", pa.list_(pa.float64())),
        ("depth", pa.list_(pa.float32())), ("lens", pa.string()), ("distortion", pa.list_(pa.float64())),
    ]
)  # fmt: skip


def _clipped(rows: list[dict[str, Any]]) -> dict[str, str]:
    places = np.array([row["pose"] for row in rows]).reshape(-1, 4, 4)
    places = -np.einsum("nji,nj->ni", places[:, :3, :3], places[:, :3, 3])
    flags = clipped([row["most"] for row in rows], [row["share"] for row in rows], places)
    return {
        row["id"]: f"depth is clipped: {row['share']:.1%} at {row['most']:g} m"
        for row, flag in zip(rows, flags, strict=True)
        if flag
    }


def _mismeasured(rows: list[dict[str, Any]]) -> dict[str, str]:
    paths: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["depth"]:
            paths[f"{row['subject']} {row['path']}"].append(row)
    found: dict[str, str] = {}
    for path in paths.values():
        for first, second in pairwise(sorted(path, key=lambda row: row["step"])):
            if first["pose"] == second["pose"]:
                continue  # seen from one place, every unit agrees
            unit = unit_of(_glance(first), _glance(second))
            if unit not in (None, "metres"):
                found |= dict.fromkeys((first["id"], second["id"]), f"depth is in {unit} where poses are in metres")
    return found


def _glance(row: dict[str, Any]) -> Glance:
    viewpoint = Viewpoint(
        row["width"], row["height"], np.reshape(row["intrinsics"], (3, 3)), np.reshape(row["pose"], (4, 4)),
        row["lens"], tuple(row["distortion"]),
    )  # fmt: skip
    return Glance(viewpoint, np.reshape(np.array(row["depth"], np.float32), (row["height"], row["width"])))
