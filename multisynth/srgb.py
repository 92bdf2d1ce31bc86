"""The sRGB curve (IEC 61966-2-1) between linear radiance and what a screen is sent, both ways."""

from __future__ import annotations

import numpy as np

_CODES = 2**14
_linear = np.arange(_CODES) / (_CODES - 1)
_SRGB = np.where(_linear <= 0.0031308, 12.92 * _linear, 1.055 * _linear ** (1 / 2.4) - 0.055)
_SRGB = np.round(255 * _SRGB).astype(np.uint8)


def encoded(radiance: np.ndarray) -> np.ndarray:
    """Linear radiance as sRGB, 1 and more as white. uint8, same shape"""
    codes = np.clip(radiance * np.float32(_CODES - 1) + np.float32(0.5), 0, _CODES - 1).astype(np.uint16)
    return _SRGB[codes]


def linear(colour: np.ndarray) -> np.ndarray:
    """Linear radiance of sRGB, 1 for white: of 8-bit codes, or of floats from 0 to 1. float32, same shape"""
    if colour.dtype == np.uint8:
        return _CURVE[colour]
    return _straight(colour).astype(np.float32)


def _straight(colour: np.ndarray) -> np.ndarray:
    straight: np.ndarray = np.where(colour <= 0.04045, colour / 12.92, ((np.maximum(colour, 0) + 0.055) / 1.055) ** 2.4)
    return straight


_CURVE = _straight(np.arange(256) / 255).astype(np.float32)
