"""Gaussian splats in memory (Kerbl et al., 3D Gaussian splatting for real-time radiance field rendering, 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Gaussians:
    """N anisotropic Gaussians as training has them: scales by their logarithm, opacities by their logit."""

    means: np.ndarray  # [N, 3] float32, m, world
    quaternions: np.ndarray  # [N, 4] float32, w, x, y, z; of any length above 0
    log_scales: np.ndarray  # [N, 3] float32, log of the standard deviation in m
    logit_opacities: np.ndarray  # [N] float32
    harmonics: (
        np.ndarray
    )  # [N, (D + 1)², 3] float32, real spherical harmonics of degree D = 0 … 3; colour = 0.5 + Σ, sRGB
    instances: np.ndarray | None = None  # [N] uint16, 0 = background

    def __len__(self) -> int:
        return len(self.means)
