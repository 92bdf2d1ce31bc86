"""What a pixel of splats shows besides colour: the median depth, the instance that dominates.

Both work on the `meta` that `rasterization` returned, so nothing is projected or sorted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

_CHANNELS = 32  # that gsplat composites in one go


def median_depth(meta: dict[str, Any]) -> Tensor:
    """The z-depth of the Gaussian at which half the light is gone: transmittance first at most 0.5.

    Returns:
        [C, H, W] float32, m; 0 where more than half the light passes. No gradient.
    """
    import torch

    depths = meta["depths"].detach()
    shape = len(depths), meta["height"], meta["width"]
    if depths.is_cuda:
        return torch.stack([_median_on_cuda(one) for one in _cameras(meta)])
    from .kernels.compiled import share
    from .kernels.labels import median

    lists, medians = meta["lists"], torch.empty(shape)
    share(
        median, lists.tiles, *lists.grid, lists.starts, lists.members, lists.splats, depths.reshape(-1).numpy(),
        medians.numpy(),
    )  # fmt: skip
    return medians


def instance_ids(meta: dict[str, Any], instances: Tensor) -> Tensor:
    """The instance that most of a pixel's light comes from, by the sums of its Gaussians' weights.

    Light that passes all Gaussians comes from the background, as does that of Gaussians of instance 0.

    Args:
        meta: From `rasterization`.
        instances: Of each Gaussian, 0 for background. [N], whole numbers

    Returns:
        [C, H, W] int32.
    """
    import torch

    shape = len(meta["depths"]), meta["height"], meta["width"]
    if meta["depths"].is_cuda:
        return torch.stack([_dominant_on_cuda(one, instances) for one in _cameras(meta)])
    from .kernels.compiled import share
    from .kernels.labels import dominant

    lists, ids = meta["lists"], torch.empty(shape, dtype=torch.int32)
    share(
        dominant, lists.tiles, *lists.grid, lists.starts, lists.members, lists.splats,
        instances.to(torch.int32).repeat(len(ids)).numpy(), ids.numpy(),
    )  # fmt: skip
    return ids


def _cameras(meta: dict[str, Any]) -> list[dict[str, Any]]:
    """Each camera's part of gsplat's lists, counted from its own first entry, so that one needs little memory."""
    cameras, count = meta["depths"].shape
    members, offsets = meta["flatten_ids"], meta["isect_offsets"]
    bounds = [*offsets[:, 0, 0].tolist(), len(members)]
    return [
        {
            "members": members[bounds[camera] : bounds[camera + 1]] - camera * count,
            "offsets": offsets[camera : camera + 1] - bounds[camera],
            **{name: meta[name][camera : camera + 1].detach() for name in ("means2d", "conics", "opacities", "depths")},
            **{name: meta[name] for name in ("width", "height", "tile_size")},
        }
        for camera in range(cameras)
    ]


def _median_on_cuda(one: dict[str, Any]) -> Tensor:
    """From each pixel's list of Gaussians, which gsplat can give, near to far and pixel after pixel."""
    import gsplat
    import torch

    width, height = one["width"], one["height"]
    if not len(one["members"]):
        return torch.zeros(height, width, device=one["depths"].device)
    means2d, conics, opacities, depths = (one[name][0] for name in ("means2d", "conics", "opacities", "depths"))
    ids, pixels, _ = gsplat.rasterize_to_indices_in_range(
        0, 2**30, torch.ones(1, height, width, device=depths.device), one["means2d"], one["conics"], one["opacities"],
        width, height, one["tile_size"], one["offsets"], one["members"],
    )  # fmt: skip
    counts = torch.bincount(pixels, minlength=height * width)
    firsts = counts.cumsum(0) - counts
    dx = means2d[ids, 0] - (pixels % width + 0.5)
    dy = means2d[ids, 1] - (pixels // width + 0.5)
    conic = conics[ids]
    sigma = 0.5 * (conic[:, 0] * dx * dx + conic[:, 2] * dy * dy) + conic[:, 1] * dx * dy
    alpha = (opacities[ids] * torch.exp(-sigma)).clamp_max(0.999)
    spent = torch.log1p(-alpha.double())
    through = spent.cumsum(0)  # of the logarithm, over all pixels; a pixel's own begins at its first
    before = torch.cat((through.new_zeros(1), through))[firsts]
    light = (through - before[pixels]) > -0.6931471805599453
    crossing = torch.bincount(pixels[light], minlength=height * width)  # as many come before it
    found = crossing < counts
    medians = torch.zeros(height * width, device=depths.device)
    medians[found] = depths[ids[(firsts + crossing)[found]]]
    return medians.reshape(height, width)


def _dominant_on_cuda(one: dict[str, Any], instances: Tensor) -> Tensor:
    """By compositing a channel for each instance that is in the picture, as many at a time as gsplat does at once."""
    import gsplat
    import torch

    if not len(one["members"]):
        return torch.zeros(one["height"], one["width"], dtype=torch.int32, device=one["depths"].device)
    labels = instances.to(one["depths"].device, torch.int64)
    present = torch.unique(labels[one["members"].long()])
    present = torch.cat((present.new_zeros(1), present[present != 0]))
    size = one["height"], one["width"]
    most, best = (
        torch.full(size, -1.0, device=labels.device),
        torch.zeros(size, dtype=torch.int64, device=labels.device),
    )
    for place, part in enumerate(present.split(_CHANNELS)):
        colours = (labels[:, None] == part[None]).float()[None]
        shares, alphas = gsplat.rasterize_to_pixels(
            one["means2d"], one["conics"], colours, one["opacities"], one["width"], one["height"], one["tile_size"],
            one["offsets"], one["members"],
        )  # fmt: skip
        if place == 0:  # the channel of the background gets what passes
            shares[..., 0] += 1 - alphas[..., 0]
        share, row = shares[0].max(dim=-1)
        best = torch.where(share > most, part[row], best)
        most = torch.maximum(most, share)
    return best.to(torch.int32)
