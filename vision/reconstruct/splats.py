"""The parameters of Gaussians while they are learned: how they begin, what cameras see of them, what they become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from multisynth.errors import BadInput

from ..splats.gaussians import Gaussians
from ..splats.rasterize import rasterization
from .options import Splats
from .surface import splat_normals
from .views import Views

C0 = 0.28209479177387814
"""Of the first spherical harmonic."""

Parameters = dict[str, Tensor]
"""means [N, 3], scales [N, 3] log, quats [N, 4], opacities [N] logit, sh0 [N, 1, 3], shN [N, K, 3] if the degree is not
0: named as in gsplat's trainers, so that its strategies work on them."""


@dataclass(frozen=True)
class Frame:
    """The coordinates of training, in which the cameras stand about 1 about the origin: x' = (x - centre) / scale."""

    centre: np.ndarray  # [3]
    scale: float

    @classmethod
    def of(cls, views: Views) -> Frame:
        """As gsplat's trainer scales its scenes; where cameras hardly move, depths say how large things are."""
        centres = views.centres
        centre = centres.mean(axis=0)
        reach = 1.1 * float(np.linalg.norm(centres - centre, axis=1).max())
        if len(views.points):
            reach = max(reach, 0.1 * float(np.median(np.linalg.norm(views.points - centre, axis=1))))
        return cls(centre, reach if reach > 0 else 1.0)

    def cameras(self, world_to_camera: np.ndarray) -> np.ndarray:
        """World to camera in these coordinates. [V, 4, 4] → [V, 4, 4]"""
        matrices = world_to_camera.copy()
        matrices[:, :3, 3] = (matrices[:, :3, 3] + matrices[:, :3, :3] @ self.centre) / self.scale
        return matrices


@dataclass(frozen=True)
class Seen:
    """What one camera sees of Gaussians."""

    colours: Tensor  # [H, W, 3]
    alphas: Tensor  # [H, W]
    depth: Tensor  # [H, W] expected z-depth
    normals: Tensor | None  # [H, W, 3] camera axes, times opacity
    info: dict[str, Any]  # of the rasteriser


def begin(
    views: Views, frame: Frame, options: Splats, bounds: np.ndarray | None, rng: np.random.Generator, device: str
) -> Parameters:
    """The first Gaussians: at the sparse points, or without any, anywhere within bounds.

    Args:
        views: The points and their colours.
        frame: The coordinates of training.
        options: Sizes and opacities.
        bounds: Lowest and highest corner, world. [2, 3]
        rng: Draws places and rotations.
        device: Where to.

    Raises:
        BadInput: No points are seen and there are no bounds.
    """
    from scipy.spatial import cKDTree

    points, colours = views.points, views.point_colours / np.float32(255)
    if len(points) < 4:
        if bounds is None:
            raise BadInput(
                f"none of the {len(views)} views sees points or has depth, so nobody knows where things are",
                "give `bounds`, the lowest and highest corner of what they look at",
            )
        count = min(options.random_points, options.max_gaussians)
        points, colours = rng.uniform(bounds[0], bounds[1], (count, 3)), rng.uniform(0, 1, (count, 3))
    elif len(points) > options.max_gaussians:
        chosen = np.sort(rng.choice(len(points), options.max_gaussians, replace=False))
        points, colours = points[chosen], colours[chosen]
    places = (points - frame.centre) / frame.scale
    distances, _ = cKDTree(places).query(places, k=4)
    size = np.sqrt((distances[:, 1:] ** 2).mean(axis=1)).clip(1e-6)
    quaternions = rng.normal(size=(len(points), 4))
    arrays = {
        "means": places,
        "scales": np.log(options.start_scale * size)[:, None].repeat(3, axis=1),
        "quats": quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True),
        "opacities": np.full(len(points), np.log(options.start_opacity / (1 - options.start_opacity))),
        "sh0": ((colours - 0.5) / C0)[:, None],
        "shN": np.zeros((len(points), (options.sh_degree + 1) ** 2 - 1, 3)),
    }
    return {
        name: torch.nn.Parameter(torch.as_tensor(array, dtype=torch.float32, device=device))
        for name, array in arrays.items()
        if array.size
    }


def look(
    parameters: Parameters, viewmat: Tensor, intrinsics: Tensor, width: int, height: int, degree: int,
    *, antialiased: bool = False, normals: bool = False, background: Tensor | None = None,
) -> Seen:  # fmt: skip
    """What a camera sees, differentiably.

    Args:
        parameters: The Gaussians.
        viewmat: World to camera, coordinates of training. [4, 4]
        intrinsics: K, px. [3, 3]
        width: px.
        height: px.
        degree: Of the harmonics that count, at most that of the parameters.
        antialiased: As in `Splats`.
        normals: Whether to see the Gaussians' normals too.
        background: Colour behind everything. [3]
    """
    means, quats, scales = parameters["means"], parameters["quats"], torch.exp(parameters["scales"])
    harmonics = coefficients(parameters)
    viewmats, colours = viewmat[None], harmonics
    sh_degree: int | None = degree
    if normals:
        turned = splat_normals(means, quats, parameters["scales"], viewmats)
        colours, sh_degree = torch.cat([_coloured(means, harmonics, viewmats, degree), turned], -1), None
        background = None if background is None else torch.cat([background, background.new_zeros(3)])
    renders, alphas, info = rasterization(
        means, quats, scales, torch.sigmoid(parameters["opacities"]), colours, viewmats, intrinsics[None], width,
        height, sh_degree=sh_degree, packed=False, backgrounds=None if background is None else background[None],
        render_mode="RGB+ED", rasterize_mode="antialiased" if antialiased else "classic",
    )  # fmt: skip
    image = renders[0]
    return Seen(image[..., :3], alphas[0, ..., 0], image[..., -1], image[..., 3:6] if normals else None, info)


def coefficients(parameters: Parameters) -> Tensor:
    """All harmonics. [N, (D + 1)², 3]"""
    return torch.cat([parameters["sh0"], parameters["shN"]], 1) if "shN" in parameters else parameters["sh0"]


def gaussians(parameters: Parameters, frame: Frame) -> Gaussians:
    """The Gaussians in coordinates of the world."""
    arrays = {name: value.detach().cpu().numpy() for name, value in parameters.items()}
    harmonics = coefficients(parameters).detach().cpu().numpy()
    return Gaussians(
        (arrays["means"] * frame.scale + frame.centre).astype(np.float32),
        arrays["quats"],
        arrays["scales"] + np.float32(np.log(frame.scale)),
        arrays["opacities"],
        harmonics,
    )


def _coloured(means: Tensor, harmonics: Tensor, viewmats: Tensor, degree: int) -> Tensor:
    """Colours as each camera sees them. [C, N, 3]"""
    centres = torch.inverse(viewmats)[:, :3, 3]
    if means.is_cuda:
        from gsplat import spherical_harmonics

        raw = spherical_harmonics(
            degree, means[None] - centres[:, None], harmonics[None].expand(len(centres), -1, -1, -1)
        )
    else:
        from ..splats.differentiable import harmonics as evaluate

        everyone = torch.ones(len(centres), len(means), 2, dtype=torch.int32)
        raw = evaluate(degree, means, centres, harmonics, everyone)
    return torch.clamp_min(raw + 0.5, 0.0)
