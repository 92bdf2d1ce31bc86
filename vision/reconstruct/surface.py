"""The surface that Gaussians stand for: normals of each Gaussian, and normals of a depth image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def splat_normals(means: Tensor, quats: Tensor, scales: Tensor, viewmats: Tensor) -> Tensor:
    """Each Gaussian's normal as every camera sees it, to be rasterised as colours.

    It is the shortest axis, along which a Gaussian that was fitted to a surface is thin, turned toward the camera
    (Jiang et al., GaussianShader, 2024; Guédon and Lepetit, SuGaR, 2024). What is rasterised with it is a mean: divide
    it by its length for a unit normal.

    Args:
        means: World, m. [N, 3]
        quats: w, x, y, z, of any length above 0. [N, 4]
        scales: Standard deviations or their logarithms. [N, 3]
        viewmats: World to camera, OpenCV axes. [C, 4, 4]

    Returns:
        Camera axes, unit length; differentiable by `quats`. [C, N, 3]
    """
    import torch

    normals = torch.einsum("cij,nj->cni", viewmats[:, :3, :3], shortest_axes(quats, scales))
    seen = torch.einsum("cij,nj->cni", viewmats[:, :3, :3], means) + viewmats[:, None, :3, 3]
    away = (normals * seen).sum(-1, keepdim=True) > 0
    return torch.where(away, -normals, normals)


def shortest_axes(quats: Tensor, scales: Tensor) -> Tensor:
    """The axis along which each Gaussian is thinnest: world, unit length, either sign. [N, 4], [N, 3] → [N, 3]"""
    shortest = scales.argmin(-1)[:, None, None].expand(-1, 3, 1)
    return rotations(quats).gather(2, shortest)[..., 0]


def rotations(quats: Tensor) -> Tensor:
    """Rotation matrices of quaternions w, x, y, z of any length above 0. [N, 4] → [N, 3, 3]"""
    import torch

    w, x, y, z = torch.nn.functional.normalize(quats, dim=-1).unbind(-1)
    entries = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(entries, -1).unflatten(-1, (3, 3))


def depth_normals(depth: Tensor, intrinsics: Tensor) -> Tensor:
    """Normals of the surface through the points of a depth image, by central differences.

    Args:
        depth: z-depth, m; 0 where nothing is. [H, W]
        intrinsics: Pinhole K, px. [3, 3]

    Returns:
        Camera axes, unit length, toward the camera; 0 at the border and beside pixels without depth. Differentiable by
        `depth`. [H, W, 3]
    """
    import torch

    height, width = depth.shape
    x = (torch.arange(width, device=depth.device, dtype=depth.dtype) + 0.5 - intrinsics[0, 2]) / intrinsics[0, 0]
    y = (torch.arange(height, device=depth.device, dtype=depth.dtype) + 0.5 - intrinsics[1, 2]) / intrinsics[1, 1]
    points = torch.stack([depth * x, depth * y[:, None], depth], -1)  # [H, W, 3]
    right, down = points[1:-1, 2:] - points[1:-1, :-2], points[2:, 1:-1] - points[:-2, 1:-1]
    inside = torch.nn.functional.normalize(torch.linalg.cross(down, right), dim=-1)
    there = depth > 0
    known = there[1:-1, 2:] & there[1:-1, :-2] & there[2:, 1:-1] & there[:-2, 1:-1]
    return torch.nn.functional.pad(inside * known[..., None], (0, 0, 1, 1, 1, 1))
