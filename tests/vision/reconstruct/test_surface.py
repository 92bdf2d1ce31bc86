"""Normals of Gaussians and of depth images, against scipy's rotations and a plane in closed form."""

from __future__ import annotations

import numpy as np
import torch
from multisynth.vision.reconstruct.surface import depth_normals, shortest_axes, splat_normals
from scipy.spatial.transform import Rotation

K = torch.tensor([[90.0, 0, 32], [0, 80, 24], [0, 0, 1]], dtype=torch.float64)


def test_the_shortest_axis_is_a_column_of_the_rotation() -> None:
    rng = np.random.default_rng(1)
    turns = Rotation.random(50, rng=rng)
    scales = rng.uniform(0.1, 2, (50, 3))
    quats = turns.as_quat(scalar_first=True) * rng.uniform(0.5, 3, (50, 1))
    axes = shortest_axes(torch.from_numpy(quats), torch.from_numpy(scales)).numpy()
    expected = turns.as_matrix()[np.arange(50), :, scales.argmin(1)]
    np.testing.assert_allclose(axes, expected, atol=1e-12)


def test_normals_turn_toward_each_camera() -> None:
    flat = torch.tensor([[1.0, 1.0, 0.1]], dtype=torch.float64)
    upright = torch.tensor([[1.0, 0, 0, 0]], dtype=torch.float64)
    ahead = torch.eye(4, dtype=torch.float64)
    behind = torch.diag(torch.tensor([-1.0, 1, -1, 1], dtype=torch.float64))
    behind[2, 3] = 10  # the same point seen from its other side
    normals = splat_normals(
        torch.tensor([[0.0, 0, 4]], dtype=torch.float64), upright, flat, torch.stack([ahead, behind])
    )
    assert normals.shape == (2, 1, 3)
    np.testing.assert_allclose(normals[:, 0].numpy(), [[0, 0, -1], [0, 0, -1]], atol=1e-12)


def test_depth_of_a_plane_gives_its_normal() -> None:
    normal = np.array([0.3, -0.4, -0.866])
    normal /= np.linalg.norm(normal)
    v, u = np.mgrid[:48, :64] + 0.5
    rays = np.stack([(u - 32) / 90, (v - 24) / 80, np.ones_like(u)], -1)
    depth = -3 / (rays @ normal)  # n · x = -3
    depth[10, 20] = 0
    normals = depth_normals(torch.from_numpy(depth), K).numpy()
    known = np.abs(normals).sum(-1) > 0
    assert not known[0].any() and not known[:, -1].any()
    assert not known[10, 19] and not known[9, 20] and known[20, 20]
    np.testing.assert_allclose(normals[known], np.broadcast_to(normal, (known.sum(), 3)), atol=1e-9)


def test_depth_normals_can_be_learned_from() -> None:
    depth = torch.full((8, 8), 2.0, requires_grad=True)
    depth_normals(depth, K.float())[..., 0].sum().backward()
    assert depth.grad is not None and torch.isfinite(depth.grad).all() and depth.grad.abs().sum() > 0
