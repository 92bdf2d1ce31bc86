"""Codecs, against the formats' other readers."""

from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from multisynth import media

RNG = np.random.Generator(np.random.Philox(5))


def moving_square(frames: int = 24, height: int = 96, width: int = 128) -> list[np.ndarray]:
    y, x = np.mgrid[:height, :width]
    made = []
    for k in range(frames):
        frame = np.stack([x, y, (x + y) // 2], -1).astype(np.uint8)
        frame[30:60, 10 + 3 * k : 40 + 3 * k] = (220, 40, 30)
        made.append(frame)
    return made


def test_images_come_back_exactly():
    rgb = RNG.integers(0, 256, (31, 17, 3), np.uint8)
    ids = RNG.integers(0, 65536, (31, 17), np.uint16)
    depth = RNG.gamma(2.0, 3.0, (31, 17)).astype(np.float32)
    depth[:5] = 0
    assert np.array_equal(media.decode_rgb(media.encode_rgb(rgb)), rgb)
    assert np.array_equal(media.decode_instances(media.encode_instances(ids)), ids)
    back = media.decode_depth(media.encode_depth(depth))
    assert back.dtype == np.float32
    assert np.array_equal(back, depth)


def test_another_reader_sees_the_same():
    rgb = RNG.integers(0, 256, (12, 9, 3), np.uint8)
    assert np.array_equal(np.asarray(Image.open(BytesIO(media.encode_rgb(rgb)))), rgb)
    ids = RNG.integers(0, 65536, (12, 9), np.uint16)
    assert np.array_equal(np.asarray(Image.open(BytesIO(media.encode_instances(ids)))), ids)
    import cv2

    depth = RNG.random((12, 9), np.float32)
    assert np.array_equal(cv2.imdecode(np.frombuffer(media.encode_depth(depth), np.uint8), cv2.IMREAD_UNCHANGED), depth)


def test_normals_come_back_within_their_step():
    normals = RNG.normal(size=(40, 30, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    normals[0, 0], normals[0, 1], normals[0, 2] = (0, 0, -1), (1, 0, 0), (0, -1, 0)
    normals[7] = 0
    data = media.encode_normals(normals)
    back = media.decode_normals(data)
    assert np.abs(back - normals).max() <= 1 / 65535 + 1e-7
    assert not back[7].any()
    import cv2

    codes = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert codes.dtype == np.uint16
    assert np.array_equal(codes[0, 1], [65535, 32768, 32768])
    assert np.array_equal(codes[7], np.zeros((30, 3)))


@pytest.mark.parametrize(("encode", "image"), [
    (media.encode_rgb, np.zeros((4, 4, 3), np.float32)),
    (media.encode_rgb, np.zeros((4, 4), np.uint8)),
    (media.encode_rgb, np.zeros((0, 4, 3), np.uint8)),
    (media.encode_depth, np.zeros((4, 4), np.float64)),
    (media.encode_instances, np.zeros((4, 4), np.int32)),
    (media.encode_normals, np.full((4, 4, 3), 2.0)),
    (media.encode_normals, np.full((4, 4, 3), np.nan)),
])  # fmt: skip
def test_what_does_not_fit_is_refused(encode, image):
    with pytest.raises(ValueError):
        encode(image)


def hostile() -> dict[str, bytes]:
    rgb = media.encode_rgb(np.zeros((8, 8, 3), np.uint8))
    bomb = bytearray(rgb)
    bomb[16:24] = (2**31 - 1).to_bytes(4, "big") * 2
    palette = BytesIO()
    Image.new("P", (8, 8)).save(palette, "PNG")
    tiff = media.encode_depth(np.ones((8, 8), np.float32))
    pages = BytesIO()
    Image.new("RGB", (8, 8)).save(pages, "TIFF")
    return {
        "nothing": b"", "noise": bytes(RNG.integers(0, 256, 400, np.uint8)), "cut": rgb[: len(rgb) // 2],
        "bomb": bytes(bomb), "palette": palette.getvalue(), "cut tiff": tiff[: len(tiff) // 2],
        "colour tiff": pages.getvalue(),
    }  # fmt: skip


@pytest.mark.parametrize("name", hostile())
@pytest.mark.parametrize("decode", [
    media.decode_rgb, media.decode_normals, media.decode_instances, media.decode_depth,
    lambda data: list(media.decode_video(data)),
])  # fmt: skip
def test_hostile_bytes_are_a_value_error(decode, name):
    with pytest.raises(ValueError, match=r"\w"):
        decode(hostile()[name])


def test_video_is_close_and_has_every_frame():
    frames = moving_square()
    data = media.encode_video(frames, 12.5)
    with av.open(BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert float(stream.average_rate) == 12.5
        assert stream.frames == len(frames)
        times = [float(packet.pts * packet.time_base) for packet in container.demux(stream) if packet.pts is not None]
    assert np.allclose(np.sort(times), np.arange(len(frames)) / 12.5)
    back = list(media.decode_video(data))
    assert len(back) == len(frames)
    error = np.mean((np.array(back, float) - np.array(frames, float)) ** 2)
    assert 10 * np.log10(255**2 / error) > 33
    # flat colours keep their values, so encoder and decoder agree on the matrix and the range
    assert np.abs(back[5][45, 40].astype(int) - (220, 40, 30)).max() <= 4


def test_equal_frames_make_equal_videos():
    import cv2

    frames = [cv2.GaussianBlur(frame, (0, 0), 3) for frame in moving_square(40, 240, 320)]
    first = media.encode_video(frames, 20)
    for _ in range(4):
        assert media.encode_video(iter(frames), 20) == first


def test_videos_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="even"):
        media.encode_video([np.zeros((15, 16, 3), np.uint8)], 10)
    with pytest.raises(ValueError, match="differ"):
        media.encode_video([np.zeros((16, 16, 3), np.uint8), np.zeros((16, 32, 3), np.uint8)], 10)
    with pytest.raises(ValueError, match="needs a frame"):
        media.encode_video([], 10)
    data = media.encode_video(moving_square(8), 10)
    with pytest.raises(ValueError, match="decode"):
        list(media.decode_video(data[: len(data) // 2]))
