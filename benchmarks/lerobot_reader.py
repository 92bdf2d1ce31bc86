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

EXACT = ("observation.state", "action", "next.reward", "next.done")


def main(root: Path, expected: Any) -> dict[str, Any]:
    """Compare everything, and say what was compared; an AssertionError names what differs."""
    data = LeRobotDataset("multisynth/check", root=root, video_backend="pyav")
    cameras = data.meta.video_keys
    episodes = int(expected["episodes"])
    assert (data.num_episodes, data.meta.total_episodes) == (episodes, episodes)
    assert len(data) == sum(len(expected[f"{e}/action"]) for e in range(episodes)) == data.meta.total_frames
    index = pixels = 0
    for episode in range(episodes):
        want = {key: expected[f"{episode}/{key}"] for key in EXACT}
        shown = {camera: frames(expected[f"{episode}/{camera}"].tobytes()) for camera in cameras}
        length = len(want["action"])
        for step in range(length):
            item = data[index]
            for key, values in want.items():
                got = item[key].numpy()
                assert got.dtype == values.dtype and np.array_equal(got, values[step]), (episode, step, key)
            assert item["task"] == str(expected[f"{episode}/task"]), (episode, item["task"])
            assert bool(item["next.success"]) == bool(expected[f"{episode}/success"] and want["next.done"][step])
            assert (int(item["episode_index"]), int(item["frame_index"]), int(item["index"])) == (episode, step, index)
            assert abs(float(item["timestamp"]) - step / data.fps) < 1e-5
            for camera in cameras:
                image = np.round(item[camera].numpy() * 255).astype(np.uint8).transpose(1, 2, 0)
                assert np.array_equal(image, shown[camera][step]), (episode, step, camera)
                pixels += image.size
            index += 1
        assert all(len(images) == length for images in shown.values())
    worst = compare_statistics(data, expected, episodes)
    history = LeRobotDataset(
        "multisynth/check", root=root, video_backend="pyav", delta_timestamps={"action": [-1 / data.fps, 0.0]}
    )[len(expected["0/action"]) - 1]
    assert np.array_equal(history["action"].numpy(), expected["0/action"][-2:])
    return {
        "lerobot": version("lerobot"), "episodes": episodes, "frames": index, "cameras": cameras,
        "tasks": len(data.meta.tasks), "features": sorted(data.features), "values equal": True,
        "pixel values equal": pixels, "statistics off by at most": worst,
    }  # fmt: skip


def frames(video: bytes) -> list[np.ndarray]:
    """All frames of a clip as the store has it. [H, W, 3] uint8 each"""
    with av.open(io.BytesIO(video)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


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
