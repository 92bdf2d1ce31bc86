import numpy as np
import pytest

from multisynth.export.lerobot_depth import CODES, FARTHEST, NEAREST, codes_of, decode_codes, depth_of, encode_codes


def test_codes_reach_from_the_nearest_to_the_farthest():
    ends = np.array([[0, NEAREST, FARTHEST, 50]], np.float32)
    assert codes_of(ends).tolist() == [[0, 0, 4095, 4095]]
    assert depth_of(np.array([0, CODES - 1])) == pytest.approx([NEAREST, FARTHEST])


def test_steps_are_as_fine_as_is_said():
    depth = np.linspace(NEAREST, FARTHEST, 100_000, dtype=np.float32)[None]
    error = np.abs(depth_of(codes_of(depth)) - depth)
    assert (error <= (depth + 3.5) * 0.000329 / 2 * 1.005).all()
    for at, step in ((0.01, 0.0012), (1, 0.0015), (10, 0.0044)):
        code = int(codes_of(np.array([[at]], np.float32))[0, 0])
        neighbours = depth_of(np.array([max(code - 1, 0), min(code + 1, CODES - 1)]))
        assert np.diff(neighbours)[0] / (2 if 0 < code < CODES - 1 else 1) == pytest.approx(step, abs=0.00006)


def test_codes_are_those_of_lerobot():
    # lerobot.datasets.depth_utils.quantize_depth of lerobot 0.6.1, with its defaults
    depth = np.array([[0.0, 0.02, 0.3, 0.5, 1.0, 1.5, 2.0, 4.0, 7.5, 9.99]], np.float32)
    assert codes_of(depth).tolist() == [[0, 9, 241, 397, 755, 1076, 1365, 2308, 3472, 4093]]


def test_the_video_loses_nothing():
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, CODES, (48, 64)).astype(np.uint16) for _ in range(25)]
    video = encode_codes(frames, 10)
    assert all(np.array_equal(a, b) for a, b in zip(decode_codes(video), frames, strict=True))
    assert encode_codes(frames, 10) == video
    with pytest.raises(ValueError, match="needs a frame"):
        encode_codes([], 10)
