"""Which scene or episode a frame is of, and where the world of that stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from multisynth.errors import BadInput
from multisynth.export.exporter import Table, Tables
from multisynth.kinds import FRAME, SCENE, VOLUME
from multisynth.sample import Sample


class Stands(NamedTuple):
    """Where the world of a frame's scene is, which may have been put into a captured place."""

    camera: np.ndarray  # [4, 4] the scene's world to the camera
    ids: int  # what its instance ids were raised by
    hidden: frozenset[int]  # its own ids of bodies that were left out

    @classmethod
    def of(cls, frame: Sample) -> Stands:
        """That of a frame, by its `meta`."""
        told, pose = frame.meta.get("inside"), frame["world_to_camera"]
        if told is None:
            return cls(pose, 0, frozenset())
        return cls(pose @ np.reshape(told["matrix"], (4, 4)), told["ids"], frozenset(told["hidden"]))


def poses_at(home: Sample, time: float) -> np.ndarray:
    """Of a scene's moving parts, when a frame was taken. [B, 7]"""
    if home.kind.name == SCENE.name:
        return np.asarray(home["poses"]).reshape(-1, 7)
    return np.asarray(home["poses"][int(np.abs(home["times"] - time).argmin())])


def by_home(samples: Table, homes: Table, run: Tables) -> Iterator[tuple[Sample, Iterator[Sample]]]:
    """Each scene or episode with its frames, in the order of its table.

    Raises:
        BadInput: A frame is of none of them, or was put into a volume and does not tell where.
    """
    known = {home.id for home in homes.samples(["id"])}
    tables = [run.table(stage) for stage in run.stages]
    parents = {
        frame.id: frame["parents"]
        for table in tables
        if table.kind.name == FRAME.name
        for frame in table.samples(["id", "parents"], batch_size=1024)
    }
    volumes = {volume.id for table in tables if table.kind.name == VOLUME.name for volume in table.samples(["id"])}
    rows: dict[str, list[int]] = {}
    for row, frame in enumerate(samples.samples(["id", "meta"], batch_size=1024)):
        line = _line(frame.id, parents)
        of = next((name for name in line if name in known), None)
        if of is None:
            problem = f"frame {frame.id} is of none of the scenes"
            raise BadInput(problem, "name the stage whose scenes it shows", "scenes")
        if "inside" not in frame.meta and not volumes.isdisjoint(line):
            problem = f"frame {frame.id} was put into a volume, and its `meta` does not tell where"
            raise BadInput(problem, "make the frames again with `vision.label`", "from")
        rows.setdefault(of, []).append(row)
    for home in homes.samples(batch_size=1):
        if home.id in rows:
            own = rows[home.id]
            yield home, (samples.rows(row, row + 1)[0] for row in own)


def _line(frame: str, parents: dict[str, list[str]]) -> list[str]:
    """What a frame was made from, and what the frames among that were made from, the nearest first."""
    line, met = list(parents.get(frame, [])), 0
    while met < len(line):
        line += parents.get(line[met], [])
        met += 1
    return line
