import io

import av
import numpy as np
import pytest

from multisynth.export.mp4 import Reel, describe, open_clip
from multisynth.media import encode_video


def frames(seed, count, size=(48, 64)):
    """Noise that moves, so that the encoder uses frames both ways (B-frames)."""
    noise = np.random.default_rng(seed).integers(0, 255, (size[0], size[1] + count, 3), np.uint8)
    return [noise[:, shift : shift + size[1]] for shift in range(count)]


def decoded(source):
    with av.open(source) as container:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


@pytest.mark.parametrize("fps", [10, 30, 12.5])
def test_clips_follow_one_another_frame_by_frame(tmp_path, fps):
    clips = [encode_video(frames(seed, count), fps) for seed, count in enumerate((12, 1, 7, 25))]
    path = tmp_path / "joined.mp4"
    taken = [open_clip(clip, fps) for clip in clips]
    assert max(footage.delay for footage in taken) > 0, "no B-frames: the test would miss what is hard"
    reel = Reel(path, taken[0], fps)
    starts = []
    for footage in taken:
        assert reel.fits(footage)
        starts.append(reel.frames)
        reel.append(footage)
    reel.close()
    assert starts == [0, 12, 13, 20]
    joined = decoded(str(path))
    assert [time for time, _ in joined] == pytest.approx(np.arange(45) / fps, abs=1e-6)
    alone = [image for clip in clips for _, image in decoded(io.BytesIO(clip))]
    assert all(np.array_equal(image, own) for (_, image), own in zip(joined, alone, strict=True))
    with av.open(str(path)) as container:
        assert float(container.streams.video[0].average_rate) == pytest.approx(fps)
        assert float(container.duration / av.time_base) == pytest.approx(45 / fps, abs=0.01)


def test_every_clip_can_be_reached_by_seeking(tmp_path):
    clips = [encode_video(frames(seed, 9), 10) for seed in range(4)]
    taken = [open_clip(clip, 10) for clip in clips]
    reel = Reel(tmp_path / "joined.mp4", taken[0], 10)
    for footage in taken:
        reel.append(footage)
    reel.close()
    for number, clip in enumerate(clips):
        with av.open(str(tmp_path / "joined.mp4")) as container:
            stream = container.streams.video[0]
            container.seek(int((number * 0.9 + 0.01) / stream.time_base), stream=stream)
            first = next(f for f in container.decode(stream) if f.time > number * 0.9 - 1e-6)
        assert first.time == pytest.approx(number * 0.9)
        assert np.array_equal(first.to_ndarray(format="rgb24"), decoded(io.BytesIO(clip))[0][1])


def test_another_size_does_not_fit(tmp_path):
    small, large = (open_clip(encode_video(frames(0, 3, size), 10), 10) for size in ((48, 64), (64, 96)))
    reel = Reel(tmp_path / "reel.mp4", small, 10)
    assert not reel.fits(large)
    reel.append(small)
    reel.close()


def test_description_is_what_the_file_says(tmp_path):
    footage = open_clip(encode_video(frames(0, 3), 10), 10)
    reel = Reel(tmp_path / "reel.mp4", footage, 10)
    reel.append(footage)
    reel.close()
    found = describe(tmp_path / "reel.mp4")
    assert (found["video.height"], found["video.width"], found["video.fps"]) == (48, 64, 10)
    assert (found["video.codec"], found["video.pix_fmt"], found["has_audio"]) == ("h264", "yuv420p", False)


def test_wrong_rate_is_refused():
    with pytest.raises(ValueError, match="not 1/20 s apart"):
        open_clip(encode_video(frames(0, 5), 10), 20)


def test_garbage_is_refused():
    whole = encode_video(frames(0, 5), 10)
    for bad in (b"", b"no video at all" * 50, whole[: len(whole) // 2], b"#EXTM3U\n/etc/passwd\n"):
        with pytest.raises(ValueError, match="it "):
            open_clip(bad, 10)


def test_another_codec_is_refused():
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", 10)
        stream.width, stream.height = 64, 48
        for frame in frames(0, 3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(ValueError, match=r"not a video in H\.264"):
        open_clip(target.getvalue(), 10)
