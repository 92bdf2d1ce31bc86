"""Writes the files of a LeRobot data set, codebase version v3.0, episode by episode.

    meta/info.json  meta/stats.json  meta/tasks.parquet  meta/episodes/chunk-000/file-000.parquet
    meta/replay/chunk-000/file-000.parquet
    data/chunk-000/file-000.parquet
    videos/KEY/chunk-000/file-000.mp4

Files hold many episodes and roll over at a size; a folder holds at most 1000 files. The layout is that of
`lerobot.datasets.lerobot_dataset` in lerobot 0.4.4, which does not look into `meta/replay`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from multisynth.export.feature_stats import Stats, aggregate, vector_stats
from multisynth.export.mp4 import Footage, Reel, describe

DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
REPLAY = "meta/replay/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
EPISODES = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
FILES_IN_A_CHUNK = 1000
_EPISODES_IN_A_GROUP = 128

_INDEXES = {
    "timestamp": {"dtype": "float32", "shape": [1], "names": None},
    "frame_index": {"dtype": "int64", "shape": [1], "names": None},
    "episode_index": {"dtype": "int64", "shape": [1], "names": None},
    "index": {"dtype": "int64", "shape": [1], "names": None},
    "task_index": {"dtype": "int64", "shape": [1], "names": None},
}


@dataclass
class _Parquet:
    """Numbered Parquet files with roll-over."""

    folder: Path
    pattern: str
    limit: float  # bytes
    number: int = -1
    _writer: pq.ParquetWriter | None = None
    _sink: pa.NativeFile | None = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            path = self.folder / self.pattern.format(**self.place())
            path.parent.mkdir(parents=True, exist_ok=True)
            self._sink = pa.OSFile(str(path), "wb")
            self._writer = pq.ParquetWriter(self._sink, table.schema, compression="snappy")
        self._writer.write_table(table)

    def make_room(self, size: int) -> dict[str, int]:
        """Begin another file where this one would grow past the limit; return the place of what comes next."""
        if self.number < 0 or (self._sink is not None and self._sink.tell() + size >= self.limit):
            self.close()
            self.number += 1
        return self.place()

    def place(self) -> dict[str, int]:
        return _place(self.number)

    def close(self) -> None:
        if self._writer is not None and self._sink is not None:
            self._writer.close()
            self._sink.close()
            self._writer = self._sink = None


@dataclass
class _Video:
    """Numbered MP4 files of one camera with roll-over."""

    folder: Path
    key: str
    fps: float
    limit: float  # bytes
    number: int = -1
    reel: Reel | None = None

    def write(self, footage: Footage) -> dict[str, float]:
        """Append a clip; return where it lies."""
        full = self.reel is not None and self.reel.size + footage.size >= self.limit
        if self.reel is None or full or not self.reel.fits(footage):
            self.close()
            self.number += 1
            path = self.folder / VIDEO.format(video_key=self.key, **_place(self.number))
            path.parent.mkdir(parents=True, exist_ok=True)
            self.reel = Reel(path, footage, self.fps)
        start = self.reel.frames
        self.reel.append(footage)
        return {
            **_place(self.number),
            "from_timestamp": start / self.fps,
            "to_timestamp": self.reel.frames / self.fps,
        }

    def close(self) -> None:
        if self.reel is not None:
            self.reel.close()
            self.reel = None


@dataclass
class LeRobotWriter:
    """A data set that is being written.

    Args:
        folder: Where.
        fps: Rows a second.
        features: LeRobot's description of each column besides the index columns; videos have dtype `video`.
        data_mb: Size at which Parquet files roll over, MiB.
        video_mb: Size at which videos roll over, MiB.
    """

    folder: Path
    fps: float
    features: dict[str, dict[str, Any]]
    data_mb: int
    video_mb: int
    episodes: int = 0
    frames: int = 0
    _tasks: dict[str, int] = field(default_factory=dict)
    _stats: dict[str, Stats] = field(default_factory=dict)
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _replays: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.features = {**self.features, **_INDEXES}
        self._schema = pa.schema(
            [(name, _arrow(feature)) for name, feature in self.features.items() if feature["dtype"] != "video"]
        )
        self._data = _Parquet(self.folder, DATA, self.data_mb * 2**20)
        self._replay = _Parquet(self.folder, REPLAY, self.data_mb * 2**20)
        self._meta = _Parquet(self.folder, EPISODES, self.data_mb * 2**20)
        self._videos = {
            key: _Video(self.folder, key, self.fps, self.video_mb * 2**20)
            for key, feature in self.features.items()
            if feature["dtype"] == "video"
        }

    def add(
        self,
        instruction: str,
        columns: Mapping[str, np.ndarray],
        videos: Mapping[str, tuple[Footage, Stats]],
        facts: Mapping[str, Any],
        replay: Mapping[str, str],
    ) -> None:
        """Add an episode.

        Args:
            instruction: What the robot was told to do.
            columns: Each feature but index columns and videos. [T, ...] each
            videos: For each video's feature a clip of T frames, taken apart, and its statistics.
            facts: Further columns of the episodes' table; an integer becomes one of 64 bits without a sign.
            replay: Columns of a table that is LeRobot's no more; those of `facts` say what belongs together.
        """
        length = len(next(iter(columns.values())))
        steps = np.arange(length)
        columns = {
            **columns,
            "timestamp": (steps / self.fps).astype(np.float32),
            "frame_index": steps,
            "episode_index": np.full(length, self.episodes),
            "index": steps + self.frames,
            "task_index": np.full(length, self._tasks.setdefault(instruction, len(self._tasks))),
        }
        arrays = [_array(columns[column.name], column.type) for column in self._schema]
        table = pa.table(arrays, schema=self._schema)
        stats = {name: vector_stats(values) for name, values in columns.items()}
        row: dict[str, Any] = {"episode_index": self.episodes, "tasks": [instruction], "length": length}
        row |= {f"data/{name}": value for name, value in self._data.make_room(table.nbytes).items()}
        row |= {"dataset_from_index": self.frames, "dataset_to_index": self.frames + length}
        self._data.write(table)
        for key, video in self._videos.items():
            footage, stats[key] = videos[key]
            row |= {f"videos/{key}/{name}": value for name, value in video.write(footage).items()}
        for name, values in stats.items():
            self._stats[name] = aggregate(self._stats.get(name), values)
            row |= {f"stats/{name}/{stat}": value.tolist() for stat, value in values.items()}
        row |= {name: np.uint64(value) if type(value) is int else value for name, value in facts.items()}
        self._rows.append(row)
        self._replays.append({"episode_index": self.episodes, **replay})
        if len(self._rows) == _EPISODES_IN_A_GROUP:
            self._flush()
        self.episodes += 1
        self.frames += length

    def _flush(self) -> None:
        if self._rows:
            place = {f"meta/episodes/{name}": value for name, value in self._meta.make_room(0).items()}
            self._meta.write(pa.Table.from_pylist([{**row, **place} for row in self._rows]))
            self._rows.clear()
            replays = pa.Table.from_pylist(self._replays)
            self._replay.make_room(replays.nbytes)
            self._replay.write(replays)
            self._replays.clear()

    def close(self, robot: str) -> None:
        """Finish all files and write the data set's description."""
        self._flush()
        self._data.close()
        self._meta.close()
        self._replay.close()
        for key, video in self._videos.items():
            video.close()
            described = describe(self.folder / VIDEO.format(video_key=key, **_place(0)))
            self.features[key]["info"] = {**described, **self.features[key].get("info", {})}
        _write_tasks(self._tasks, self.folder / "meta/tasks.parquet")
        stats = {name: {stat: value.tolist() for stat, value in values.items()} for name, values in self._stats.items()}
        _write_json(self.folder / "meta/stats.json", stats)
        _write_json(
            self.folder / "meta/info.json",
            {
                "codebase_version": "v3.0",
                "robot_type": robot,
                "total_episodes": self.episodes,
                "total_frames": self.frames,
                "total_tasks": len(self._tasks),
                "chunks_size": FILES_IN_A_CHUNK,
                "data_files_size_in_mb": self.data_mb,
                "video_files_size_in_mb": self.video_mb,
                "fps": int(self.fps) if self.fps == int(self.fps) else self.fps,
                "splits": {"train": f"0:{self.episodes}"},
                "data_path": DATA,
                "video_path": VIDEO if self._videos else None,
                "features": self.features,
            },
        )


