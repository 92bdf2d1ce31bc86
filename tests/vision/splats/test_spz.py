"""Splats as SPZ: what each byte means by Niantic's packer, and what is lost at most."""

import gzip
import struct

import numpy as np
import pytest
from multisynth.vision.splats.gaussians import Gaussians
from multisynth.vision.splats.spz import decode_spz, encode_spz

from tests.vision.splats.clouds import cloud, degrees_apart


def file(version: int, body: bytes, count: int = 1, degree: int = 0, bits: int = 12, magic: int = 0x5053474E) -> bytes:
    return gzip.compress(struct.pack("<IIIBBBB", magic, version, count, degree, bits, 0, 0) + body, mtime=0)


# x = 1, y = -1/4096, z = 2 in SPZ's axes; opacity 200/255; colours; scales of exp(-10), 1, exp(5.9375)
HEAD = bytes([0, 16, 0, 255, 255, 255, 0, 32, 0]) + bytes([200]) + bytes([255, 0, 127]) + bytes([0, 160, 255])


@pytest.mark.parametrize(
    ("version", "rotation", "quaternion"),
    [
        (2, bytes([255, 127, 128]), (0, 1, 0, 0)),  # x = 1; y = -z = -1/255
        (2, bytes([128, 128, 255]), (0, 0, 0, -1)),  # z = 1 in SPZ's axes
        (3, struct.pack("<I", 3 << 30 | 0 << 20 | 0 << 10 | 0), (1, 0, 0, 0)),  # w is largest
        (3, struct.pack("<I", 3 << 30 | 511 << 20), (np.sqrt(0.5), np.sqrt(0.5), 0, 0)),
        (3, struct.pack("<I", 0 << 30 | (512 | 511)), (-np.sqrt(0.5), np.sqrt(0.5), 0, 0)),  # x is largest, w < 0
        (3, struct.pack("<I", 1 << 30 | (512 | 511) << 10), (0, 0, -np.sqrt(0.5), np.sqrt(0.5))),  # y largest, z < 0
    ],
)
def test_bytes_mean_what_the_format_says(version: int, rotation: bytes, quaternion: tuple[float, ...]) -> None:
    found = decode_spz(file(version, HEAD + rotation))
    np.testing.assert_array_equal(found.means, [[1, 1 / 4096, -2]])  # y and z change sign
    np.testing.assert_allclose(found.log_scales, [[-10, 0, 5.9375]])
    np.testing.assert_allclose(found.logit_opacities, np.log(200 / 55), rtol=1e-6)
    np.testing.assert_allclose(found.harmonics[0, 0], [0.5 / 0.15, -0.5 / 0.15, (127 / 255 - 0.5) / 0.15], rtol=1e-5)
    assert degrees_apart(found.quaternions, np.array([quaternion])) < (0.7 if version == 2 else 1e-4)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_loses_no_more_than_half_a_step(degree: int) -> None:
    gaussians = cloud(400, degree)
    again = decode_spz(encode_spz(gaussians))
    assert np.abs(again.means - gaussians.means).max() <= 0.5 / 4096 * 1.001
    assert np.abs(again.log_scales - gaussians.log_scales).max() <= 0.5 / 16 * 1.001
    opacity, opacity_again = (1 / (1 + np.exp(-g.logit_opacities)) for g in (gaussians, again))
    assert np.abs(opacity - opacity_again).max() <= 0.5 / 255 * 1.001
    assert np.abs(again.harmonics[:, 0] - gaussians.harmonics[:, 0]).max() <= 0.5 / 255 / 0.15 * 1.001
    assert np.abs(again.harmonics[:, 1:4] - gaussians.harmonics[:, 1:4]).max(initial=0) <= (4 + 0.5) / 128
    assert np.abs(again.harmonics[:, 4:] - gaussians.harmonics[:, 4:]).max(initial=0) <= (8 + 0.5) / 128
    # each of three parts within half a step of 1/(511 √2): the angle is at most twice their distance over the largest
    assert degrees_apart(again.quaternions, gaussians.quaternions).max() < np.degrees(
        2 * np.sqrt(3) * 0.5 / (511 * np.sqrt(2)) * 2
    )


def test_axes_turn_harmonics_with_them() -> None:
    """Half a turn about x, by the closed form of real harmonics (scipy's complex ones as the independent source)."""
    from scipy.special import sph_harm_y

    def basis(direction: np.ndarray) -> np.ndarray:
        x, y, z = direction
        polar, azimuth = np.arccos(z), np.arctan2(y, x)
        found = []
        for degree in range(4):
            for order in range(-degree, degree + 1):
                value = sph_harm_y(degree, abs(order), polar, azimuth)
                found.append(value.real if order == 0 else np.sqrt(2) * (value.imag if order < 0 else value.real))
        return np.array(found)

    packed = np.frombuffer(gzip.decompress(encode_spz(cloud(1)))[16 + 20 :], np.uint8).reshape(15, 3)
    stored = (packed.astype(float) - 128) / 128
    decoded = decode_spz(encode_spz(cloud(1))).harmonics[0, 1:].astype(float)
    for direction in np.random.default_rng(1).normal(size=(8, 3)):
        unit = direction / np.linalg.norm(direction)
        np.testing.assert_allclose(basis(unit)[1:] @ decoded, basis(unit * [1, -1, -1])[1:] @ stored, atol=1e-6)


def test_packing_again_loses_nothing_more() -> None:
    once = decode_spz(encode_spz(cloud(300)))
    twice = decode_spz(encode_spz(once))
    for name in ("means", "log_scales", "logit_opacities", "harmonics"):
        np.testing.assert_array_equal(getattr(twice, name), getattr(once, name), err_msg=name)
    np.testing.assert_allclose(twice.quaternions, once.quaternions, atol=1e-6)


def test_places_far_away_take_fewer_fractional_bits() -> None:
    gaussians = cloud(3, 0)
    far = Gaussians(**{**vars(gaussians), "means": gaussians.means * 0 + np.float32(5000)})
    np.testing.assert_allclose(decode_spz(encode_spz(far)).means, 5000, atol=0.5 / 1024)
    with pytest.raises(ValueError, match="from the origin"):
        encode_spz(Gaussians(**{**vars(gaussians), "means": gaussians.means * 0 + np.float32(1e8)}))
    with pytest.raises(ValueError, match="not finite"):
        encode_spz(Gaussians(**{**vars(gaussians), "means": gaussians.means * np.float32(np.nan)}))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "cut short"),
        (b"ply\n", "gzip"),
        (gzip.compress(b"NGSP", mtime=0), "cut short"),
        (file(3, HEAD), "cut short"),
        (encode_spz(cloud(100))[:-200], "cut short"),
        (file(4, HEAD), "version"),
        (file(3, HEAD + b"1234", magic=1), "magic"),
        (file(3, b"", count=2**32 - 1), "out of bounds"),
        (file(3, b"", count=2**25), "cut short"),
        (file(3, HEAD, degree=7), "out of bounds"),
    ],
)
def test_what_is_no_spz_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode_spz(data)


def test_a_bomb_is_not_unpacked_beyond_what_its_header_says() -> None:
    data = file(3, HEAD + bytes(4) + bytes(2**26))
    assert len(decode_spz(data)) == 1
