"""The watermark as engines apply it: delta on the logits of green tokens."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from multisynth.mark.greenlist import green_mask
from multisynth.serving.protocol import Watermark

if TYPE_CHECKING:
    import torch

CACHED_LISTS = 1024
"""Green lists kept, a byte a token each; with one token of context most are met again and again."""


class GreenBias:
    """Adds the bias of one key; the same numbers in every engine and on every device."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._masks: OrderedDict[tuple[object, ...], torch.Tensor] = OrderedDict()

    def add(
        self,
        logits: torch.Tensor,  # [V], changed in place
        written: Sequence[int],
        watermark: Watermark,
    ) -> torch.Tensor:
        """Favour the tokens that are green after what was written of the completion; return the logits."""
        if len(written) < watermark.width:
            return logits
        context = tuple(written[-watermark.width :])
        return logits.add_(self._mask(context, watermark.gamma, logits), alpha=watermark.delta)

    def _mask(self, context: tuple[int, ...], gamma: float, logits: torch.Tensor) -> torch.Tensor:
        import torch

        name = (context, gamma, logits.shape[-1], logits.device)
        if name not in self._masks:
            mask = torch.from_numpy(green_mask(self._key, context, gamma, logits.shape[-1]))
            self._masks[name] = mask.to(logits.device)
            if len(self._masks) > CACHED_LISTS:
                self._masks.popitem(last=False)
        self._masks.move_to_end(name)
        return self._masks[name]