def _place(number: int) -> dict[str, int]:
    return {"chunk_index": number // FILES_IN_A_CHUNK, "file_index": number % FILES_IN_A_CHUNK}


def _arrow(feature: Mapping[str, Any]) -> pa.DataType:
    """LeRobot keeps a feature of shape (1,) as a plain column."""
    value = pa.bool_() if feature["dtype"] == "bool" else getattr(pa, feature["dtype"])()
    return value if feature["shape"] == [1] else pa.list_(value, feature["shape"][0])


def _array(values: np.ndarray, dtype: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_list(dtype):
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), dtype.value_type), type=dtype)
    return pa.array(values.ravel(), dtype)


def _write_tasks(tasks: Mapping[str, int], path: Path) -> None:
    """LeRobot reads tasks as a pandas frame whose index is the instruction, which Parquet keeps in its metadata."""
    index = "__index_level_0__"
    number = {"pandas_type": "int64", "numpy_type": "int64", "metadata": None}
    string = {"pandas_type": "unicode", "numpy_type": "object", "metadata": None}
    pandas = {
        "index_columns": [index],
        "column_indexes": [
            {"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
        ],
        "columns": [
            {"name": "task_index", "field_name": "task_index", **number},
            {"name": None, "field_name": index, **string},
        ],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": "2.0.0",
    }
    table = pa.table({"task_index": pa.array(tasks.values(), pa.int64()), index: pa.array(tasks.keys(), pa.string())})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({"pandas": json.dumps(pandas)}), path)


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=4, ensure_ascii=False), encoding="utf-8")
