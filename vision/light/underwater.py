"""Underwater: light that water takes away and light that it scatters in, each with its own coefficients
(Akkaynak and Treibitz, A revised underwater image formation model, CVPR 2018, and Sea-thru, CVPR 2019):

    L = L₀ e^(−K D) e^(−β_D d) + B∞ (1 − e^(−β_B d)),   B∞ = E e^(−K D) b/(a + b)

β_D is the attenuation of what comes from the scene, β_B that of the backscatter as it builds up, K that of daylight on
its way down to the depth D; each for red, green and blue. A camera's channels are wide and what is left of light has
another spectrum than what came, so the two are not equal, nor are they the water's a + b at one wavelength: they follow
from it by the paper's equations 9 and 10, here at the range where half of the light in the channel's middle is gone.
Scattering at small angles counts as loss; there is no blur and no caustic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from .fog import transmittance

Triple = tuple[float, float, float]
Jerlov = Literal["I", "IA", "IB", "II", "III", "1C", "7C", "9C"]

_WAVELENGTHS = (640.0, 545.0, 450.0)  # nm, of the tables below
_CHANNELS = ((610.0, 25.0), (540.0, 25.0), (460.0, 25.0))  # nm, middle and standard deviation of red, green and blue
_WATER: dict[Jerlov, tuple[Triple, Triple, Triple]] = {
    "I": ((0.309, 0.053, 0.009), (0.001, 0.002, 0.004), (0.338, 0.059, 0.019)),
    "IA": ((0.309, 0.054, 0.014), (0.002, 0.004, 0.007), (0.346, 0.063, 0.026)),
    "IB": ((0.309, 0.054, 0.015), (0.045, 0.054, 0.070), (0.351, 0.068, 0.036)),
    "II": ((0.310, 0.054, 0.016), (0.270, 0.365, 0.516), (0.374, 0.086, 0.068)),
    "III": ((0.310, 0.056, 0.031), (0.737, 0.998, 1.413), (0.417, 0.119, 0.135)),
    "1C": ((0.316, 0.067, 0.105), (0.274, 0.372, 0.526), (0.418, 0.122, 0.250)),
    "7C": ((0.351, 0.188, 0.574), (1.772, 2.394, 3.376), (0.594, 0.466, 0.890)),
    "9C": ((0.398, 0.349, 0.995), (2.347, 3.180, 4.496), (0.716, 0.660, 1.600)),
}
"""1/m: absorption a and scattering b, derived for Jerlov's types by Solonenko and Mobley (Inherent optical properties
of Jerlov water types, 2015), in three bands as by Droske et al. (Path tracing in production: the path of water,
SIGGRAPH 2023 courses; its rows 3C and 5C contradict their neighbours and are left out); and K, diffuse attenuation of
daylight, measured by Jerlov (Marine optics, 1976, table XXVII), between his wavelengths. I to III are oceans from clear
to murky, 1C to 9C coasts."""


@dataclass(frozen=True)
class Water:
    """Coefficients of red, green and blue, 1/m, and the light of endless water."""

    attenuation: Triple  # β_D
    backscatter: Triple  # β_B
    diffuse: Triple  # K
    veil: Triple  # B∞ over the radiance around: b/(a + b)


@lru_cache
def jerlov(kind: Jerlov) -> Water:
    """Water of one of Jerlov's types, as cameras see it."""
    absorption, scattering, diffuse = _WATER[kind]
    red, green, blue = (_wideband(np.array(absorption), np.array(scattering), *channel) for channel in _CHANNELS)
    attenuation, backscatter, veil = zip(red, green, blue, strict=True)
    return Water(attenuation, backscatter, diffuse, veil)


def underwater(
    radiance: np.ndarray,  # [H, W, 3] linear, as it would be in air
    distance: np.ndarray,  # [H, W] m along the ray, 0: open water
    water: Water,
    depth: float = 0.0,  # m, of camera and scene under the surface
    ambient: float = 1.0,  # E: mean radiance around just under the surface, where a white face in the light has 1
) -> np.ndarray:
    """What is seen underwater. [H, W, 3] float32"""
    left = np.exp(-depth * np.asarray(water.diffuse)).astype(np.float32)
    veil = left * np.asarray(water.veil, np.float32) * np.float32(ambient)
    direct = radiance * left * transmittance(distance, np.array(water.attenuation))
    return direct + veil * (1 - transmittance(distance, np.array(water.backscatter)))


def _wideband(
    absorption: np.ndarray, scattering: np.ndarray, middle: float, deviation: float
) -> tuple[float, float, float]:
    """β_D, β_B and B∞ of a channel of Gaussian sensitivity; coefficients between the table's wavelengths are geometric
    means of their neighbours.
    """
    wavelength = np.linspace(middle - 3 * deviation, middle + 3 * deviation, 151)
    sensitivity = np.exp(-0.5 * ((wavelength - middle) / deviation) ** 2)
    sensitivity /= sensitivity.sum()
    known = np.array(_WAVELENGTHS[::-1])
    a, b = (np.exp(np.interp(wavelength, known, np.log(row[::-1]))) for row in (absorption, scattering))
    beam, veil = a + b, b / (a + b)
    span = float(np.log(2) / beam[75])
    passed = np.exp(-beam * span)
    endless = float(sensitivity @ veil)
    attenuation = -np.log(sensitivity @ passed) / span
    backscatter = -np.log(1 - sensitivity @ (veil * (1 - passed)) / endless) / span
    return float(attenuation), float(backscatter), endless
