"""Planck's law integrated over a band of wavelengths, and its inverse.

The integral is summed as by Chang and Rhee, Blackbody radiation functions, 1984: with x = c₂/(λT), the share of σT⁴
that lies below the wavelength λ is 15/π⁴ Σₙ e^(−nx) (x³/n + 3x²/n² + 6x/n³ + 6/n⁴). Where x < 2 the sum converges
slowly, so there its complement is taken from the Taylor series of x³/(eˣ − 1), whose coefficients are Bernoulli's
numbers. Both are exact to the last digits of float64. Constants are CODATA's of 2018, which are exact in the SI.
"""

from __future__ import annotations

import numpy as np

Band = tuple[float, float]
"""Shortest and longest wavelength, m."""
LONGWAVE: Band = (8e-6, 14e-6)
"""Uncooled thermal cameras."""
STEFAN_BOLTZMANN = 5.670374419e-8
"""W/(m² K⁴)"""

_PLANCK, _LIGHT, _BOLTZMANN = 6.62607015e-34, 299792458.0, 1.380649e-23
_C2 = _PLANCK * _LIGHT / _BOLTZMANN  # m K
_SPLIT = 2.0
_TERMS = 20  # e^(−20 · 2) is under float64's resolution
_NEWTON = 8


def band_radiance(temperature: np.ndarray | float, band: Band = LONGWAVE) -> np.ndarray:
    """Radiance of a black body in a band.

    Args:
        temperature: K, not negative; any shape.
        band: Shortest and longest wavelength, m; the longest may be infinite.

    Returns:
        W/(m² sr), float64, the shape of the temperature.

    Raises:
        ValueError: A temperature is negative or no number, or the band is empty.
    """
    _check(band)
    kelvin = np.asarray(temperature, np.float64)
    if not (kelvin >= 0).all():
        raise ValueError("temperatures are in K, 0 and more")
    return _radiance(np.where(kelvin > 0, kelvin, 1.0), band) * (kelvin > 0)


def apparent_temperature(radiance: np.ndarray | float, band: Band = LONGWAVE) -> np.ndarray:
    """Temperature of the black body that has this radiance in the band: the inverse of `band_radiance`.

    Newton's method on log L over 1/T, which is all but a straight line, from the temperature that the band's middle
    wavelength alone would give.

    Args:
        radiance: W/(m² sr), not negative; any shape.
        band: Shortest and longest wavelength, m, both finite.

    Returns:
        K, float64, the shape of the radiance; 0 where the radiance is 0.

    Raises:
        ValueError: A radiance is negative or no number, or the band is empty or endless.
    """
    _check(band)
    if not np.isfinite(band[1]):
        raise ValueError("the band must end, for the temperature to be found from its middle")
    given = np.asarray(radiance, np.float64)
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("radiances are in W/(m² sr), 0 and more")
    seen = np.where(given > 0, given, 1.0)
    middle, width = (band[0] + band[1]) / 2, band[1] - band[0]
    inverse = middle / _C2 * np.log1p(2 * _PLANCK * _LIGHT**2 / middle**5 * width / seen)  # 1/T
    for _ in range(_NEWTON):
        black, slope = _radiance(1 / inverse, band), _slope(1 / inverse, band)
        inverse = np.maximum(inverse + np.log(black / seen) * black * inverse**2 / slope, inverse / 2)
    return np.where(given > 0, 1 / inverse, 0.0)


def _check(band: Band) -> None:
    if not 0 < band[0] < band[1]:
        raise ValueError(f"a band goes from a shorter to a longer wavelength in m, not from {band[0]} to {band[1]}")


def _radiance(kelvin: np.ndarray, band: Band) -> np.ndarray:
    share = _below(_C2 / (band[1] * kelvin)) - _below(_C2 / (band[0] * kelvin))
    return STEFAN_BOLTZMANN / np.pi * kelvin**4 * share


def _slope(kelvin: np.ndarray, band: Band) -> np.ndarray:
    """dL/dT, W/(m² sr K)."""
    short, long = (_C2 / (edge * kelvin) for edge in band)
    share = 4 * (_below(long) - _below(short)) + _moved(long) - _moved(short)
    return STEFAN_BOLTZMANN / np.pi * kelvin**3 * share


def _moved(x: np.ndarray) -> np.ndarray:
    """−x dF/dx of the share F below."""
    return 15 / np.pi**4 * x**4 * np.exp(-x) / -np.expm1(-x)


def _below(x: np.ndarray) -> np.ndarray:
    """Share of a black body's radiance at wavelengths below c₂/(xT)."""
    high, low = np.maximum(x, _SPLIT), np.minimum(x, _SPLIT)
    total, step = np.zeros_like(high), np.exp(-high)
    factor = np.ones_like(high)
    for n in range(1, _TERMS + 1):
        factor *= step
        total += factor * (((high / n + 3 / n**2) * high + 6 / n**3) * high + 6 / n**4)
    return np.where(x >= _SPLIT, 15 / np.pi**4 * total, 1 - 15 / np.pi**4 * _rest(low))


def _rest(x: np.ndarray) -> np.ndarray:
    """∫ t³/(eᵗ − 1) dt from 0 to x ≤ 2."""
    square, total = x * x, np.zeros_like(x)
    for coefficient in reversed(_TAYLOR):
        total = (total + coefficient) * square
    return x**3 * (1 / 3 - x / 8 + total)


def _coefficients(count: int) -> list[float]:
    """B₂ₖ/(2k)! / (2k + 3) for k = 1 …, where B₂ₖ/(2k)! = 2 (−1)^(k+1) ζ(2k)/(2π)^(2k)."""
    zeta = [np.pi**2 / 6, np.pi**4 / 90] + [sum(n ** -(2.0 * k) for n in range(1, 2000)) for k in range(3, count + 1)]
    return [2 * (-1) ** (k + 1) * zeta[k - 1] / (2 * np.pi) ** (2 * k) / (2 * k + 3) for k in range(1, count + 1)]


_TAYLOR = _coefficients(18)
