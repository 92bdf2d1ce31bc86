"""Codecs, against the formats' other readers."""

import contextlib
from io import BytesIO

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
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


SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))
FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)


def of(dtype, *channels, elements=None):
    return SIZES.flatmap(lambda size: arrays(dtype, (*size, *channels), elements=elements))


@settings(deadline=None, max_examples=40)
@given(of(np.uint8, 3), of(np.uint16), of(np.bool_), of(np.float32, elements=FLOATS), of(np.float32, 2))
def test_images_come_back_exactly(rgb, ids, mask, floats, flow):
    assert np.array_equal(media.decode_rgb(media.encode_rgb(rgb)), rgb)
    assert np.array_equal(media.decode_instances(media.encode_instances(ids)), ids)
    assert np.array_equal(media.decode_mask(media.encode_mask(mask)), mask)
    back = media.decode_floats(media.encode_floats(floats))
    assert back.dtype == np.float32
    assert np.array_equal(back.view(np.uint32), floats.view(np.uint32))  # to the last bit, of what is no number as well
    assert np.array_equal(media.decode_flow(media.encode_flow(flow)), flow, equal_nan=True)


@settings(deadline=None, max_examples=40)
@given(of(np.float32, 3, elements=st.floats(-1e5, 1e5, width=32)), of(np.float32, elements=st.floats(0, 1, width=32)))
def test_radiance_and_opacity_come_back_within_their_steps(radiance, opacity):
    back = media.decode_radiance(media.encode_radiance(radiance))
    assert back.dtype == np.float32
    assert np.array_equal(back, np.clip(radiance, -65504, 65504).astype(np.float16))
    back = media.decode_opacity(media.encode_opacity(opacity))
    assert back.dtype == np.float32
    assert np.abs(back - opacity).max() <= 0.5 / 255 + 1e-6


def test_another_reader_sees_the_same(tmp_path):
    import OpenEXR
    import tifffile

    rgb = RNG.integers(0, 256, (12, 9, 3), np.uint8)
    assert np.array_equal(np.asarray(Image.open(BytesIO(media.encode_rgb(rgb)))), rgb)
    ids = RNG.integers(0, 65536, (12, 9), np.uint16)
    assert np.array_equal(np.asarray(Image.open(BytesIO(media.encode_instances(ids)))), ids)
    assert np.array_equal(np.asarray(Image.open(BytesIO(media.encode_mask(ids > 9000)))), (ids > 9000) * 255)
    depth = RNG.random((12, 9), np.float32)
    assert np.array_equal(cv2.imdecode(np.frombuffer(media.encode_depth(depth), np.uint8), cv2.IMREAD_UNCHANGED), depth)
    flow = RNG.random((13, 7, 2), np.float32)  # of odd lengths
    _, pages = cv2.imdecodemulti(np.frombuffer(media.encode_flow(flow), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(np.stack(pages, -1), flow)
    with tifffile.TiffFile(BytesIO(media.encode_flow(flow))) as file:
        assert [(page.shape, page.dtype, page.predictor) for page in file.pages] == [((13, 7), np.float32, 3)] * 2
    path = tmp_path / "radiance.exr"
    path.write_bytes(media.encode_radiance(rgb.astype(np.float32)))
    with OpenEXR.File(str(path), separate_channels=True) as exr:
        assert [np.array_equal(exr.channels()[name].pixels, rgb[..., k]) for k, name in enumerate("RGB")] == [True] * 3


def test_depth_of_other_writers_is_read():
    depth = RNG.gamma(2.0, 3.0, (31, 17)).astype(np.float32)
    options = [cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW, cv2.IMWRITE_TIFF_PREDICTOR, 3]
    assert np.array_equal(media.decode_depth(cv2.imencode(".tiff", depth, options)[1].tobytes()), depth)


def test_normals_come_back_within_their_step():
    normals = RNG.normal(size=(40, 30, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    normals[0, 0], normals[0, 1], normals[0, 2] = (0, 0, -1), (1, 0, 0), (0, -1, 0)
    normals[7] = 0
    data = media.encode_normals(normals)
    back = media.decode_normals(data)
    assert np.abs(back - normals).max() <= 1 / 65535 + 3e-7  # and float32 rounds
    assert not back[7].any()
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
    (media.encode_mask, np.zeros((4, 4), np.uint8)),
    (media.encode_opacity, np.full((4, 4), 1.01, np.float32)),
    (media.encode_opacity, np.full((4, 4), np.nan, np.float32)),
    (media.encode_flow, np.zeros((4, 4), np.float32)),
    (media.encode_radiance, np.full((4, 4, 3), np.nan, np.float32)),
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
        "colour tiff": pages.getvalue(), "cut exr": media.encode_radiance(np.ones((8, 8, 3), np.float32))[:200],
    }  # fmt: skip


DECODERS = (
    media.decode_rgb, media.decode_normals, media.decode_instances, media.decode_mask, media.decode_opacity,
    media.decode_floats, media.decode_flow, media.decode_radiance, lambda data: list(media.decode_video(data)),
)  # fmt: skip


@pytest.mark.parametrize("name", hostile())
@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_hostile_bytes_are_a_value_error(decode, name):
    with pytest.raises(ValueError, match=r"\w"):
        decode(hostile()[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("data", "decode"), [
    (media.encode_radiance(RNG.random((20, 30, 3), np.float32)), media.decode_radiance),
    (media.encode_flow(RNG.random((20, 30, 2), np.float32)), media.decode_flow),
    (media.encode_floats(RNG.random((20, 30), np.float32)), media.decode_floats),
])  # fmt: skip
def test_changed_bytes_are_read_or_a_value_error(data, decode):
    for _ in range(300):
        changed = bytearray(data)
        # headers lie at the front, and a TIFF's second page anywhere
        for place in RNG.integers(0, RNG.choice([64, 400, len(data)]), RNG.integers(1, 4)):
            changed[place % len(data)] = RNG.integers(256)
        with contextlib.suppress(ValueError):
            decode(bytes(changed[: RNG.integers(len(data) // 2, len(data) + 1)]))


def test_sizes_are_looked_at_before_anything_is_decoded():
    exr = bytearray(media.encode_radiance(np.zeros((8, 8, 3), np.float32)))
    at = exr.index(b"dataWindow\0box2i\0") + len(b"dataWindow\0box2i\0") + 4
    exr[at + 8 : at + 16] = (2**20).to_bytes(4, "little") * 2
    with pytest.raises(ValueError, match="pixels"):
        media.decode_radiance(bytes(exr))
    with pytest.raises(ValueError, match="pages"):
        media.decode_floats(media.encode_flow(np.zeros((8, 8, 2), np.float32)))
    with pytest.raises(ValueError, match="0 or 255"):
        media.decode_mask(media.encode_opacity(np.full((8, 8), 0.5, np.float32)))


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
