"""From radiance to photons: how much light there is, how much of it a camera lets in, and how it is set.

A white matt face under E lux has the luminance E/π; through a lens of f-number N its image has E τ/(4 N²) lux (the
camera equation, as in ISO 12232). Of daylight 54 lx are 1 µmol of photons a second and m² between 400 and 700 nm
(Thimijan and Heins, Photometric, radiometric, and quantum light units of measure, 1983), which are shared evenly among
red, green and blue. For comparison: full moon 0.1 to 0.3 lx, street at night 1 to 20, room 100 to 500, overcast noon
10,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .sensor import Sensor

_PHOTONS = 6.02214076e23 * 1e-6 / 54 / 3  # photons a channel for 1 lx during 1 s on 1 m²


@dataclass(frozen=True)
class Aperture:
    """What lets light onto a pixel."""

    f_number: float = 1.8
    pitch: float = 3e-6  # m, edge of a pixel
    transmission: float = 0.9  # of the lens

    def photons(self, illuminance: float, exposure: float) -> float:
        """Photons that a white matt face under so many lux sends into a pixel and channel during so many seconds."""
        return _PHOTONS * illuminance * self.transmission / (4 * self.f_number**2) * self.pitch**2 * exposure


def photons(
    radiance: np.ndarray,  # [H, W, 3] linear, 1: a white matt face in full light
    illuminance: float,  # lx, on that face
    exposure: float,  # s
    aperture: Aperture,
) -> np.ndarray:
    """Expected photons in each pixel and channel. [H, W, 3] float32"""
    return radiance.astype(np.float32) * np.float32(aperture.photons(illuminance, exposure))


@dataclass(frozen=True)
class Camera:
    """A camera that sets itself so that a white matt face in full light is just white: by exposure first, then by gain.

    Both have limits, beyond which pictures stay dark.
    """

    aperture: Aperture
    sensor: Sensor
    longest: float = 1 / 30  # s
    amplification: float = 64.0  # at most, over the gain at which a full well is the largest number

    def settings(self, illuminance: float) -> tuple[float, float]:
        """Exposure in s and gain K in DN/e⁻ under so many lux."""
        rate = self.aperture.photons(illuminance, 1.0) * max(self.sensor.quantum_efficiency)  # e⁻/s
        exposure = min(self.longest, self.sensor.full_well / rate)
        base = self.sensor.base_gain
        return exposure, min(base * self.amplification, base * self.sensor.full_well / (rate * exposure))

    def photograph(self, radiance: np.ndarray, illuminance: float, rng: np.random.Generator) -> np.ndarray:
        """What the camera makes of linear radiance under so many lux, noise included: linear, as bright as it can.

        Args:
            radiance: 1 is a white matt face in full light. [H, W, 3]
            illuminance: lx, on that face.
            rng: Draws the noise.

        Returns:
            Radiance, 1 where the converter is full, which is white unless gain has met its limit. [H, W, 3] float32
        """
        exposure, gain = self.settings(illuminance)
        numbers = self.sensor.expose(photons(radiance, illuminance, exposure, self.aperture), exposure, gain, rng)
        full = (self.sensor.white - self.sensor.black) / gain / max(self.sensor.quantum_efficiency)
        return self.sensor.develop(numbers, full, exposure, gain)
