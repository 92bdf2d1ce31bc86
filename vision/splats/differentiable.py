"""The compositor's kernels as torch functions with gradients. Import inside functions: it needs torch and numba."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .kernels import composite as _composite
from .kernels import harmonics as _harmonics
from .kernels import projection as _projection
from .kernels import tiles as _tiles
from .kernels.compiled import chunks, share

_LENSES = {"pinhole": _projection.PINHOLE, "ortho": _projection.ORTHO, "fisheye": _projection.FISHEYE}
_PARTS = 16  # of an image's Gaussians, which list their tiles independently


def project(
    means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor, viewmats: Tensor, Ks: Tensor, width: int,
    height: int, eps2d: float, near: float, far: float, radius_clip: float, camera_model: str, antialiased: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gaussians on C images; see `rasterization` for what is given.

    Returns:
        Radii [C, N, 2] px, means [C, N, 2] px, depths [C, N] m, conics [C, N, 3] px⁻², and what the blur by eps2d
        leaves of the opacities [C, N]. All 0 where nothing is seen.
    """
    found: tuple[Tensor, Tensor, Tensor, Tensor, Tensor] = _Projection.apply(
        means, quats, scales, opacities, viewmats, Ks, width, height, eps2d, near, far, radius_clip, camera_model,
        antialiased,
    )  # fmt: skip
    return found


def harmonics(degree: int, means: Tensor, centres: Tensor, coefficients: Tensor, radii: Tensor) -> Tensor:
    """Harmonics [N, K, 3] or [C, N, K, 3] of what has radii [C, N, 2], seen from centres [C, 3]: [C, N, 3]."""
    colours: Tensor = _Harmonics.apply(degree, means, centres, coefficients, radii)
    return colours


