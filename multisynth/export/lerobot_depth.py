"""Depth as LeRobot keeps it in a data set of version v3.0: codes of 12 bits, finer near the camera, in lossless HEVC.

A depth d becomes the code round(4095 · ln((d + 3.5) / 3.51) / ln(13.5 / 3.51)), clipped to 0 … 4095; so codes reach
from 0.01 m to 10 m in steps of (d + 3.5 m) · 0.000329: 1.2 mm near the camera, 1.5 mm at 1 m, 4.4 mm at 10 m. Where
nothing is, the code is 0. These are the defaults of lerobot 0.6 (`lerobot.datasets.depth_utils`), which gives depths in
mm or m; lerobot 0.4 shows the upper 8 of the 12 bits as a grey image, and PyAV reads the codes as they are (gray12le).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any

import numpy as np

NEAREST, FARTHEST = 0.01, 10.0
"""m"""
SHIFT = 3.5
"""m"""
CODES = 4096
_BETWEEN_KEY_FRAMES = 10

INFO: dict[str, Any] = {
    "video.is_depth_map": True,
    "is_depth_map": True,
    "depth_unit": "m",
    "video.depth_min": NEAREST,
    "video.depth_max": FARTHEST,
    "video.shift": SHIFT,
    "video.use_log": True,
}
"""What a feature's `info` says of depth; lerobot 0.4 knows the first, later ones the others. Statistics are in m."""


def codes_of(depth: np.ndarray) -> np.ndarray:
    """Codes of depths in m. [H, W] float32 → [H, W] uint16"""
    low, high = np.log(NEAREST + SHIFT), np.log(FARTHEST + SHIFT)
    share = (np.log(depth + np.float32(SHIFT)) - low) / (high - low)
    return np.rint(share * (CODES - 1)).clip(0, CODES - 1).astype(np.uint16)


def depth_of(codes: np.ndarray) -> np.ndarray:
    """Depths in m of codes. [...] → [...] float64"""
    low, high = np.log(NEAREST + SHIFT), np.log(FARTHEST + SHIFT)
    return np.exp(low + codes / (CODES - 1) * (high - low)) - SHIFT


def encode_codes(frames: Iterable[np.ndarray], fps: float) -> bytes:
    """MP4, HEVC Main 12, gray12le, lossless; equal frames make equal bytes.

    Args:
        frames: Codes, all of one size, one at least. Each [H, W] uint16
        fps: Frames a second.

    Raises:
        ValueError: No frame.
    """
    import av

    target, empty = BytesIO(), True
    # a key frame often enough to reach any frame quickly; no frames that are shown in another order
    parameters = {
        "lossless": 1, "keyint": _BETWEEN_KEY_FRAMES, "min-keyint": 1, "scenecut": 0, "bframes": 0, "open-gop": 0,
        "pools": "none", "frame-threads": 1, "wpp": 0, "info": 0, "log-level": "error",
    }  # fmt: skip
    with av.open(target, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx265", Fraction(fps).limit_denominator(10_000))
        stream.pix_fmt = "gray12le"
        stream.codec_context.codec_tag = "hvc1"
        stream.options = {
            "preset": "ultrafast", "x265-params": ":".join(f"{name}={value}" for name, value in parameters.items()),
        }  # fmt: skip
        for frame in frames:
            if empty:
                stream.height, stream.width = frame.shape
                empty = False
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "gray12le")))
        if empty:
            raise ValueError("a video needs a frame")
        container.mux(stream.encode(None))
    return target.getvalue()


def decode_codes(data: bytes) -> Iterator[np.ndarray]:
    """Codes of each frame of what `encode_codes` made. Each [H, W] uint16"""
    import av

    with av.open(BytesIO(data), "r", format="mp4") as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="gray12le")
