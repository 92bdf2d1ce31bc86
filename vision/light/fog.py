"""Fog by Koschmieder's law (Koschmieder, Theorie der horizontalen Sichtweite, 1924), along the ray:

    L = L₀ e^(−βd) + A (1 − e^(−βd))

β is the extinction of light a metre, the same for all colours, as droplets are larger than wavelengths; A is the
airlight: the radiance of fog without end. It is exact for a homogeneous medium of single-scattering albedo 1 in even
light A from all around, where what scatters out of the ray is replaced from everywhere; it has no shafts of light and
no glow around lamps.
"""

from __future__ import annotations

import numpy as np

CONTRAST = 0.05
"""Of a black target at the meteorological optical range (WMO-No. 8, Guide to Instruments, chapter 9; ICAO Annex 3).

Koschmieder's own threshold was 2 %, with which β = 3.912/V instead of 2.996/V.
"""


def extinction(visibility: float) -> float:
    """β = ln(1/0.05)/V, 1/m, of a meteorological optical range V in m.

    Raises:
        ValueError: The range is not above 0.
    """
    if not visibility > 0:
        raise ValueError(f"a visibility is above 0 m, not {visibility}")
    return float(-np.log(CONTRAST) / visibility)


def transmittance(distance: np.ndarray, beta: float | np.ndarray) -> np.ndarray:
    """Share of the light that arrives unscattered, e^(−βd); none from infinity unless β is 0.

    Args:
        distance: m along the ray, 0 where nothing is: that is infinitely far. [H, W]
        beta: Extinction, 1/m; one, or one a channel. [] or [C]

    Returns:
        [H, W] float32, or [H, W, C] for C coefficients.
    """
    beta = np.asarray(beta, np.float32)
    far = distance <= 0
    depth = -distance.astype(np.float32)
    if not beta.ndim:
        share = np.exp(depth * beta)
        share[far] = 0 if beta > 0 else 1
        return share
    shares = np.exp(depth[..., None] * beta)
    shares[far] = beta <= 0
    return shares


def fog(
    radiance: np.ndarray,  # [H, W, 3] linear
    distance: np.ndarray,  # [H, W] m along the ray, 0: sky
    visibility: float,  # m, meteorological optical range
    airlight: np.ndarray | tuple[float, float, float],  # [3] radiance of endless fog
) -> np.ndarray:
    """What is seen through fog; the sky becomes airlight. [H, W, 3] float32

    Raises:
        ValueError: The visibility is not above 0.
    """
    share = transmittance(distance, extinction(visibility))[..., None]
    light = np.asarray(airlight, np.float32)
    return (radiance - light) * share + light
