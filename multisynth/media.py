"""Images and videos as the bytes that samples carry.

What goes in comes out: float maps, flow, ids, masks and RGB images exactly, normals within 1/65535, opacity within
1/510, radiance as the nearest half floats. Bytes may come from anywhere, so the decoders take only the formats written
here, look at the size before they decode, and answer anything else with a `ValueError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import BytesIO

import numpy as np

from multisynth.rasters import png, tiff

LARGEST = 2**26
"""Pixels of an image, at most."""
LONGEST = 2**20
"""Frames of a video, at most."""

_PNG = struct.Struct(">8sI4sIIBB")
_GREY, _COLOUR = 0, 2  # PNG colour types
_EXR = bytes.fromhex("762f3101 02000000")  # magic, version 2, one part of scan lines with short names


def encode_rgb(rgb: np.ndarray) -> bytes:
    """PNG, 8 bits.

    Args:
        rgb: sRGB. [H, W, 3] uint8

    Raises:
        ValueError: Another shape or dtype.
    """
    _expect(rgb, np.uint8, 3)
    return png(rgb, "sub")


def decode_rgb(data: bytes) -> np.ndarray:
    """SRGB of a PNG. [H, W, 3] uint8

    Raises:
        ValueError: Not a PNG of 8-bit colour, broken, or too large.
    """
    return _read_png(data, 8, _COLOUR)


def encode_radiance(radiance: np.ndarray) -> bytes:
    """EXR, half floats, PIZ wavelets: the smallest and all but the fastest of OpenEXR's compressions that lose nothing.

    Args:
        radiance: Linear, sRGB primaries; what exceeds ±65,504 becomes that. [H, W, 3] float32

    Raises:
        ValueError: Another shape or dtype, or a value that is no number.
    """
    import OpenEXR

    _expect(radiance, np.float32, 3)
    if np.isnan(radiance).any():
        raise ValueError("radiance is no number somewhere")
    most = float(np.finfo(np.float16).max)
    header = {"compression": OpenEXR.PIZ_COMPRESSION, "type": OpenEXR.scanlineimage}
    target = BytesIO()
    halves = np.clip(radiance, -most, most).astype(np.float16)
    OpenEXR.File(header, {"RGB": halves}, num_threads=0).write(target)
    return target.getvalue()


def decode_radiance(data: bytes) -> np.ndarray:
    """Linear radiance of an EXR. [H, W, 3] float32

    Raises:
        ValueError: Not an EXR of one part with scan lines of R, G and B as half floats, broken, or too large.
    """
    import OpenEXR

    if data[:8] != _EXR:
        raise ValueError("not an EXR of one part with scan lines")
    try:
        with OpenEXR.File(BytesIO(data), header_only=True, num_threads=0) as file:
            header = file.header()
            first, last = (corner.astype(np.int64) for corner in header["dataWindow"])
            width, height = (int(size) for size in last - first + 1)
            _bounded(width, height)
            channels = sorted((channel.name, channel.xSampling, channel.ySampling) for channel in header["channels"])
        if channels != [("B", 1, 1), ("G", 1, 1), ("R", 1, 1)]:
            raise ValueError(f"radiance has channels R, G and B, not {channels}")
        with OpenEXR.File(BytesIO(data), num_threads=0) as file:
            halves = file.channels()["RGB"].pixels
    except ValueError:
        raise
    except Exception as error:  # a hostile file can fail anywhere inside the reader
        raise ValueError(f"cannot decode an EXR: {error}") from error
    if halves.dtype != np.float16 or halves.shape != (height, width, 3):
        raise ValueError(f"radiance is half floats [H, W, 3], not {halves.dtype} {halves.shape}")
    return halves.astype(np.float32)


def encode_instances(instances: np.ndarray) -> bytes:
    """PNG, 16 bits grey; semantic ids as well.

    Args:
        instances: Ids, 0 for the background. [H, W] uint16

    Raises:
        ValueError: Another shape or dtype.
    """
    _expect(instances, np.uint16)
    return png(instances, "up")


def decode_instances(data: bytes) -> np.ndarray:
    """Instance or semantic ids of a PNG. [H, W] uint16

    Raises:
        ValueError: Not a PNG of 16-bit grey, broken, or too large.
    """
    return _read_png(data, 16, _GREY)


def encode_mask(mask: np.ndarray) -> bytes:
    """PNG, 8 bits grey: 255 where the mask holds, 0 elsewhere.

    Args:
        mask: [H, W] bool

    Raises:
        ValueError: Another shape or dtype.
    """
    _expect(mask, np.bool_)
    return png(mask.astype(np.uint8) * np.uint8(255), "up")


def decode_mask(data: bytes) -> np.ndarray:
    """A mask of a PNG. [H, W] bool

    Raises:
        ValueError: Not a PNG of 8-bit grey with 0 and 255 alone, broken, or too large.
    """
    values = _read_png(data, 8, _GREY)
    if ((values != 0) & (values != 255)).any():
        raise ValueError("a mask is 0 or 255 everywhere")
    return values > 0


def encode_opacity(opacity: np.ndarray) -> bytes:
    """PNG, 8 bits grey: 255 is opaque.

    Args:
        opacity: 0 to 1. [H, W] float32

    Raises:
        ValueError: Another shape or dtype, or a value that is no number or outside 0 … 1.
    """
    _expect(opacity, np.float32)
    if not (opacity.min() >= 0 and opacity.max() <= 1):
        raise ValueError("opacity is no number or outside 0 to 1 somewhere")
    return png((opacity * np.float32(255) + np.float32(0.5)).astype(np.uint8), "up")


def decode_opacity(data: bytes) -> np.ndarray:
    """Opacity of a PNG, 0 to 1. [H, W] float32

    Raises:
        ValueError: Not a PNG of 8-bit grey, broken, or too large.
    """
    return _read_png(data, 8, _GREY).astype(np.float32) / np.float32(255)


def encode_normals(normals: np.ndarray) -> bytes:
    """PNG, 16 bits colour: (n + 1) / 2 · 65535, and 0, 0, 0 where nothing is.

    Args:
        normals: Unit vectors in the camera frame; 0, 0, 0 where nothing is. [H, W, 3] floating

    Raises:
        ValueError: Another shape, or a component that is no number or outside -1 … 1.
    """
    if normals.ndim != 3 or normals.shape[2] != 3 or normals.dtype.kind != "f":
        raise ValueError(f"normals must be floating [H, W, 3], not {normals.dtype} {normals.shape}")
    scaled = normals * 32767.5
    scaled += 32768.0  # rounds when it is cut to an integer
    if not (scaled.min(initial=0.5) > 0 and scaled.max(initial=0.5) < 65536):
        raise ValueError("a normal is no number or longer than 1")
    codes = scaled.astype(np.uint16)
    codes[(normals[..., 0] == 0) & (normals[..., 1] == 0) & (normals[..., 2] == 0)] = 0
    return png(codes, "up")


def decode_normals(data: bytes) -> np.ndarray:
    """Normals of a PNG; 0, 0, 0 where nothing is. [H, W, 3] float32

    Raises:
        ValueError: Not a PNG of 16-bit colour, broken, or too large.
    """
    codes = _read_png(data, 16, _COLOUR)
    normals = codes.astype(np.float32) * np.float32(2 / 65535) - np.float32(1)
    normals[(codes[..., 0] == 0) & (codes[..., 1] == 0) & (codes[..., 2] == 0)] = 0
    return normals


def encode_floats(values: np.ndarray) -> bytes:
    """TIFF, float32: z-depth, distance, disparity, temperature, whatever has one number a pixel.

    Args:
        values: [H, W] float32

    Raises:
        ValueError: Another shape or dtype.
    """
    _expect(values, np.float32)
    return tiff([values])


def decode_floats(data: bytes) -> np.ndarray:
    """The numbers of a TIFF. [H, W] float32

    Raises:
        ValueError: Not a TIFF of one float32 channel and one page, broken, or too large.
    """
    return _read_tiff(data, 1)[0]


encode_depth, decode_depth = encode_floats, decode_floats


def encode_flow(flow: np.ndarray) -> bytes:
    """TIFF of two pages, float32: px to the right, then px down.

    Args:
        flow: [H, W, 2] float32

    Raises:
        ValueError: Another shape or dtype.
    """
    _expect(flow, np.float32, 2)
    return tiff([flow[..., 0], flow[..., 1]])


def decode_flow(data: bytes) -> np.ndarray:
    """Px to the right and down of a TIFF. [H, W, 2] float32

    Raises:
        ValueError: Not a TIFF of two pages of one float32 channel and one size, broken, or too large.
    """
    return np.stack(_read_tiff(data, 2), -1)


def encode_video(frames: Iterable[np.ndarray], fps: float, quality: float = 20) -> bytes:
    """MP4, H.264, yuv420p, BT.709 limited range; equal frames make equal bytes.

    Args:
        frames: sRGB, all of one even size, one at least. Each [H, W, 3] uint8
        fps: Frames a second.
        quality: x264's constant rate factor: 0 is lossless, 18 to 23 looks so.

    Raises:
        ValueError: No frame, an odd size, or frames that differ in size.
    """
    import av

    target = BytesIO()
    rate = Fraction(fps).limit_denominator(10_000)
    size: tuple[int, ...] | None = None
    with av.open(target, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate)
        stream.pix_fmt = "yuv420p"
        # neither the machine's cores nor the clock may show in the bytes; and x264's macroblock tree reads memory that
        # it has not written, so with it one video in six differed
        stream.options = {
            "crf": str(quality), "preset": "veryfast", "threads": "1", "flags": "+bitexact", "x264-params": "mbtree=0",
        }  # fmt: skip
        for frame in frames:
            _expect(frame, np.uint8, 3)
            if size is None:
                size = frame.shape
                if size[0] % 2 or size[1] % 2:
                    raise ValueError(f"a video's width and height must be even, not {size[1]}×{size[0]}")
                stream.height, stream.width = size[:2]
                _bt709(stream.codec_context)
            elif frame.shape != size:
                raise ValueError(f"frames differ in size: {size[1]}×{size[0]} and {frame.shape[1]}×{frame.shape[0]}")
            picture = av.VideoFrame.from_ndarray(frame, "rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            container.mux(stream.encode(picture))
        if size is None:
            raise ValueError("a video needs a frame")
        container.mux(stream.encode(None))
    return target.getvalue()


def decode_video(data: bytes) -> Iterator[np.ndarray]:
    """Frames of an MP4 with H.264 inside, in the order shown. Each [H, W, 3] uint8

    Raises:
        ValueError: Another format, broken, or too large.
    """
    import av

    try:
        with av.open(BytesIO(data), "r", format="mp4") as container:
            if not container.streams.video or container.streams.video[0].codec_context.name != "h264":
                raise ValueError("not a video in H.264")
            stream = container.streams.video[0]
            _bounded(stream.width, stream.height)
            for index, frame in enumerate(container.decode(stream)):
                _bounded(frame.width, frame.height)
                if index >= LONGEST:
                    raise ValueError(f"a video has at most {LONGEST} frames")
                yield frame.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray()
    except (av.FFmpegError, OSError, EOFError, OverflowError) as error:
        raise ValueError(f"cannot decode a video: {error}") from error


def _expect(image: np.ndarray, dtype: type[np.generic], channels: int = 1) -> None:
    shape = image.shape[2:]
    if image.ndim not in (2, 3) or shape != ((channels,) if channels > 1 else ()) or image.dtype != dtype:
        wanted = f"[H, W, {channels}]" if channels > 1 else "[H, W]"
        raise ValueError(f"an image must be {np.dtype(dtype)} {wanted}, not {image.dtype} {image.shape}")
    _bounded(image.shape[1], image.shape[0])


def _bounded(width: int, height: int) -> None:
    if width < 1 or height < 1 or width * height > LARGEST:
        raise ValueError(f"an image of {width}×{height} pixels is empty or larger than {LARGEST} pixels")


def _read_png(data: bytes, bits: int, colour: int) -> np.ndarray:
    import cv2

    if len(data) < _PNG.size:
        raise ValueError("not a PNG: too short")
    magic, _, chunk, width, height, depth, kind = _PNG.unpack_from(data)
    if magic != b"\x89PNG\r\n\x1a\n" or chunk != b"IHDR":
        raise ValueError("not a PNG")
    _bounded(width, height)
    if (depth, kind) != (bits, colour):
        raise ValueError(f"a PNG of {depth} bits and colour type {kind}, where {bits} and {colour} are expected")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    # a tRNS chunk adds a channel that the header does not tell of
    if image is None or image.shape != ((height, width, 3) if colour == _COLOUR else (height, width)):
        raise ValueError("cannot decode a PNG")
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _read_tiff(data: bytes, pages: int) -> list[np.ndarray]:
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data), formats=["TIFF"]) as image:
            planes: list[np.ndarray] = []
            for page in ImageSequence.Iterator(image):
                if len(planes) == pages:
                    raise ValueError(f"a TIFF of more than {pages} pages")
                _bounded(*page.size)
                if page.mode != "F":
                    raise ValueError(f"a TIFF of one float32 channel a page is expected, not of mode {page.mode}")
                planes.append(np.array(page, np.float32))
    except ValueError:
        raise
    except UnidentifiedImageError:  # whose own words hold an address in memory, which no two runs share
        raise ValueError("not a TIFF") from None
    except Exception as error:  # a hostile file can fail anywhere inside the reader
        raise ValueError(f"cannot decode a TIFF: {error}") from error
    if len(planes) != pages or len({plane.shape for plane in planes}) != 1:
        raise ValueError(f"a TIFF of {pages} pages of one size is expected")
    return planes


def _bt709(codec: object) -> None:
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

    codec.color_primaries = ColorPrimaries.BT709  # type: ignore[attr-defined]
    codec.color_trc = ColorTrc.IEC61966_2_1  # type: ignore[attr-defined]
    codec.colorspace = Colorspace.ITU709  # type: ignore[attr-defined]
    codec.color_range = ColorRange.MPEG  # type: ignore[attr-defined]
