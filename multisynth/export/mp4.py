"""Several clips one after another in one MP4, without decoding: packets are copied and get new times."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

_TICKS = 512  # of the time base in a frame


@dataclass(frozen=True)
class Footage:
    """A clip, taken apart.

    Args:
        packets: In decoding order.
        shown: For each packet, which frame of the clip it shows, 0 to count - 1.
        delay: Frames by which decoding runs ahead of showing, as the encoder allowed for B-frames.
        header: Parameter sets (`avcC`, `hvcC`); clips can only be joined where they are equal.
        stream: What the packets belong to.
        container: Keeps the stream alive.
    """

    packets: list[Any]
    shown: list[int]
    delay: int
    header: bytes
    stream: Any
    container: Any

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self.packets)

    @property
    def size(self) -> int:
        """Bytes of all packets."""
        return sum(packet.size for packet in self.packets)


def open_clip(video: bytes, fps: float, codec: str = "h264") -> Footage:
    """Take an MP4 apart.

    Args:
        video: Bytes.
        fps: Frames a second.
        codec: As FFmpeg calls it, `h264` or `hevc`.

    Raises:
        ValueError: It is not that codec in MP4, does not start with a key frame, or its frames are not 1 / fps apart.
    """
    import av

    try:
        container = av.open(io.BytesIO(video), "r", format="mp4")
        if not container.streams.video or container.streams.video[0].codec_context.name != codec:
            raise ValueError(f"it is not a video in {'H.264' if codec == 'h264' else codec}")
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
    except (av.FFmpegError, OSError, EOFError) as broken:
        raise ValueError(f"it cannot be read: {broken}") from broken
    if not packets or not packets[0].is_keyframe:
        raise ValueError("it does not start with a key frame")
    times = [float((packet.pts or 0) * (packet.time_base or 0)) for packet in packets]
    shown = np.argsort(np.argsort(times))
    error = np.abs(np.asarray(times) - min(times) - shown / fps).max()
    if error > 1e-4:
        raise ValueError(f"its frames are not 1/{fps:g} s apart, but off by up to {error:.4f} s")
    early = min(times) - min(float((packet.dts or 0) * (packet.time_base or 0)) for packet in packets)
    delay = max(round(early * fps), *(order - int(frame) for order, frame in enumerate(shown)))
    header = bytes(stream.codec_context.extradata or b"")
    return Footage(packets, [int(frame) for frame in shown], delay, header, stream, container)


def describe(path: Path) -> dict[str, Any]:
    """What LeRobot notes about a video file under a feature's `info`."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return {
            "video.height": stream.height,
            "video.width": stream.width,
            "video.codec": stream.codec.canonical_name,
            "video.pix_fmt": stream.pix_fmt,
            "video.is_depth_map": False,
            "video.fps": int(stream.base_rate or 0),
            "video.channels": 1 if "gray" in str(stream.pix_fmt) else 3,
            "has_audio": bool(container.streams.audio),
        }


class Reel:
    """An MP4 that clips are appended to.

    Args:
        path: Where to write it.
        first: The first clip; the others must resemble it.
        fps: Frames a second.
    """

    def __init__(self, path: Path, first: Footage, fps: float) -> None:
        import av

        self._header, self._delay = first.header, first.delay
        self._base = 1 / (Fraction(fps).limit_denominator(1001) * _TICKS)
        self._output = av.open(str(path), "w", format="mp4", options={"movflags": "faststart", "fflags": "bitexact"})
        self._stream = self._output.add_stream_from_template(first.stream)
        self._stream.time_base = self._base
        self.frames, self.size = 0, 0

    def fits(self, footage: Footage) -> bool:
        """Whether a clip can follow without being encoded again."""
        return footage.header == self._header and footage.delay <= self._delay

    def append(self, footage: Footage) -> None:
        """Put a clip at the end."""
        for order, (packet, shown) in enumerate(zip(footage.packets, footage.shown, strict=True)):
            packet.stream = self._stream
            packet.time_base = self._base
            packet.pts = (self.frames + shown) * _TICKS
            packet.dts = (self.frames + order - self._delay) * _TICKS
            packet.duration = _TICKS
            self._output.mux(packet)
        self.frames += footage.count
        self.size += footage.size

    def close(self) -> None:
        """Finish the file."""
        self._output.close()
