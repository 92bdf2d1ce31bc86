"""How like two images are: PSNR, and the structural similarity of Wang et al. 2004."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

RADIUS = 5
"""px: the window has 11."""
SIGMA = 1.5
"""px"""


def psnr(image: Tensor, truth: Tensor) -> float:
    """Peak signal to noise ratio of images from 0 to 1, dB. [H, W, 3], [H, W, 3]"""
    import torch

    return float(-10 * torch.log10((image - truth).square().mean().clamp_min(1e-12)))


def ssim(image: Tensor, truth: Tensor) -> Tensor:
    """Mean structural similarity: Gaussian window of 11 px and σ 1.5 px, K1 = 0.01, K2 = 0.03.

    As Wang et al., Image quality assessment: from error visibility to structural similarity, 2004, have it, by channel,
    over the windows that lie within the image.

    Args:
        image: 0 to 1; differentiable by it. [H, W, 3]
        truth: Likewise; not differentiable by it.

    Returns:
        A scalar.
    """
    return _differentiable().apply(image, truth)


@lru_cache(maxsize=1)
def _differentiable() -> Any:
    """The function with its derivative worked out, which on a CPU takes a fortieth of what autograd takes."""
    import torch

    class _Ssim(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
            mx, my, xx, yy, xy = _blur([x, y, x * x, y * y, x * y])
            c1, c2 = 0.01**2, 0.03**2
            mxmy, mxx, myy = mx * my, mx * mx, my * my
            a1, a2 = 2 * mxmy + c1, 2 * (xy - mxmy) + c2
            b1, b2 = mxx + myy + c1, (xx - mxx) + (yy - myy) + c2
            over = 1 / (b1 * b2)
            index = a1 * a2 * over
            by_mx = 2 * my * (a2 - a1) * over + 2 * mx * index * (1 / b2 - 1 / b1)
            ctx.save_for_backward(x, y, by_mx, -index / b2, 2 * a1 * over)
            return index.mean()

        @staticmethod
        def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
            x, y, *maps = ctx.saved_tensors
            # the window is symmetric, so the blur of the derivatives, with zeros around them, is its adjoint
            pad = (0, 0, 2 * RADIUS, 2 * RADIUS, 2 * RADIUS, 2 * RADIUS)
            by_mx, by_xx, by_xy = _blur([torch.nn.functional.pad(one, pad) for one in maps])
            return (by_mx + 2 * x * by_xx + y * by_xy) * (upstream / maps[0].numel()), None

    return _Ssim


def _blur(images: list[Tensor]) -> list[Tensor]:
    """Images averaged over the window, where it lies within them. K of [H, W, 3] → K of [H - 10, W - 10, 3]"""
    import torch

    at = np.arange(-RADIUS, RADIUS + 1)
    window = np.exp(-(at**2) / (2 * SIGMA**2))
    window /= window.sum()
    if images[0].device.type == "cpu":
        import cv2

        inside = slice(RADIUS, -RADIUS)
        return [
            torch.from_numpy(cv2.sepFilter2D(np.ascontiguousarray(one.numpy()), -1, window, window)[inside, inside])
            for one in images
        ]
    planes = torch.cat([one.permute(2, 0, 1) for one in images])[None]  # [1, 3 K, H, W]
    row = torch.as_tensor(window, dtype=planes.dtype, device=planes.device).expand(planes.shape[1], 1, 1, -1)
    planes = torch.nn.functional.conv2d(planes, row, groups=planes.shape[1])
    planes = torch.nn.functional.conv2d(planes, row.transpose(2, 3), groups=planes.shape[1])
    return list(planes[0].unflatten(0, (len(images), 3)).permute(0, 2, 3, 1))