def composite(
    means2d: Tensor, conics: Tensor, colours: Tensor, opacities: Tensor, backgrounds: Tensor | None, lists: Lists,
    absgrad: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Images [C, H, W, X] and alphas [C, H, W, 1] of colours [C, N, X] before backgrounds [C, X]."""
    images: tuple[Tensor, Tensor] = _Composite.apply(means2d, conics, colours, opacities, backgrounds, lists, absgrad)
    return images


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().contiguous().numpy()
    return array


class _Projection(torch.autograd.Function):
    """Means, quaternions, scales and cameras to radii, 2D means, depths, conics and compensations of [C, N]."""

    @staticmethod
    def forward(
        ctx: Any, means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor, viewmats: Tensor, Ks: Tensor,
        width: int, height: int, eps2d: float, near: float, far: float, radius_clip: float, camera_model: str,
        antialiased: bool,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
        cameras, count = len(viewmats), len(means)
        lens = _LENSES[camera_model]
        views, intrinsics = _array(viewmats).astype(np.float64), _array(Ks).astype(np.float64)
        radii = np.zeros((cameras * count, 2), np.int32)
        means2d, depths = np.zeros((cameras * count, 2), np.float32), np.zeros(cameras * count, np.float32)
        conics, compensations = np.zeros((cameras * count, 3), np.float32), np.zeros(cameras * count, np.float32)
        share(
            _projection.project, cameras * count, _array(means), _array(quats), _array(scales), _array(opacities),
            views, intrinsics, width, height, float(eps2d), float(near), float(far), float(radius_clip), lens,
            antialiased, radii, means2d, depths, conics, compensations,
        )  # fmt: skip
        ctx.save_for_backward(means, quats, scales)
        ctx.cameras = views, intrinsics, width, height, float(eps2d), lens
        ctx.projected = radii, conics, compensations, antialiased
        found = [
            torch.from_numpy(array).reshape(cameras, count, *array.shape[1:])
            for array in (radii, means2d, depths, conics, compensations)
        ]
        ctx.mark_non_differentiable(found[0])
        return tuple(found)

    @staticmethod
    def backward(
        ctx: Any, _: Tensor, v_means2d: Tensor, v_depths: Tensor, v_conics: Tensor, v_compensations: Tensor
    ) -> tuple[Tensor | None, ...]:
        means, quats, scales = map(_array, ctx.saved_tensors)
        v_means, v_quats, v_scales = np.empty_like(means), np.empty_like(quats), np.empty_like(scales)
        v_views = np.zeros((len(chunks(len(means))), len(ctx.cameras[0]), 3, 4))
        share(
            _projection.project_back, len(means), means, quats, scales, *ctx.cameras, *ctx.projected,
            _array(v_means2d).reshape(-1, 2), _array(v_depths).reshape(-1), _array(v_conics).reshape(-1, 3),
            _array(v_compensations).reshape(-1), v_means, v_quats, v_scales, v_views,
        )  # fmt: skip
        v_viewmats = None
        if ctx.needs_input_grad[4]:
            v_viewmats = torch.zeros(v_views.shape[1], 4, 4)
            v_viewmats[:, :3] = torch.from_numpy(v_views.sum(0)).float()
        found = map(torch.from_numpy, (v_means, v_quats, v_scales))
        return *found, None, v_viewmats, *[None] * 9


class _Harmonics(torch.autograd.Function):
    """Spherical harmonics to colours [C, N, 3], of what has a radius, without the 0.5."""

    @staticmethod
    def forward(ctx: Any, degree: int, means: Tensor, centres: Tensor, coefficients: Tensor, radii: Tensor) -> Tensor:
        cameras, count = len(centres), len(means)
        given = (_array(means), _array(centres), _array(radii).reshape(-1, 2))
        flat = _array(coefficients).reshape(-1, coefficients.shape[-2], 3)
        colours = np.zeros((cameras * count, 3), np.float32)
        share(_harmonics.harmonics, cameras * count, degree, *given, flat, colours)
        ctx.given = degree, *given
        ctx.save_for_backward(coefficients)
        return torch.from_numpy(colours).reshape(cameras, count, 3)

    @staticmethod
    def backward(ctx: Any, v_colours: Tensor) -> tuple[Tensor | None, ...]:
        degree, means, centres, radii = ctx.given
        (coefficients,) = ctx.saved_tensors
        v_means, v_centres = np.empty_like(means), np.zeros((len(chunks(len(means))), len(centres), 3))
        flat = _array(coefficients).reshape(-1, coefficients.shape[-2], 3)
        v_coefficients = np.zeros_like(flat)
        share(
            _harmonics.harmonics_back, len(means), degree, means, centres, radii, flat,
            _array(v_colours).reshape(-1, 3), v_means, v_centres, v_coefficients,
        )  # fmt: skip
        return (
            None, torch.from_numpy(v_means), torch.from_numpy(v_centres.sum(0)).float(),
            torch.from_numpy(v_coefficients).reshape(coefficients.shape), None,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Lists:
    """The tiles of C images of N Gaussians, each with what touches it, near to far."""

    width: int  # px
    height: int  # px
    across: int  # tiles
    down: int  # tiles
    starts: np.ndarray  # [C·tiles + 1] int64, of each tile in members
    members: np.ndarray  # [M] int32, rows of splats
    places: np.ndarray  # [M] int32, where each keeps its gradient: those of one Gaussian lie together
    slots: np.ndarray  # [C·N] int64, where those of a Gaussian begin
    touched: np.ndarray  # [C·N] int32, how many they are
    splats: np.ndarray  # [C·N, 8] float32, from `pack`

    @property
    def grid(self) -> tuple[int, int, int, int]:
        """What the kernels are told of the tiles."""
        return self.across, self.down, self.width, self.height

    @property
    def tiles(self) -> int:
        """Of all images together."""
        return len(self.starts) - 1


def tile_lists(
    radii: Tensor, means2d: Tensor, depths: Tensor, conics: Tensor, opacities: Tensor, width: int, height: int
) -> Lists:
    """Which Gaussians touch which tiles. Radii, means2d: [C, N, 2]; depths, opacities: [C, N]; conics: [C, N, 3]."""
    cameras, count = depths.shape
    across, down = -(-width // _tiles.TILE), -(-height // _tiles.TILE)
    flat_radii, flat_depths = _array(radii).reshape(-1, 2), _array(depths)
    splats = np.zeros((cameras * count, 8), np.float32)
    share(
        _tiles.pack, cameras * count, flat_radii, _array(means2d).reshape(-1, 2), _array(conics).reshape(-1, 3),
        _array(opacities).reshape(-1), splats,
    )  # fmt: skip

    orders = np.empty((cameras, count), np.int32)
    runs = np.zeros((cameras * _PARTS, 3), np.int64)
    for camera in range(cameras):
        inside = slice(camera * count, (camera + 1) * count)
        seen = _tiles.nearest_first(flat_depths[camera], flat_radii[inside], orders[camera])
        orders[camera, :seen] += camera * count
        bounds = seen * np.arange(_PARTS + 1) // _PARTS
        part = runs[camera * _PARTS : (camera + 1) * _PARTS]
        part[:, 0], part[:, 1], part[:, 2] = camera, bounds[:-1], bounds[1:]

    touched = np.zeros(cameras * count, np.int32)
    histograms = np.empty((len(runs), across * down), np.int64)
    share(_tiles.count_tiles, len(runs), runs, orders, splats, flat_radii, across, down, touched, histograms)
    by_tile = histograms.reshape(cameras, _PARTS, across * down).transpose(0, 2, 1).reshape(-1)
    ends = np.cumsum(by_tile)
    total = int(ends[-1]) if len(ends) else 0
    begins = (ends - by_tile).reshape(cameras, across * down, _PARTS)
    starts = np.append(begins[:, :, 0].reshape(-1), total)
    cursors = np.ascontiguousarray(begins.transpose(0, 2, 1)).reshape(len(runs), across * down)
    slots = np.cumsum(touched, dtype=np.int64) - touched
    members, places = np.empty(total, np.int32), np.empty(total, np.int32)
    share(_tiles.list_tiles, len(runs), runs, orders, splats, flat_radii, across, down, slots, cursors, members, places)
    return Lists(width, height, across, down, starts, members, places, slots, touched, splats)


class _Composite(torch.autograd.Function):
    """2D Gaussians to images [C, H, W, X] and alphas [C, H, W, 1]."""

    @staticmethod
    def forward(
        ctx: Any, means2d: Tensor, conics: Tensor, colours: Tensor, opacities: Tensor, backgrounds: Tensor | None,
        lists: Lists, absgrad: bool,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        cameras, _, channels = colours.shape
        size = (cameras, lists.height, lists.width)
        behind = np.zeros((0, channels), np.float32) if backgrounds is None else _array(backgrounds)
        flat = _array(colours).reshape(-1, channels)
        renders, alphas = np.empty((*size, channels), np.float32), np.empty(size, np.float32)
        left_over, lasts = np.empty(size, np.float32), np.empty(size, np.float32)
        share(
            _composite.composite, lists.tiles, *lists.grid, lists.starts, lists.members, lists.splats, flat, behind,
            renders, alphas, left_over, lasts,
        )  # fmt: skip
        ctx.save_for_backward(means2d, colours)
        ctx.seen = lists, behind, left_over, lasts, absgrad
        return torch.from_numpy(renders), torch.from_numpy(alphas)[..., None]

    @staticmethod
    def backward(ctx: Any, v_renders: Tensor, v_alphas: Tensor) -> tuple[Tensor | None, ...]:
        means2d, colours = ctx.saved_tensors
        lists, behind, left_over, lasts, absgrad = ctx.seen
        cameras, count, channels = colours.shape
        gradients = np.empty((len(lists.members), 8 + channels), np.float32)
        share(
            _composite.composite_back, lists.tiles, *lists.grid, lists.starts, lists.members, lists.places,
            lists.splats, _array(colours).reshape(-1, channels), behind, left_over, lasts, _array(v_renders),
            _array(v_alphas)[..., 0], absgrad, gradients,
        )  # fmt: skip
        totals = np.zeros((cameras * count, 8 + channels), np.float32)
        share(_composite.gather, cameras * count, lists.slots, lists.touched, gradients, totals)
        found = torch.from_numpy(totals).reshape(cameras, count, 8 + channels)
        if absgrad:
            means2d.absgrad = found[..., 6:8].contiguous()
        v_backgrounds = None
        if ctx.needs_input_grad[4]:
            v_backgrounds = (v_renders * torch.from_numpy(left_over)[..., None]).sum(dim=(1, 2))
        return (
            found[..., 0:2].contiguous(), found[..., 2:5].contiguous(), found[..., 8:].contiguous(),
            found[..., 5].contiguous(), v_backgrounds, None, None,
        )  # fmt: skip
