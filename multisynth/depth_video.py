"""Depth as a video without loss: 16 bits grey, a step of 1 mm, up to 65.535 m.

FFV1 (RFC 9043) in Matroska, each frame by itself. What is nearer than 0.5 mm counts as nothing, and what is farther
than the range as its end; everything else comes back within 0.5 mm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import BytesIO

import numpy as np

from multisynth.media import LARGEST, LONGEST

STEP = 0.001
"""m"""
FARTHEST = 65535 * STEP
"""m"""


class DepthVideo:
    """A video that grows frame by frame; equal frames make equal bytes.

    Args:
        fps: Frames a second.
    """

    def __init__(self, fps: float) -> None:
        import av

        self._target = BytesIO()
        self._container = av.open(self._target, "w", format="matroska", options={"fflags": "+bitexact"})
        self._stream = self._container.add_stream("ffv1", Fraction(fps).limit_denominator(10_000))
        self._stream.pix_fmt = "gray16le"
        self._stream.options = {"level": "3", "g": "1", "slices": "4", "threads": "1", "flags": "+bitexact"}
        self._size: tuple[int, ...] | None = None

    def add(self, depth: np.ndarray) -> None:
        """Put a frame at the end.

        Args:
            depth: z-depth in m, 0 where nothing is. [H, W] float32

        Raises:
            ValueError: Another shape or dtype, another size than before, or a depth that is negative or no number.
        """
        import av

        if depth.ndim != 2 or depth.dtype != np.float32:
            raise ValueError(f"depth must be float32 [H, W], not {depth.dtype} {depth.shape}")
        if self._size is None:
            self._size = self._stream.height, self._stream.width = depth.shape
        elif depth.shape != self._size:
            (height, width), (other, wide) = self._size, depth.shape
            raise ValueError(f"frames differ in size: {width}×{height} and {wide}×{other}")
        if not depth.min(initial=0) >= 0:
            raise ValueError("a depth is negative or no number")
        steps = np.rint(np.minimum(depth, np.float32(FARTHEST)) * np.float32(1 / STEP)).astype(np.uint16)
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(steps, "gray16le")))

    def finish(self) -> bytes:
        """The video: Matroska, FFV1, gray16le.

        Raises:
            ValueError: It has no frame.
        """
        if self._size is None:
            raise ValueError("a video needs a frame")
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._target.getvalue()


def encode_depth_video(frames: Iterable[np.ndarray], fps: float) -> bytes:
    """A whole `DepthVideo`; for `frames` and errors see there."""
    video = DepthVideo(fps)
    for frame in frames:
        video.add(frame)
    return video.finish()


def decode_depth_video(data: bytes) -> Iterator[np.ndarray]:
    """z-depth in m of each frame, 0 where nothing is. Each [H, W] float32

    Raises:
        ValueError: Another format, broken, or too large.
    """
    import av

    try:
        with av.open(BytesIO(data), "r", format="matroska") as container:
            if not container.streams.video or container.streams.video[0].codec_context.name != "ffv1":
                raise ValueError("not a video in FFV1")
            stream = container.streams.video[0]
            for index, frame in enumerate(container.decode(stream)):
                if index >= LONGEST or frame.width * frame.height > LARGEST:
                    raise ValueError(f"a depth video has at most {LONGEST} frames of {LARGEST} pixels")
                if frame.format.name != "gray16le":
                    raise ValueError(f"a depth video is gray16le, not {frame.format.name}")
                yield frame.to_ndarray().astype(np.float32) * np.float32(STEP)
    except (av.FFmpegError, OSError, EOFError, OverflowError) as error:
        raise ValueError(f"cannot decode a depth video: {error}") from error
