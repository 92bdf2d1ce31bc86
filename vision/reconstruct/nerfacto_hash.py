"""Multi-resolution hash grids as fast as they need be (Müller et al., Instant neural graphics primitives, 2022).

nerfstudio's own torch code makes some 60 tensors of the size of all corners and has autograd sort every index on the
way back. This gives the same values and gradients by the table: on a processor by compiled loops, on CUDA by sums that
are added where they belong.
"""

from __future__ import annotations

from typing import Any

import torch
from nerfstudio.field_components.encodings import HashEncoding
from torch import Tensor

Y, Z = 2654435761 - (1 << 32), 805459861  # as int32, whose products wrap like those of uint32


def quicken(module: torch.nn.Module) -> None:
    """Let every torch hash grid below a module use `lookup`."""
    for part in module.modules():
        if isinstance(part, HashEncoding) and part.tcnn_encoding is None:
            part.pytorch_fwd = _forward_of(part)


def _forward_of(grid: HashEncoding) -> Any:
    def forward(positions: Tensor) -> Tensor:
        flat = lookup(positions.reshape(-1, 3), grid.hash_table, grid.scalings)
        return flat.view(*positions.shape[:-1], -1)

    return forward


def lookup(positions: Tensor, table: Tensor, scalings: Tensor) -> Tensor:
    """Trilinear values of every level; differentiable by the table alone.

    Args:
        positions: 0 to 1. [N, 3] float32
        table: T rows a level, T a power of 2. [L · T, F] float32
        scalings: Cells along an edge, a level. [L] float32

    Returns:
        [N, L · F] float32
    """
    lookup_: Any = (_OnProcessor if positions.device.type == "cpu" else InTorch).apply
    return lookup_(positions.detach(), table, scalings)


class _OnProcessor(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, positions: Tensor, table: Tensor, scalings: Tensor) -> Tensor:
        from ..splats.kernels.compiled import share
        from .nerfacto_kernels import gather

        values = torch.empty(len(positions), len(scalings) * table.shape[1])
        places, edges = positions.contiguous().numpy(), scalings.to(torch.float32).numpy()
        share(gather, len(places), places, table.detach().numpy(), edges, values.numpy())
        ctx.places, ctx.edges, ctx.shape = places, edges, table.shape
        return values

    @staticmethod
    def backward(ctx: Any, flow: Tensor) -> tuple[None, Tensor, None]:
        from ..splats.kernels.compiled import share
        from .nerfacto_kernels import scatter

        back = torch.zeros(ctx.shape)
        share(scatter, len(ctx.edges), ctx.places, flow.contiguous().numpy(), ctx.edges, back.numpy())
        return None, back, None


class InTorch(torch.autograd.Function):
    """The same in torch's own operations, level by level, for any device."""

    @staticmethod
    def forward(ctx: Any, positions: Tensor, table: Tensor, scalings: Tensor) -> Tensor:
        """Values of every level."""
        levels = table.view(len(scalings), -1, table.shape[1])
        ctx.save_for_backward(positions)
        ctx.edges, ctx.shape = scalings.tolist(), levels.shape
        values = positions.new_empty(len(positions), len(levels), table.shape[1])
        for level, edge in enumerate(ctx.edges):
            rows, weights = _corners(positions, edge, levels.shape[1])
            picked = levels[level].index_select(0, rows.view(-1)).view(*rows.shape, -1)
            values[:, level] = (picked * weights[..., None]).sum(1)
        return values.view(len(positions), -1)

    @staticmethod
    def backward(ctx: Any, flow: Tensor) -> tuple[None, Tensor, None]:
        """What flows into each row."""
        (positions,) = ctx.saved_tensors
        levels, _, features = ctx.shape
        back = flow.new_zeros(ctx.shape)
        flow = flow.view(-1, levels, features)
        for level, edge in enumerate(ctx.edges):
            rows, weights = _corners(positions, edge, ctx.shape[1])
            back[level].index_add_(0, rows.view(-1), (weights[..., None] * flow[:, level, None]).view(-1, features))
        return None, back.view(-1, features), None


def _corners(positions: Tensor, edge: float, size: int) -> tuple[Tensor, Tensor]:
    """Rows of a level's table and weights of the 8 corners around each point. [N, 3] → [N, 8] int32, [N, 8]"""
    scaled = positions * edge
    low = scaled.floor()
    part, cell = scaled - low, low.to(torch.int32)
    x = torch.stack([cell[:, 0], cell[:, 0] + 1], 1)
    y = torch.stack([cell[:, 1], cell[:, 1] + 1], 1) * Y
    z = torch.stack([cell[:, 2], cell[:, 2] + 1], 1) * Z
    rows = (x[:, :, None, None] ^ y[:, None, :, None] ^ z[:, None, None, :]) & (size - 1)
    u, v, w = torch.stack([1 - part, part], 1).unbind(-1)  # each [N, 2]
    weights = u[:, :, None, None] * v[:, None, :, None] * w[:, None, None, :]
    return rows.view(-1, 8), weights.view(-1, 8)
