"""The project's sampling inside vLLM; importing this module imports vllm.

vLLM seeds a request by a generator of its own and draws for each row by itself, a launch a row. Here the token is
picked for all rows at once, by draws that hash seed and place, and its logit raised above all others: to vLLM it looks
like greedy decoding. It costs no more than vLLM's unseeded sampling, and gives the tokens that transformers gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from vllm.v1.sample.logits_processor import BatchUpdate, LogitsProcessor, MoveDirectionality

from multisynth.serving.sampling import Sampler

FIELD = "multisynth_sampling"
"""Where a request's sampling stands in `SamplingParams.extra_args`: seed, temperature, top_p, top_k."""
_ABOVE_ALL = 1e30


class SeededProcessor(LogitsProcessor):
    """Picks the tokens of the requests that carry `FIELD`, after all other processors."""

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:
        most = vllm_config.scheduler_config.max_num_seqs
        self._device = device
        self._seeds, self._temperature = np.zeros(most, np.uint64), np.zeros(most, np.float32)
        self._top_p, self._top_k = np.ones(most, np.float64), np.zeros(most, np.int64)
        self._written: list[list[int]] = [[] for _ in range(most)]
        self._sampler: Sampler | None = None
        self._rows: torch.Tensor | None = None

    def is_argmax_invariant(self) -> bool:
        """The whole point is another argmax."""
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        """Requests came, went or changed places."""
        if batch_update is None:
            return
        self._sampler = None
        for row in batch_update.removed:
            self._temperature[row] = 0
        for row, params, _, written in batch_update.added:
            seed, temperature, top_p, top_k = (params.extra_args or {}).get(FIELD, (0, 0, 1, 0))
            self._seeds[row], self._temperature[row] = seed, temperature
            self._top_p[row], self._top_k[row] = top_p, top_k
            self._written[row] = written  # vLLM's own list, which grows
        for one, other, direction in batch_update.moved:
            swap = direction == MoveDirectionality.SWAP
            for column in (self._seeds, self._temperature, self._top_p, self._top_k):
                column[other], column[one] = column[one], column[other] if swap else column[one]
            self._written[one], self._written[other] = self._written[other], self._written[one]
            if not swap:
                self._temperature[one] = 0

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Raise the picked token of each row."""
        count = len(logits)
        if self._sampler is None:
            # Copies: on a CPU, tensors would share the memory in which rows come and go.
            self._sampler = Sampler(
                self._seeds[:count].copy(), self._temperature[:count].copy(), self._top_p[:count].copy(),
                self._top_k[:count].copy(), self._device,
            )  # fmt: skip
            self._rows = self._sampler.rows if self._sampler.draws else None
        if self._rows is not None:
            # Lengths alone: where vLLM schedules ahead, the last token may be a stand-in still.
            places = np.fromiter(map(len, self._written[:count]), np.uint64, count)
            picked = torch.zeros(count, dtype=torch.int64, device=logits.device)
            self._sampler.pick(logits, places, picked)
            logits[self._rows, picked[self._rows]] = _ABOVE_ALL
        return logits
