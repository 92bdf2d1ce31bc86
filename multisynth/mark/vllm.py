"""The watermark inside vLLM; importing this module imports vllm."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

from multisynth.mark.bias import GreenBias
from multisynth.mark.key import load_key
from multisynth.serving.protocol import Watermark

FIELD = "multisynth_watermark"
"""Where a request's watermark stands in `SamplingParams.extra_args`: delta, gamma, width."""


class GreenListProcessor(AdapterLogitsProcessor):
    """Biases the requests that carry a watermark; the key is read in the worker and travels nowhere."""

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:
        super().__init__(vllm_config, device, is_pin_memory)
        self._bias: GreenBias | None = None

    def is_argmax_invariant(self) -> bool:
        """Greedy sampling changes as well."""
        return False

    def new_req_logits_processor(
        self, params: SamplingParams
    ) -> Callable[[list[int], torch.Tensor], torch.Tensor] | None:
        """What biases one request."""
        fields = (params.extra_args or {}).get(FIELD)
        if fields is None:
            return None
        self._bias = self._bias or GreenBias(load_key())
        return partial(_bias, self._bias, Watermark(*fields))


def _bias(bias: GreenBias, watermark: Watermark, written: list[int], logits: torch.Tensor) -> torch.Tensor:
    return bias.add(logits, written, watermark)
