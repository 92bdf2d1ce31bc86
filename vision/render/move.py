"""What was rendered, made ready on the device it was rendered on, and moved from there while the next is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

FAINT = 1e-6
"""Opacity under which a colour is not told from black."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What C viewpoints see of a volume."""

    colours: Tensor  # [C, H, W, 3] sRGB, each times its opacity
    opacity: Tensor  # [C, H, W]
    depth: Tensor  # [C, H, W] m, 0 where nothing is
    normals: Tensor  # [C, H, W, 3] unit length, 0 where nothing is
    instances: Tensor  # [C, H, W] whole numbers of any type
    median_depth: Tensor | None  # [C, H, W] m


def as_linear(seen: Seen) -> dict[str, Tensor]:
    """The arrays of `Buffers`."""
    return _labels(seen, radiance=_radiance(seen), opacity=seen.opacity.clamp(0, 1), normals=seen.normals)


def as_codes(seen: Seen) -> dict[str, Tensor]:
    """The arrays of `Codes`."""
    import torch

    radiance = _radiance(seen)
    colours = torch.where(radiance <= 0.0031308, 12.92 * radiance, 1.055 * radiance ** (1 / 2.4) - 0.055)
    there = (seen.normals != 0).any(-1, keepdim=True)
    normals = (seen.normals * 32767.5 + 32768.0).clamp(0, 65535) * there  # rounds when it is cut to an integer
    return _labels(
        seen,
        rgb=(colours * 255 + 0.5).to(torch.uint8),
        opacity=(seen.opacity.clamp(0, 1) * 255 + 0.5).to(torch.uint8),
        normals=_sixteen_bits(normals),
    )


def _radiance(seen: Seen) -> Tensor:
    """The light that comes from the volume: the curve bends the colour of what is there, not how much of it is there.
    [C, H, W, 3]"""
    import torch

    share = seen.opacity[..., None].clamp(0, 1)
    codes = (seen.colours / share.clamp_min(FAINT)).clamp(0, 1)
    linear: Tensor = torch.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4) * share
    return linear


def _labels(seen: Seen, **others: Tensor) -> dict[str, Tensor]:
    others |= {"depth": seen.depth, "instances": _sixteen_bits(seen.instances)}
    if seen.median_depth is not None:
        others["median_depth"] = seen.median_depth
    return others


def _sixteen_bits(values: Tensor) -> Tensor:
    """0 to 65535 in the bits of int16, which every operation of torch knows."""
    import torch

    return values.to(torch.int32).to(torch.int16)


@dataclass(frozen=True, eq=False)
class Moved:
    """Arrays on their way to the memory of the host."""

    arrays: dict[str, Tensor]
    arrived: Any  # a CUDA event; None where nothing had to move

    @classmethod
    def of(cls, arrays: dict[str, Tensor]) -> Moved:
        """Begin to move them."""
        import torch

        if not next(iter(arrays.values())).is_cuda:
            return cls({name: array.contiguous() for name, array in arrays.items()}, None)
        host = {}
        for name, array in arrays.items():
            host[name] = torch.empty(array.shape, dtype=array.dtype, pin_memory=True)
            host[name].copy_(array, non_blocking=True)
        arrived = torch.cuda.Event(blocking=True)  # whoever waits leaves the core to those who compress
        arrived.record()
        return cls(host, arrived)

    def views(self) -> Iterator[dict[str, np.ndarray]]:
        """One by one, once they are there."""
        if self.arrived is not None:
            self.arrived.synchronize()
        arrays = {name: array.numpy() for name, array in self.arrays.items()}
        for name, array in arrays.items():
            if array.dtype == np.int16:
                arrays[name] = array.view(np.uint16)
        for index in range(len(next(iter(arrays.values())))):
            yield {name: array[index] for name, array in arrays.items()}
