"""What the compositor should give: gsplat's own torch projection and a composite of one Gaussian after the other."""

from __future__ import annotations

import torch
from gsplat.cuda._torch_impl import _fully_fused_projection, _quat_scale_to_covar_preci, _spherical_harmonics
from torch import Tensor


def reference(
    means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor, colors: Tensor, viewmats: Tensor, Ks: Tensor,
    width: int, height: int, *, sh_degree: int | None = None, backgrounds: Tensor | None = None,
    render_mode: str = "RGB", rasterize_mode: str = "classic", camera_model: str = "pinhole",
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Images [C, H, W, X], alphas [C, H, W, 1] and means2d [C, N, 2], in the type of the tensors given."""
    covariances, _ = _quat_scale_to_covar_preci(quats, scales, compute_preci=False)
    radii, means2d, depths, conics, compensations = _fully_fused_projection(
        means, covariances, viewmats, Ks, width, height,
        calc_compensations=rasterize_mode == "antialiased", camera_model=camera_model,
    )  # fmt: skip
    seen = opacities[None].expand(len(viewmats), -1)
    if compensations is not None:
        seen = seen * compensations
    if sh_degree is not None:
        away = means[None] - torch.inverse(viewmats)[:, None, :3, 3]
        colors = (
            _spherical_harmonics(sh_degree, away, colors[None].expand(len(viewmats), -1, -1, -1)) + 0.5
        ).clamp_min(0)
    elif colors.dim() == 2:
        colors = colors[None].expand(len(viewmats), -1, -1)
    if "D" in render_mode:
        colors = torch.cat((colors, depths[..., None]), -1) if "+" in render_mode else depths[..., None]
        if backgrounds is not None:
            backgrounds = torch.cat((backgrounds, torch.zeros_like(backgrounds[:, :1])), -1)[:, -colors.shape[-1] :]

    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    images, alphas = [], []
    for camera in range(len(viewmats)):
        image = torch.zeros(height, width, colors.shape[-1], dtype=means.dtype)
        transmittance = torch.ones(height, width, dtype=means.dtype)
        ended = torch.zeros(height, width, dtype=torch.bool)
        for index in torch.argsort(depths[camera], stable=True).tolist():
            if not (radii[camera, index] > 0).all():
                continue
            dx, dy = means2d[camera, index, 0] - x, means2d[camera, index, 1] - y
            xx, xy, yy = conics[camera, index]
            sigma = 0.5 * (xx * dx * dx + yy * dy * dy) + xy * dx * dy
            alpha = (seen[camera, index] * torch.exp(-sigma)).clamp_max(0.999)
            rest = transmittance * (1 - alpha)
            counts = (alpha >= 1 / 255) & (sigma >= 0) & ~ended
            ended = ended | (counts & (rest <= 1e-4))
            goes = counts & (rest > 1e-4)
            image = image + torch.where(goes, alpha * transmittance, 0.0)[..., None] * colors[camera, index]
            transmittance = torch.where(goes, rest, transmittance)
        if backgrounds is not None:
            image = image + transmittance[..., None] * backgrounds[camera]
        images.append(image)
        alphas.append(1 - transmittance[..., None])
    renders, alpha = torch.stack(images), torch.stack(alphas)
    if "ED" in render_mode:
        renders = torch.cat((renders[..., :-1], renders[..., -1:] / alpha.clamp(min=1e-10)), -1)
    return renders, alpha, means2d
