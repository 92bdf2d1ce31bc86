import io
import subprocess
import sys

import av
import numpy as np
import pytest

from multisynth.depth_video import FARTHEST, decode_depth_video, encode_depth_video


def frames(count=6, height=30, width=42):
    rng = np.random.default_rng(0)
    return [rng.uniform(0.1, 12, (height, width)).astype(np.float32) for _ in range(count)]


def test_depth_comes_back_within_half_a_millimetre():
    shown = frames()
    shown[0][0, :4] = [0, 0.0004, FARTHEST, 1000]
    back = list(decode_depth_video(encode_depth_video(shown, 20)))
    assert len(back) == len(shown)
    assert back[0][0, :4] == pytest.approx([0, 0, 65.535, 65.535])
    for a, b in zip(shown[1:], back[1:], strict=True):
        assert b.dtype == np.float32
        assert np.abs(a - b).max() <= 0.0005 + 1e-6


def test_another_reader_sees_millimetres():
    shown = frames()
    with av.open(io.BytesIO(encode_depth_video(shown, 12.5))) as container:
        stream = container.streams.video[0]
        assert (container.format.name, stream.codec_context.name, stream.pix_fmt) == (
            "matroska,webm",
            "ffv1",
            "gray16le",
        )
        assert stream.average_rate == 12.5
        decoded = [(frame.time, frame.key_frame, frame.to_ndarray()) for frame in container.decode(stream)]
    assert [time for time, _, _ in decoded] == pytest.approx(np.arange(6) / 12.5, abs=0.001)
    assert all(key for _, key, _ in decoded)
    for (_, _, image), depth in zip(decoded, shown, strict=True):
        assert image.dtype == np.uint16
        assert np.abs(image - 1000 * depth.astype(float)).max() < 0.501


def test_another_process_makes_the_same_bytes():
    program = "import sys, numpy as np; from multisynth.depth_video import encode_depth_video as encode;"
    program += "rng = np.random.default_rng(0);"
    program += "frames = [rng.uniform(0.1, 12, (30, 42)).astype(np.float32) for _ in range(6)];"
    program += "sys.stdout.buffer.write(encode(frames, 20))"
    other = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True).stdout
    assert other == encode_depth_video(frames(), 20)


def test_what_is_no_depth_is_refused():
    for bad, reason in (
        ([], "needs a frame"),
        ([np.ones((4, 4))], "float32"),
        ([np.ones((4, 4, 1), np.float32)], "float32"),
        ([np.ones((4, 4), np.float32), np.ones((4, 6), np.float32)], "4×4 and 6×4"),
        ([np.full((4, 4), -1, np.float32)], "negative"),
        ([np.full((4, 4), np.nan, np.float32)], "no number"),
    ):
        with pytest.raises(ValueError, match=reason):
            encode_depth_video(bad, 20)


def test_garbage_is_refused():
    grey = io.BytesIO()
    with av.open(grey, "w", format="matroska") as container:
        stream = container.add_stream("ffv1", 10)
        stream.width, stream.height, stream.pix_fmt = 8, 8, "gray"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((8, 8), np.uint8), "gray")))
        container.mux(stream.encode(None))
    for bad in (b"", b"no video at all" * 50, b"#EXTM3U\n/etc/passwd\n", grey.getvalue()):
        with pytest.raises(ValueError, match="depth video"):
            list(decode_depth_video(bad))
