"""Attention of one new token a row under grouped queries, without copying the keys.

Importing this module imports transformers.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "multisynth_grouped"


def grouped_attention(
    module: torch.nn.Module,
    query: torch.Tensor,  # [B, G·H, N, D]
    key: torch.Tensor,  # [B, H, T, D]
    value: torch.Tensor,  # [B, H, T, D]
    attention_mask: torch.Tensor | None,  # [B, 1, N, T] bool
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Scaled dot-product attention: [B, N, G·H, D].

    With one new token (N = 1) the G queries that share a head of keys (Ainslie et al. 2023) count as G positions of it;
    transformers repeats the keys G times instead, which took longer than the rest of the model on a CPU.
    """
    groups = query.shape[1] // key.shape[1]
    if query.shape[2] != 1 or groups == 1:
        out: tuple[torch.Tensor, None] = sdpa_attention_forward(module, query, key, value, attention_mask, **options)
        return out
    folded = query.reshape(query.shape[0], key.shape[1], groups, query.shape[3])
    found = torch.nn.functional.scaled_dot_product_attention(
        folded, key, value, attn_mask=attention_mask, scale=options.get("scaling")
    )
    return found.reshape(query.shape[0], 1, query.shape[1], value.shape[3]), None


def register() -> str:
    """Make it known to transformers; return its name."""
    AttentionInterface.register(NAME, grouped_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME
