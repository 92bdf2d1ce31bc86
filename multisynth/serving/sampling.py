"""One token from each row of logits, by inversion of the cumulative distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

LIKELY = 256
"""Tokens looked at before a whole vocabulary is sorted; almost every nucleus fits."""


def pick(
    logits: torch.Tensor,  # [B, V] float32
    temperature: torch.Tensor,  # [B], 0 takes the likeliest
    top_p: torch.Tensor,  # [B]
    uniform: torch.Tensor,  # [B] float64 in [0, 1), one draw a row
) -> torch.Tensor:
    """Sample a token for each row, from its own draw alone. [B] int64"""
    import torch

    picked = logits.argmax(dim=-1)
    whole = (temperature > 0) & (top_p >= 1)
    nucleus = (temperature > 0) & (top_p < 1)
    if whole.any():
        probabilities = torch.softmax(logits[whole] / temperature[whole, None], dim=-1)
        cumulative = probabilities.double().cumsum(dim=-1)
        picked[whole] = _invert(cumulative, uniform[whole] * cumulative[:, -1])
    if nucleus.any():
        probabilities = torch.softmax(logits[nucleus] / temperature[nucleus, None], dim=-1)
        picked[nucleus] = _pick_nucleus(probabilities, top_p[nucleus].double(), uniform[nucleus])
    return picked


def _pick_nucleus(probabilities: torch.Tensor, top_p: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    import torch

    size = probabilities.shape[-1]
    values, tokens = probabilities.topk(min(LIKELY, size), dim=-1)
    if size > LIKELY and bool((values.double().sum(dim=-1) < top_p).any()):
        values, tokens = torch.sort(probabilities, dim=-1, descending=True, stable=True)
    values = values.double()
    cumulative = values.cumsum(dim=-1)
    inside = cumulative - values < top_p[:, None]
    mass = (values * inside).sum(dim=-1)
    place = _invert(cumulative, uniform * mass)
    place = torch.minimum(place, inside.sum(dim=-1) - 1)
    return tokens.gather(1, place[:, None])[:, 0]


def _invert(cumulative: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    import torch

    place = torch.searchsorted(cumulative, target[:, None], right=True)[:, 0]
    return place.clamp(max=cumulative.shape[-1] - 1)
