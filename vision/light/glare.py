"""Veiling glare and bloom (Spencer, Shirley, Zimmerman and Greenberg, Physically-based glare effects for digital
images, SIGGRAPH 1995): light that scatters in the eye, or in a lens, to where it should not go.

The point spread over the angle θ in degrees is a sum of four functions, each of which integrates to 1 over the
hemisphere in front:

    f₀ = 2.61·10⁶ e^(−(θ/0.02)²)      what is not scattered
    f₁ = 20.91/(θ + 0.02)³            the corneal and lenticular flare
    f₂ = 72.37/(θ + 0.02)²            its wide skirt
    f₃ = 436.9 (568/λ) e^(−19.75 (θ − 3λ/568)²)    the lenticular halo at wavelength λ in nm, a ring of 3°

with the weights of day, dusk and night below. f₀ is finer than a pixel, so it is left where it is: what is blurred is
the scattered share alone. Light is neither made nor lost, but for what goes over the border of the picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

Vision = Literal["photopic", "mesopic", "scotopic"]
WEIGHTS: dict[Vision, tuple[float, float, float, float]] = {
    "photopic": (0.384, 0.478, 0.138, 0.0),
    "mesopic": (0.368, 0.478, 0.138, 0.016),
    "scotopic": (0.282, 0.478, 0.207, 0.033),
}
"""Shares of f₀ to f₃; Spencer et al., section 3."""
WAVELENGTHS = (611.0, 549.0, 465.0)
"""Of red, green and blue, nm: dominant wavelengths of sRGB's primaries."""
_SUBPIXELS = 32


def spread(angle: np.ndarray, wavelength: float, vision: Vision) -> np.ndarray:
    """The scattered part of the point spread function, w₁f₁ + w₂f₂ + w₃f₃.

    Args:
        angle: θ, degrees, not negative; any shape.
        wavelength: nm.
        vision: How far the eye has adapted to the dark.

    Returns:
        1/sr, the shape of the angle.
    """
    _, flare, skirt, halo = WEIGHTS[vision]
    spread = flare * 20.91 / (angle + 0.02) ** 3 + skirt * 72.37 / (angle + 0.02) ** 2
    if halo:
        spread = spread + halo * 436.9 * 568 / wavelength * np.exp(-19.75 * (angle - 3 * wavelength / 568) ** 2)
    return spread


def glare(
    radiance: np.ndarray,  # [H, W, 3] linear
    pixel: float,  # angle that a pixel spans at the image's centre, rad: 1/f
    vision: Vision = "photopic",
    strength: float = 1.0,  # of the scatter: 1 is Spencer's eye, 0.05 a clean lens
    border: Literal["dark", "edge"] = "edge",
) -> np.ndarray:
    """What is seen through an eye or lens that scatters. [H, W, 3] float32

    Args:
        radiance: What it looks at.
        pixel: Angle of a pixel, rad; the spread is taken to be the same all over the image.
        vision: Sets the shares of flare, skirt and halo.
        strength: Factor on the scattered share; what is not scattered stays where it is.
        border: What lies outside the image: nothing, or light as bright as the median of its edge, so that an even
            field stays even and a lamp at the edge does not shine from all around.

    Raises:
        ValueError: The scattered share, strength × (1 − w₀), is no share.
    """
    share = strength * (1 - WEIGHTS[vision][0])
    if not 0 <= share <= 1:
        raise ValueError(f"strength {strength} scatters {share:.2f} of the light, which is not from 0 to 1")
    height, width = radiance.shape[:2]
    seen = np.empty((height, width, 3), np.float32)
    for channel, wavelength in enumerate(WAVELENGTHS):
        kernel = _transform(height, width, pixel, wavelength, vision)
        seen[..., channel] = _scattered(radiance[..., channel], kernel, border)
    return np.float32(1 - share) * radiance.astype(np.float32) + np.float32(share) * seen


def sun(
    shape: tuple[int, int],  # H, W
    place: tuple[float, float],  # x, y, px; may lie outside the image
    diameter: float,  # px
    luminance: float,  # radiance of the disc, times white
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> np.ndarray:
    """A bright disc to add to a radiance before `glare`: the sun, a lamp, a headlight. [H, W, 3] float32

    The edge pixels have the share of the disc that falls into them; a disc smaller than a pixel keeps its power.
    """
    height, width = shape
    disc = np.zeros(shape, np.float32)
    radius = max(diameter / 2, 0.5)
    power = luminance * (diameter / 2 / radius) ** 2
    left, right = (int(np.clip(edge, 0, width)) for edge in (place[0] - radius - 1, place[0] + radius + 2))
    top, bottom = (int(np.clip(edge, 0, height)) for edge in (place[1] - radius - 1, place[1] + radius + 2))
    if left < right and top < bottom:
        fine = (np.arange(8) + 0.5) / 8
        x = (np.arange(left, right)[:, None] + fine).ravel() - place[0]
        y = (np.arange(top, bottom)[:, None] + fine).ravel() - place[1]
        inside = (x**2 + y[:, None] ** 2 < radius**2).reshape(bottom - top, 8, right - left, 8)
        disc[top:bottom, left:right] = inside.mean((1, 3)) * power
    return disc[..., None] * np.asarray(colour, np.float32)


def _scattered(plane: np.ndarray, kernel: np.ndarray, border: str) -> np.ndarray:
    from scipy.fft import irfft2, rfft2

    height, width = plane.shape
    size = kernel.shape[0], 2 * (kernel.shape[1] - 1)
    base = 0.0
    if border == "edge":
        base = float(np.median(np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])))
    spectrum = rfft2(plane.astype(np.float32) - np.float32(base), size)
    spectrum *= kernel
    return np.maximum(irfft2(spectrum, size)[:height, :width] + base, 0)


@lru_cache(maxsize=6)
def _transform(height: int, width: int, pixel: float, wavelength: float, vision: Vision) -> np.ndarray:
    """Fourier transform of the share of the scattered light that goes into each pixel of twice the image's size."""
    from scipy.fft import next_fast_len, rfft2

    rows, columns = next_fast_len(2 * height, real=True), next_fast_len(2 * width, real=True)
    columns += columns % 2
    x = np.fft.fftfreq(columns, 1 / columns) * pixel
    y = np.fft.fftfreq(rows, 1 / rows)[:, None] * pixel
    kernel = _over_area(x, y, wavelength, vision)
    # the peak falls by orders of magnitude inside the innermost pixels
    fine = ((np.arange(_SUBPIXELS) + 0.5) / _SUBPIXELS - 0.5) * pixel
    for row in range(-2, 3):
        for column in range(-2, 3):
            inside = _over_area(column * pixel + fine, (row * pixel + fine)[:, None], wavelength, vision)
            kernel[row, column] = inside.mean()
    return rfft2((kernel * (pixel**2 / _whole(wavelength, vision))).astype(np.float32))


def _whole(wavelength: float, vision: Vision) -> float:
    """Integral of the scattered spread over the hemisphere: 1 − w₀ within 2 %."""
    angle = np.concatenate([[0.0], np.geomspace(1e-7, np.pi / 2, 4000)])
    return float(np.trapezoid(spread(np.degrees(angle), wavelength, vision) * 2 * np.pi * np.sin(angle), angle))


def _over_area(x: np.ndarray, y: np.ndarray, wavelength: float, vision: Vision) -> np.ndarray:
    return spread(np.degrees(np.arctan(np.hypot(x, y))), wavelength, vision)
