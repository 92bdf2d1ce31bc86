"""The curve against its standard, and both ways against each other."""

import numpy as np

from multisynth.srgb import encoded, linear


def test_codes_come_back():
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(encoded(linear(codes)), codes)


def test_values_of_the_standard():
    assert np.allclose(linear(np.array([0.0, 0.04045, 0.5, 1.0])), [0, 0.0031308, 0.2140411, 1], atol=1e-6)
    assert encoded(np.array([-1.0, 0.0, 0.18, 1.0, 7.0], np.float32)).tolist() == [0, 0, 118, 255, 255]
