"""A key-value cache that writes a new token in place; importing this module imports transformers."""

from __future__ import annotations

from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 64
"""Tokens allocated ahead."""


class RoomyLayer(DynamicLayer):
    """A layer whose tensors are views of larger ones.

    The layer of transformers copies all it holds for every token, which took longer than the model on a CPU.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._roomy: list[torch.Tensor] | None = None  # keys and values, each [B, H, T + room, D]

    def update(
        self,
        key_states: torch.Tensor,  # [B, H, N, D]
        value_states: torch.Tensor,  # [B, H, N, D]
        *args: Any,
        **options: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append N tokens; return all keys and values. [B, H, T, D] each"""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held: tuple[torch.Tensor, torch.Tensor] = (self.keys, self.values)
        length = self.get_seq_length()
        end = length + key_states.shape[-2]
        if self._roomy is None or end > self._roomy[0].shape[-2]:
            shape = (*key_states.shape[:-2], end + ROOM, key_states.shape[-1])
            self._roomy = [new.new_empty(shape) for new in (key_states, value_states)]
            if length:
                for roomy, old in zip(self._roomy, held, strict=True):
                    roomy[..., :length, :] = old
        for roomy, new in zip(self._roomy, (key_states, value_states), strict=True):
            roomy[..., length:end, :] = new
        self.keys, self.values = (roomy[..., :end, :] for roomy in self._roomy)
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row."""
        super().batch_repeat_interleave(repeats)
        self._roomy = None

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep these rows, in this order."""
        super().batch_select_indices(indices)
        self._roomy = None


def roomy_cache(config: Any) -> Any:
    """An empty cache for a model; layers of other types than plain attention stay as transformers has them."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
