"""Instance ids for Gaussians: from masks of views, or from the nearest surface of a scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.render.world import World

from multisynth.errors import BadInput

from ..splats.gaussians import Gaussians
from .views import Views

if TYPE_CHECKING:
    from torch import Tensor

CHANNELS = 32
"""Ids asked about at once, as many as gsplat rasterises in one go."""


def lift(gaussians: Gaussians, views: Views, *, device: str = "cpu", antialiased: bool = False) -> np.ndarray:
    """The id under which each Gaussian is seen most, by the light it stops in the views' masks.

    What a Gaussian adds to a pixel does not depend on its id, so rendered ids that differ from the masks the least are
    those of the largest sum of weights (Shen et al., FlashSplat, 2024, equation 5, without bias to the background).
    These sums are derivatives of rendered features by the Gaussians' own: a backward pass a view.

    Args:
        gaussians: N of them.
        views: Those to learn from that have `instances` count; the ids mean the same in all of them.
        device: `cpu` or `cuda`.
        antialiased: As the Gaussians were trained.

    Returns:
        0, the background, where no mask sees a Gaussian. [N] uint16

    Raises:
        BadInput: No view to learn from has masks.
    """
    import torch

    rows = [row for row in views.training if views.instances[row] is not None]
    if not rows:
        raise BadInput("no view to learn from has a mask of instances", "label views, or lift from a scene")
    ids = np.unique(np.concatenate([np.unique(views.instances[row]) for row in rows]))  # type: ignore[arg-type]
    means, quats, scales, opacities = (
        torch.as_tensor(array, device=device)
        for array in (gaussians.means, gaussians.quaternions, gaussians.log_scales, gaussians.logit_opacities)
    )
    given = means, quats, torch.exp(scales), torch.sigmoid(opacities)
    best = torch.zeros(len(gaussians), device=device)
    chosen = torch.zeros(len(gaussians), dtype=torch.long, device=device)
    for start in range(0, len(ids), CHANNELS):
        some = ids[start : start + CHANNELS]
        weights = torch.zeros(len(gaussians), len(some), device=device)
        for row in rows:
            weights += _weights(given, views, row, some, antialiased)
        most, which = weights.max(dim=1)
        chosen = torch.where(most > best, torch.as_tensor(some.astype(np.int64), device=device)[which], chosen)
        best = torch.maximum(most, best)
    return chosen.cpu().numpy().astype(np.uint16)


def _weights(
    given: tuple[Tensor, Tensor, Tensor, Tensor], views: Views, row: int, ids: np.ndarray, antialiased: bool
) -> Tensor:
    """The light that each Gaussian stops in pixels of each id, in one view. [N, L]"""
    import torch

    from ..splats.rasterize import rasterization

    mask, device = views.instances[row], given[0].device
    assert mask is not None
    features = torch.zeros(len(given[0]), len(ids), device=device, requires_grad=True)
    matrix, intrinsics = (
        torch.as_tensor(array[row : row + 1], dtype=torch.float32, device=device)
        for array in (views.world_to_camera, views.intrinsics)
    )
    renders, _, _ = rasterization(
        *given, features, matrix, intrinsics, mask.shape[1], mask.shape[0], packed=False,
        rasterize_mode="antialiased" if antialiased else "classic",
    )  # fmt: skip
    wanted = torch.as_tensor(mask[..., None] == ids, device=device)
    (weights,) = torch.autograd.grad(renders[0], features, wanted.float())
    return weights


def lift_from_scene(
    gaussians: Gaussians, world: World, poses: np.ndarray | None = None, reach: float = 0.05
) -> np.ndarray:
    """The id of the body whose surface is nearest to each Gaussian's centre.

    Args:
        gaussians: N of them, in the scene's coordinates.
        world: The scene.
        poses: Of its moving parts: x, y, z, w, x, y, z. [B, 7]
        reach: What is farther from every surface than this, m, is background.

    Returns:
        [N] uint16

    Raises:
        BadInput: The poses do not fit the scene.
    """
    import open3d

    poses = np.tile([0.0, 0, 0, 1, 0, 0, 0], (world.parts, 1)) if poses is None else poses
    scene, owners = open3d.t.geometry.RaycastingScene(), {}
    shapes = [shape for body in world.scene.bodies for part in body.parts for shape in part.shapes]
    for index, (shape, place) in enumerate(zip(shapes, world.place(poses), strict=True)):
        mesh = triangles(shape)
        vertices = (mesh.vertices @ place[:3, :3].T + place[:3, 3]).astype(np.float32)
        geometry = scene.add_triangles(open3d.core.Tensor(vertices), open3d.core.Tensor(mesh.faces.astype(np.uint32)))
        owners[int(geometry)] = world.instances[world.bodies[index] + 1]
    found = scene.compute_closest_points(open3d.core.Tensor(gaussians.means.astype(np.float32)))
    distance = np.linalg.norm(found["points"].numpy() - gaussians.means, axis=1)
    ids = np.array([owners.get(int(geometry), 0) for geometry in found["geometry_ids"].numpy()], np.uint16)
    ids[distance > reach] = 0
    return ids
