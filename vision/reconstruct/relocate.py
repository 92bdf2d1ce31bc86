"""MCMC densification where gsplat's own CUDA kernels cannot run.

`gsplat.strategy.MCMCStrategy` with the same steps in torch: Kheradmand et al., 3D Gaussian splatting as Markov chain
Monte Carlo, 2024 (arXiv 2404.09591).
"""

from __future__ import annotations

from typing import Any

import torch
from gsplat.strategy import MCMCStrategy
from gsplat.strategy.ops import _update_param_with_optimizer as update
from torch import Tensor

from .surface import rotations

MOST = 51
"""Copies of one Gaussian that the arithmetic allows, as in gsplat."""


class Mcmc(MCMCStrategy):
    """gsplat's strategy on tensors of any device."""

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step_post_backward(
        self, params: Any, optimizers: Any, state: dict[str, Any], step: int, info: dict[str, Any], lr: float
    ) -> None:
        """As its base has it, but for kernels."""
        if self.refine_start_iter < step < self.refine_stop_iter and step % self.refine_every == 0:
            self._relocate_gs(params, optimizers)
            self._add_new_gs(params, optimizers)
        _shake(params, lr * self.noise_lr)

    def _relocate_gs(self, params: Any, optimizers: Any, binoms: Tensor | None = None) -> int:
        """Move Gaussians that nobody sees onto others, drawn by their opacity; tells how many."""
        opacities = torch.sigmoid(params["opacities"])
        dead, alive = (found.nonzero()[:, 0] for found in (opacities <= self.min_opacity, opacities > self.min_opacity))
        if not len(dead) or not len(alive):
            return 0
        chosen = alive[torch.multinomial(opacities[alive], len(dead), replacement=True)]
        shared = self._shared(params, chosen)

        def moved(name: str, value: Tensor) -> Tensor:
            if name in shared:
                value[chosen] = shared[name]
            value[dead] = value[chosen]
            return torch.nn.Parameter(value, requires_grad=value.requires_grad)

        def forgotten(key: str, value: Tensor) -> Tensor:
            value[chosen] = 0
            return value

        update(moved, forgotten, params, optimizers)
        return len(dead)

    def _add_new_gs(self, params: Any, optimizers: Any, binoms: Tensor | None = None) -> int:
        """Add a twentieth, drawn by their opacity; tells how many."""
        count = len(params["means"])
        new = max(0, min(self.cap_max, int(1.05 * count)) - count)
        if not new:
            return 0
        chosen = torch.multinomial(torch.sigmoid(params["opacities"]), new, replacement=True)
        shared = self._shared(params, chosen)

        def grown(name: str, value: Tensor) -> Tensor:
            if name in shared:
                value[chosen] = shared[name]
            return torch.nn.Parameter(torch.cat([value, value[chosen]]), requires_grad=value.requires_grad)

        def padded(key: str, value: Tensor) -> Tensor:
            return torch.cat([value, value.new_zeros(new, *value.shape[1:])])

        update(grown, padded, params, optimizers)
        return new

    def _shared(self, params: Any, chosen: Tensor) -> dict[str, Tensor]:
        """What opacities and sizes become where copies join."""
        copies = torch.bincount(chosen)[chosen] + 1
        opacities, scales = relocation(
            torch.sigmoid(params["opacities"][chosen]), torch.exp(params["scales"][chosen]), copies
        )
        opacities = opacities.clamp(self.min_opacity, 1 - torch.finfo(torch.float32).eps)
        return {"opacities": torch.logit(opacities), "scales": torch.log(scales)}


def relocation(opacities: Tensor, scales: Tensor, copies: Tensor) -> tuple[Tensor, Tensor]:
    """Gaussians so many of which, in one place, stop as much light as one did (equation 9 of the paper).

    Args:
        opacities: Of one, 0 to 1. [N]
        scales: Of one. [N, 3]
        copies: How many there will be; counted as 51 where there are more. [N] int

    Returns:
        Opacities, [N], and scales, [N, 3], of each of the copies.
    """
    copies = copies.clamp(1, MOST)
    new = 1 - (1 - opacities.double()) ** (1 / copies)
    # Σ_i Σ_k binom(i - 1, k) (-1)^k o^(k + 1) / sqrt(k + 1), the sum over i ≤ n of binomials being binom(n, k + 1)
    k = torch.arange(MOST, device=opacities.device)
    n = copies[:, None].double()
    logarithm = torch.lgamma(n + 1) - torch.lgamma(k + 2.0) - torch.lgamma((n - k).clamp_min(1.0))
    terms = torch.where(k < n, torch.exp(logarithm + (k + 1) * torch.log(new)[:, None]), 0.0)
    denominator = (terms * (1 - 2 * (k % 2)) / torch.sqrt(k + 1.0)).sum(-1)
    return new.to(opacities.dtype), (opacities / denominator).to(scales.dtype)[:, None] * scales


def _shake(params: Any, scaler: float) -> None:
    """Noise on the places of Gaussians along their own shapes, the more the less opaque they are."""
    opacities = torch.sigmoid(params["opacities"])
    axes = rotations(params["quats"]) * torch.exp(params["scales"])[:, None]
    noise = torch.randn_like(params["means"]) * (scaler * torch.sigmoid(100 * ((1 - opacities) - 0.995)))[:, None]
    params["means"].add_(torch.einsum("nij,nkj,nk->ni", axes, axes, noise))
