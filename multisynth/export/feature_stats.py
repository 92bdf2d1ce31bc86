"""Statistics of a feature as LeRobot's metadata has them: min, max, mean, std, count and five quantiles.

The layout follows `lerobot.datasets.compute_stats` of lerobot 0.4.4, except that quantiles within an episode are exact
where LeRobot reads them off a histogram of 5000 bins.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
Stats = dict[str, np.ndarray]


def vector_stats(values: np.ndarray) -> Stats:
    """Statistics over time.

    Args:
        values: A scalar or a vector a frame. [T] or [T, D]

    Returns:
        Each [D], D = 1 for scalars; `count` is [1].
    """
    values = values.reshape(len(values), -1)
    exact = values.astype(np.float64)
    return {
        "min": values.min(axis=0),
        "max": values.max(axis=0),
        "mean": exact.mean(axis=0),
        "std": exact.std(axis=0),
        "count": np.array([len(values)]),
        **{name: np.quantile(exact, q, axis=0) for name, q in QUANTILES.items()},
    }


def pixel_stats(frames: Iterator[np.ndarray], count: int) -> Stats:
    """Statistics of each colour over the pixels of a video, of which some frames and pixels are looked at.

    Args:
        frames: All frames, uint8. [H, W, 3] each
        count: How many there are.

    Returns:
        Each [3, 1, 1], between 0 and 1; `count` is the number of frames looked at.
    """
    return _level_stats(frames, count, np.arange(256) / 255)


def level_stats(frames: Iterator[np.ndarray], count: int, values: np.ndarray) -> Stats:
    """The same of a video with one channel.

    Args:
        frames: All frames, levels. [H, W] each
        count: How many there are.
        values: What each level stands for, rising. [levels]

    Returns:
        Each [1, 1, 1], in the unit of `values`; `count` is the number of frames looked at.
    """
    return _level_stats((frame[..., None] for frame in frames), count, values)


def _level_stats(frames: Iterator[np.ndarray], count: int, values: np.ndarray) -> Stats:
    chosen = set(_sampled(count))
    histogram: np.ndarray | None = None  # [C, levels]
    for index, frame in enumerate(frames):
        if index in chosen:
            channels = np.moveaxis(_downsampled(frame), 2, 0)
            found = np.stack([np.bincount(channel.ravel(), minlength=len(values)) for channel in channels])
            histogram = found if histogram is None else histogram + found
    if histogram is None:
        raise ValueError("statistics of no frames")
    total = int(histogram[0].sum())
    mean = histogram @ values / total
    stats = {
        "min": values[(histogram > 0).argmax(axis=1)],
        "max": values[len(values) - 1 - (histogram[:, ::-1] > 0).argmax(axis=1)],
        "mean": mean,
        "std": np.sqrt(np.maximum(histogram @ values**2 / total - mean**2, 0)),
        **{name: _quantile(histogram, values, q) for name, q in QUANTILES.items()},
    }
    return {**{name: value.reshape(-1, 1, 1) for name, value in stats.items()}, "count": np.array([len(chosen)])}


def aggregate(before: Stats | None, new: Stats) -> Stats:
    """Statistics of two sets of frames together (Chan et al. 1983), quantiles averaged by count as LeRobot does."""
    if before is None:
        return new
    n, m = float(before["count"][0]), float(new["count"][0])
    mean = (n * before["mean"] + m * new["mean"]) / (n + m)
    spread = [w * (s["std"] ** 2 + (s["mean"] - mean) ** 2) for w, s in ((n, before), (m, new))]
    return {
        "min": np.minimum(before["min"], new["min"]),
        "max": np.maximum(before["max"], new["max"]),
        "mean": mean,
        "std": np.sqrt((spread[0] + spread[1]) / (n + m)),
        "count": before["count"] + new["count"],
        **{name: (n * before[name] + m * new[name]) / (n + m) for name in QUANTILES},
    }


def _sampled(count: int) -> list[int]:
    """Frames that LeRobot looks at in an episode: all of a short one, count ** 0.75 of a long one."""
    wanted = max(min(100, count), min(int(count**0.75), 10_000))
    return [int(index) for index in np.round(np.linspace(0, count - 1, wanted))]


def _downsampled(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    if max(width, height) < 300:
        return frame
    step = int((width if width > height else height) / 150)
    return frame[::step, ::step]


def _quantile(histogram: np.ndarray, values: np.ndarray, q: float) -> np.ndarray:
    """Linear between order statistics, as `numpy.quantile` has it. [C]"""
    position = q * (histogram[0].sum() - 1)
    below = int(position)
    cumulative = histogram.cumsum(axis=1)
    low = values[(cumulative > below).argmax(axis=1)]
    high = values[(cumulative > min(below + 1, cumulative[0, -1] - 1)).argmax(axis=1)]
    found: np.ndarray = low + (position - below) * (high - low)
    return found
