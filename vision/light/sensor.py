"""An image sensor by EMVA standard 1288, release 4.0, linear model: photons in, digital numbers out.

    e ~ Poisson(η µ_p + µ_d),   y = round(K (min(e, e_sat) + n_read + n_row) + y₀)

so that a uniform field obeys the photon transfer line σ_y² = K² σ_d² + 1/12 + K (µ_y − µ_y.dark), where σ_d is read and
row noise together. Every pixel measures all three colours: there is no mosaic and no demosaicing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_EVEN = 1e4  # electrons: beyond it a Gaussian and Poisson's law differ by less than rounding


@dataclass(frozen=True)
class Sensor:
    """A sensor and its converter, before gain."""

    quantum_efficiency: tuple[float, float, float] = (0.45, 0.6, 0.5)  # η of red, green, blue
    full_well: float = 10_000.0  # e_sat, e⁻
    read_noise: float = 2.5  # σ, e⁻
    row_noise: float = 0.4  # σ, e⁻, the same for all of a row
    dark_current: float = 5.0  # e⁻/s
    bits: int = 12
    black: int = 64  # y₀, so that noise is not cut off at 0

    @property
    def white(self) -> int:
        """Largest digital number."""
        return 2**self.bits - 1

    @property
    def base_gain(self) -> float:
        """K at which a full well is the largest number, DN/e⁻."""
        return (self.white - self.black) / self.full_well

    def expose(
        self,
        photons: np.ndarray,  # [H, W, 3] expected in each pixel and channel
        exposure: float,  # s
        gain: float,  # K, DN/e⁻
        rng: np.random.Generator,
    ) -> np.ndarray:
        """What the converter says. [H, W, 3] uint16"""
        mean = photons * np.asarray(self.quantum_efficiency, np.float32) + np.float32(self.dark_current * exposure)
        electrons = _poisson(mean, rng)
        np.minimum(electrons, np.float32(self.full_well), out=electrons)
        electrons += rng.standard_normal(electrons.shape, np.float32) * np.float32(self.read_noise)
        electrons += rng.standard_normal((len(electrons), 1, 1), np.float32) * np.float32(self.row_noise)
        return np.clip(np.rint(electrons * np.float32(gain) + self.black), 0, self.white).astype(np.uint16)

    def develop(self, numbers: np.ndarray, photons: float, exposure: float, gain: float) -> np.ndarray:
        """Linear radiance out of digital numbers, black subtracted and white balanced; noise may lie below 0.

        Args:
            numbers: As `expose` gives them. [H, W, 3] uint16
            photons: Those that make radiance 1.
            exposure: s; what the dark current gave during it is subtracted.
            gain: K, DN/e⁻.

        Returns:
            [H, W, 3] float32
        """
        electrons = (numbers.astype(np.float32) - self.black) / np.float32(gain) - np.float32(
            self.dark_current * exposure
        )
        return electrons / (np.asarray(self.quantum_efficiency, np.float32) * np.float32(photons))


def _poisson(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Photoelectrons; by a rounded Gaussian where they are many. float32"""
    few = np.minimum(mean, _EVEN)
    counts = rng.poisson(few).astype(np.float32)
    many = mean > _EVEN
    if many.any():
        bright = mean[many]
        counts[many] = np.rint(bright + np.sqrt(bright) * rng.standard_normal(len(bright), np.float32))
    return counts
