"""Gaussians to images: gsplat's `rasterization` on CUDA, the same with our own kernels on a CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from multisynth.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

_TILE = 16
_DEGREES = 3


def rasterization(
    means: Tensor,
    quats: Tensor,
    scales: Tensor,
    opacities: Tensor,
    colors: Tensor,
    viewmats: Tensor,
    Ks: Tensor,
    width: int,
    height: int,
    near_plane: float = 0.01,
    far_plane: float = 1e10,
    radius_clip: float = 0.0,
    eps2d: float = 0.3,
    sh_degree: int | None = None,
    packed: bool = False,
    tile_size: int = _TILE,
    backgrounds: Tensor | None = None,
    render_mode: Literal["RGB", "D", "ED", "RGB+D", "RGB+ED"] = "RGB",
    sparse_grad: bool = False,
    absgrad: bool = False,
    rasterize_mode: Literal["classic", "antialiased"] = "classic",
    camera_model: Literal["pinhole", "ortho", "fisheye"] = "pinhole",
    **others: Any,
) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """What C cameras see of N Gaussians; names, shapes, thresholds and meaning as `gsplat.rasterization` 1.5.3.

    CUDA tensors go to gsplat itself with all of its options. On a CPU: float32, gradients to means, quats, scales,
    opacities, colors, backgrounds and viewmats, the same for any number of threads (`torch.set_num_threads`).

    Args:
        means: World, m. [N, 3]
        quats: w, x, y, z, of any length above 0. [N, 4]
        scales: Standard deviations, m. [N, 3]
        opacities: 0 to 1. [N]
        colors: Values of D channels, [N, D] or [C, N, D]; with `sh_degree` harmonics, [N, K, 3] or [C, N, K, 3].
        viewmats: World to camera, OpenCV axes. [C, 4, 4]
        Ks: Intrinsics, px. [C, 3, 3]
        width: px.
        height: px.
        near_plane: Nearest z-depth of a mean, m.
        far_plane: Furthest z-depth of a mean, m.
        radius_clip: Gaussians of at most this radius are left out, px.
        eps2d: Added to the variance of each on the image, px².
        sh_degree: Degree of the harmonics to use, 0 to 3.
        packed: CUDA alone, as are `sparse_grad` and the others.
        tile_size: px; 16 on a CPU.
        backgrounds: [C, D]
        render_mode: D is depth times opacity, Σ w z; ED is expected depth, Σ w z / Σ w; both are the last channel, m.
        absgrad: Also sum absolute gradients by pixel, into `meta["means2d"].absgrad`.
        sparse_grad: See packed.
        rasterize_mode: antialiased takes what eps2d adds out of the opacity.
        camera_model: fisheye is equidistant, without distortion.
        **others: gsplat's further options.

    Returns:
        Images [C, H, W, X], alphas [C, H, W, 1], and what densification and labels need: radii [C, N, 2] (0: not
        seen), means2d [C, N, 2] (`retain_grad` works), depths [C, N], conics [C, N, 3], opacities [C, N], the tiles'
        lists. On a CPU these hold ellipses that meet a tile, gsplat's hold boxes, and `isect_ids` is left out.

    Raises:
        BadInput: The CPU compositor does not do it.
    """
    options = dict(
        near_plane=near_plane, far_plane=far_plane, radius_clip=radius_clip, eps2d=eps2d, sh_degree=sh_degree,
        packed=packed, tile_size=tile_size, backgrounds=backgrounds, render_mode=render_mode, sparse_grad=sparse_grad,
        absgrad=absgrad, rasterize_mode=rasterize_mode, camera_model=camera_model, **others,
    )  # fmt: skip
    if means.is_cuda:
        import gsplat

        result: tuple[Tensor, Tensor, dict[str, Any]] = gsplat.rasterization(
            means, quats, scales, opacities, colors, viewmats, Ks, width, height, **options
        )
        return result
    _check(means, quats, scales, opacities, colors, viewmats, Ks, width, height, options, others)
    return _on_cpu(means, quats, scales, opacities, colors, viewmats, Ks, width, height, **options)


def _on_cpu(
    means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor, colors: Tensor, viewmats: Tensor, Ks: Tensor,
    width: int, height: int, *, near_plane: float, far_plane: float, radius_clip: float, eps2d: float,
    sh_degree: int | None, backgrounds: Tensor | None, render_mode: str, absgrad: bool, rasterize_mode: str,
    camera_model: str, **_: Any,
) -> tuple[Tensor, Tensor, dict[str, Any]]:  # fmt: skip
    import torch

    from .differentiable import composite, harmonics, project, tile_lists

    cameras, count = len(viewmats), len(means)
    antialiased = rasterize_mode == "antialiased"
    radii, means2d, depths, conics, compensations = project(
        means, quats, scales, opacities, viewmats, Ks, width, height, eps2d, near_plane, far_plane, radius_clip,
        camera_model, antialiased,
    )  # fmt: skip
    seen = opacities[None].expand(cameras, count)
    if antialiased:
        seen = seen * compensations

    if sh_degree is not None:
        centres = torch.inverse(viewmats)[:, :3, 3]
        colors = torch.clamp_min(harmonics(sh_degree, means, centres, colors, radii) + 0.5, 0.0)
    elif colors.dim() == 2:
        colors = colors[None].expand(cameras, count, -1)
    if render_mode in ("RGB+D", "RGB+ED"):
        colors = torch.cat((colors, depths[..., None]), dim=-1)
        if backgrounds is not None:
            backgrounds = torch.cat((backgrounds, torch.zeros(cameras, 1)), dim=-1)
    elif render_mode in ("D", "ED"):
        colors = depths[..., None]
        backgrounds = None

    lists = tile_lists(radii, means2d, depths, conics, seen, width, height)
    renders, alphas = composite(means2d, conics, colors, seen, backgrounds, lists, absgrad)
    if render_mode in ("ED", "RGB+ED"):
        renders = torch.cat((renders[..., :-1], renders[..., -1:] / alphas.clamp(min=1e-10)), dim=-1)
    return renders, alphas, {
        "batch_ids": None, "camera_ids": None, "gaussian_ids": None, "radii": radii, "means2d": means2d,
        "depths": depths, "conics": conics, "opacities": seen, "tile_width": lists.across,
        "tile_height": lists.down, "tiles_per_gauss": torch.from_numpy(lists.touched).reshape(cameras, count),
        "flatten_ids": torch.from_numpy(lists.members),
        "isect_offsets": torch.from_numpy(lists.starts[:-1].astype("int32")).reshape(cameras, lists.down, lists.across),
        "width": width, "height": height, "tile_size": _TILE, "n_batches": 1, "n_cameras": cameras, "lists": lists,
    }  # fmt: skip


def _check(
    means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor, colors: Tensor, viewmats: Tensor, Ks: Tensor,
    width: int, height: int, options: dict[str, Any], others: dict[str, Any],
) -> None:  # fmt: skip
    """Refuse what gsplat would do otherwise, before any work."""
    import torch

    allowed = {
        "packed": (False,), "sparse_grad": (False,), "tile_size": (_TILE,),
        "render_mode": ("RGB", "D", "ED", "RGB+D", "RGB+ED"), "rasterize_mode": ("classic", "antialiased"),
        "camera_model": ("pinhole", "ortho", "fisheye"), "sh_degree": (None, *range(_DEGREES + 1)),
    }  # fmt: skip
    for name, values in allowed.items():
        if options[name] not in values:
            known = ", ".join(map(str, values))
            raise BadInput(f"rasterization: {name}={options[name]!r} is not done on a CPU", f"one of: {known}")
    for name, value in others.items():
        if name not in ("channel_chunk", "segmented") and not (value is None or value is False):
            raise BadInput(f"rasterization: {name} is not done on a CPU", "leave it out, or use CUDA")
    cameras, count = len(viewmats), len(means)
    backgrounds, degree = options["backgrounds"], options["sh_degree"]
    shapes = {
        "means": (means, (count, 3)), "quats": (quats, (count, 4)), "scales": (scales, (count, 3)),
        "opacities": (opacities, (count,)), "viewmats": (viewmats, (cameras, 4, 4)), "Ks": (Ks, (cameras, 3, 3)),
    }  # fmt: skip
    if degree is not None:
        own = (cameras,) if colors.dim() == 4 else ()
        shapes["colors"] = colors, (*own, count, max(colors.shape[-2], (degree + 1) ** 2), 3)
    else:
        own = (cameras,) if colors.dim() == 3 else ()
        shapes["colors"] = colors, (*own, count, colors.shape[-1])
    if backgrounds is not None:
        shapes["backgrounds"] = backgrounds, (cameras, 3 if degree is not None else colors.shape[-1])
    for name, (tensor, shape) in shapes.items():
        if tuple(tensor.shape) != shape or tensor.dtype != torch.float32:
            found = f"{tensor.dtype} of {list(tensor.shape)}"
            raise BadInput(f"rasterization: {name} is {found}", f"torch.float32 of {list(shape)}")
    if width < 1 or height < 1:
        raise BadInput(f"rasterization: an image of {width}×{height} px", "at least 1×1")
