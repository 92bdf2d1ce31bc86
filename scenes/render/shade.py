"""From what the rays met to the colours of pixels, in linear radiance until the tone curve."""

from __future__ import annotations

import numpy as np
from multisynth.scenes.render.rays import Surfaces
from multisynth.scenes.schema import Light

REFLECTANCE = 0.04
"""Of a smooth dielectric such as paint or plastic, at normal incidence."""
GLOSS = 40.0
"""Exponent of the highlight."""


def glow(surfaces: Surfaces, light: Light, up: np.ndarray) -> np.ndarray:
    """Radiance under the even glow alone; where nothing is, the glow itself.

    The ground gives back half: a face that looks down gets half of what one gets that looks up.

    Args:
        surfaces: N of them.
        light: The light.
        up: World z in camera axes. [3]

    Returns:
        [N, 3] float32
    """
    share = np.float32(light.ambient) * (0.75 + 0.25 * (surfaces.smooth @ up.astype(np.float32)))
    radiance = surfaces.colours * share[:, None]
    radiance[surfaces.depth == 0] = light.ambient
    return radiance


def direct(
    surfaces: Surfaces, directions: np.ndarray, light: Light, toward: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Radiance that the light adds where it reaches: Lambert, and a normalised Blinn-Phong highlight.

    The highlight is that of Akenine-Möller et al., Real-Time Rendering, 4th ed., 9.8.1.

    Args:
        surfaces: N of them.
        directions: From the camera, z = 1. [N, 3]
        light: The light.
        toward: Unit vector toward it, camera axes. [3]

    Returns:
        The radiance, zero where the surface faces away, [N, 3] float32; and where it does not, [N] bool.
    """
    toward = toward.astype(np.float32)
    cosine = np.maximum(surfaces.smooth @ toward, 0)
    cosine[surfaces.normals @ toward <= 0] = 0
    directions = directions.astype(np.float32)
    half = toward - directions / np.sqrt(np.einsum("ni,ni->n", directions, directions))[:, None]
    length = np.sqrt(np.einsum("ni,ni->n", half, half))
    peak = np.einsum("ni,ni->n", surfaces.smooth, half) / np.maximum(length, 1e-6)
    bright = np.flatnonzero((peak > 0.8) & (cosine > 0))  # elsewhere the highlight is under 2e-4 of its peak
    highlight = np.zeros(len(cosine), np.float32)
    highlight[bright] = REFLECTANCE * (GLOSS + 8) / 8 * peak[bright] ** GLOSS
    irradiance = np.float32(light.intensity / np.pi) * np.asarray(light.colour, np.float32)
    return (surfaces.colours + highlight[:, None]) * (cosine[:, None] * irradiance), cosine > 0
