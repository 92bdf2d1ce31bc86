"""Reads a LeRobot data set with lerobot itself, and compares it with what the store holds.

Run by `lerobot_roundtrip.py` with the Python of an environment that has lerobot 0.4.4; imports nothing of multisynth.

    python lerobot_reader.py DATA_SET EXPECTED.npz
"""

from __future__ import annotations

import io
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import numpy as np
from lerobot.datasets.compute_stats import aggregate_stats, get_feature_stats
from lerobot.datasets.lerobot_dataset import LeRobotDataset

EXACT = ("observation.state", "action", "next.reward", "next.done", "next.success")
DEPTH = "observation.depth."


def main(root: Path, expected: Any) -> dict[str, Any]:
    """Compare everything, and say what was compared; an AssertionError names what differs."""
    data = LeRobotDataset("multisynth/check", root=root, video_backend="pyav")
    cameras = [key for key in data.meta.video_keys if not key.startswith(DEPTH)]
    depths = [key for key in data.meta.video_keys if key.startswith(DEPTH)]
    episodes = int(expected["episodes"])
    assert (data.num_episodes, data.meta.total_episodes) == (episodes, episodes)
    assert len(data) == sum(len(expected[f"{e}/action"]) for e in range(episodes)) == data.meta.total_frames
    index = pixels = deep = 0
    for episode in range(episodes):
        want = {key: expected[f"{episode}/{key}"] for key in EXACT}
        shown = {camera: frames(expected[f"{episode}/{camera}"].tobytes()) for camera in cameras}
        length = len(want["action"])
        for name, value in json.loads(str(expected[f"{episode}/facts"])).items():
            assert data.meta.episodes[episode][name] == value, (episode, name)
        grey = {key: codes(data, key, episode) for key in depths}
        for step in range(length):
            item = data[index]
            for key, values in want.items():
                got = item[key].numpy()
                assert got.dtype == values.dtype and np.array_equal(got, values[step]), (episode, step, key)
            assert item["task"] == str(expected[f"{episode}/task"]), (episode, item["task"])
            assert (int(item["episode_index"]), int(item["frame_index"]), int(item["index"])) == (episode, step, index)
            assert abs(float(item["timestamp"]) - step / data.fps) < 1e-5
            for camera in cameras:
                image = np.round(item[camera].numpy() * 255).astype(np.uint8).transpose(1, 2, 0)
                assert np.array_equal(image, shown[camera][step]), (episode, step, camera)
                pixels += image.size
            for key, images in grey.items():
                # lerobot 0.4.4 turns any video into 8-bit colour; the codes of 12 bits are checked below
                assert np.abs(item[key].numpy() * 255 - images[step] / 4095 * 255).max() < 1.5, (episode, step, key)
            index += 1
        assert all(len(images) == length for images in [*shown.values(), *grey.values()])
        for key, images in grey.items():
            assert data.features[key]["info"]["video.is_depth_map"]
            deep += compare_depth(images, depth(expected[f"{episode}/{key}"].tobytes()), data.features[key]["info"])
    worst = compare_statistics(data, expected, episodes)
    history = LeRobotDataset(
        "multisynth/check", root=root, video_backend="pyav", delta_timestamps={"action": [-1 / data.fps, 0.0]}
    )[len(expected["0/action"]) - 1]
    assert np.array_equal(history["action"].numpy(), expected["0/action"][-2:])
    return {
        "lerobot": version("lerobot"), "episodes": episodes, "frames": index, "cameras": cameras,
        "tasks": len(data.meta.tasks), "features": sorted(data.features), "values equal": True,
        "pixel values equal": pixels, "depths as near as codes are": deep, "statistics off by at most": worst,
    }  # fmt: skip


def frames(video: bytes) -> list[np.ndarray]:
    """All frames of a clip as the store has it. [H, W, 3] uint8 each"""
    with av.open(io.BytesIO(video)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def depth(video: bytes) -> np.ndarray:
    """Depth of all frames of a clip as the store has it, m. [T, H, W]"""
    with av.open(io.BytesIO(video)) as container:
        return np.stack([frame.to_ndarray() for frame in container.decode(video=0)]) * 0.001


def codes(data: LeRobotDataset, key: str, episode: int) -> np.ndarray:
    """Codes of 12 bits in an episode's part of a depth video. [T, H, W]"""
    row = data.meta.episodes[episode]
    start, stop = row[f"videos/{key}/from_timestamp"], row[f"videos/{key}/to_timestamp"]
    with av.open(str(data.root / data.meta.get_video_file_path(episode, key))) as container:
        stream = container.streams.video[0]
        container.seek(round((start + 1e-3) / stream.time_base), stream=stream)
        found = []
        for frame in container.decode(stream):
            if frame.time > stop - 1e-3:
                break
            if frame.time > start - 1e-3:
                found.append(frame.to_ndarray(format="gray12le"))
    return np.stack(found)


def compare_depth(found: np.ndarray, wanted: np.ndarray, info: dict[str, Any]) -> int:
    """Depths that differ by half a code at most where they lie within the codes' range; all others are an error."""
    low, high, shift = (info[f"video.{name}"] for name in ("depth_min", "depth_max", "shift"))
    ratio = (high + shift) / (low + shift)
    meant = (low + shift) * ratio ** (found / 4095) - shift
    inside = np.clip(wanted, low, high)
    error = np.abs(meant - inside)
    assert (error <= (inside + shift) * (ratio ** (1 / 4095) - 1) / 2 * 1.01).all(), error.max()
    return int(error.size)


def compare_statistics(data: LeRobotDataset, expected: Any, episodes: int) -> float:
    """The largest difference from lerobot's own statistics, in standard deviations."""
    worst = 0.0
    for key in ("observation.state", "action"):
        each = [{key: get_feature_stats(expected[f"{e}/{key}"], axis=0, keepdims=False)} for e in range(episodes)]
        own = aggregate_stats(each)[key]
        for name, value in own.items():
            difference = np.abs(data.meta.stats[key][name] - value) / np.maximum(own["std"], 1e-9)
            # quantiles: lerobot reads them off a histogram of a short episode, which is coarse
            if not name.startswith("q"):
                worst = max(worst, float(difference.max()))
    assert worst < 1e-4, worst
    return worst


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), np.load(sys.argv[2], allow_pickle=False))))
