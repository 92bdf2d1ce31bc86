"""What a thermal camera sees, as apparent temperature: that of the black body that has the same radiance in its band.

    leaving a surface    ε B(T) + (1 − ε) B(T_around)
    at the camera        τ(d) L + (1 − τ(d)) B(T_air)

where B is Planck's law in the band and τ the air's transmission from 7.5 to 14 µm by water vapour and distance, as
FLIR's cameras have it (Minkina and Dudzik, Infrared thermography: errors and uncertainties, 2009, section 2.4). Noise
is white in radiance and stated as the temperature difference at 300 K that it equals (NETD).
"""

from __future__ import annotations

import numpy as np

from .planck import LONGWAVE, Band, apparent_temperature, band_radiance

_NETD_AT = 300.0  # K
_KELVIN = 273.15


def leaving(
    temperature: np.ndarray | float,  # K, of the surface; any shape
    emissivity: np.ndarray | float,  # ε in the band, 0 to 1; paint, skin and plastic 0.95, bare metal 0.05 to 0.3
    around: float,  # K, of what the surface mirrors
    band: Band = LONGWAVE,
) -> np.ndarray:
    """Apparent temperature of grey, matt surfaces from close by, K; of temperature's and emissivity's common shape."""
    emitted = emissivity * band_radiance(temperature, band)
    return apparent_temperature(emitted + (1 - np.asarray(emissivity)) * band_radiance(around, band), band)


def air_transmission(distance: np.ndarray | float, air: float, humidity: float) -> np.ndarray:
    """Share of the radiance from 7.5 to 14 µm that crosses the air; the shape of the distance.

    Args:
        distance: m.
        air: Temperature, K.
        humidity: Relative, 0 to 1.
    """
    celsius = air - _KELVIN
    vapour = humidity * np.exp(1.5587 + 0.06939 * celsius - 2.7816e-4 * celsius**2 + 6.8455e-7 * celsius**3)  # g/m³
    root, wet = np.sqrt(distance), np.sqrt(vapour)
    share = 1.9 * np.exp(-root * (0.006569 - 0.002276 * wet)) - 0.9 * np.exp(-root * (0.01262 - 0.00667 * wet))
    return np.clip(share, 0, 1)


def through_air(
    temperature: np.ndarray,  # [H, W] K, apparent, from close by
    distance: np.ndarray,  # [H, W] m along the ray, 0: sky
    air: float,  # K
    humidity: float,  # relative, 0 to 1
    sky: float,  # K, apparent, with all the air before it
    band: Band = LONGWAVE,
    noise: float = 0.0,  # NETD, K at 300 K
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Apparent temperature at the camera, K. [H, W] float32

    Raises:
        ValueError: There is noise and no generator.
    """
    share = air_transmission(distance, air, humidity)
    radiance = share * band_radiance(temperature, band) + (1 - share) * band_radiance(air, band)
    radiance[distance <= 0] = band_radiance(sky, band)
    if noise > 0:
        if rng is None:
            raise ValueError("noise needs a generator")
        step = band_radiance(_NETD_AT + 0.5, band) - band_radiance(_NETD_AT - 0.5, band)  # W/(m² sr K)
        radiance = np.maximum(radiance + rng.normal(0, noise * step, radiance.shape), 0)
    # Newton's method for every pixel would take ten times as long; between 4096 steps the inverse is all but straight
    coldest, warmest = apparent_temperature(np.array([radiance.min(), radiance.max()]), band)
    steps = np.linspace(coldest, warmest, 4096)
    result: np.ndarray = np.interp(radiance, band_radiance(steps, band), steps)
    return result.astype(np.float32)
