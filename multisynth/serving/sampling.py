"""One token from each row of logits, by inversion of the cumulative distribution; the same in every engine.

A row's draw is a hash of its request's seed and of how many tokens it has written. So a request gets the same draws
whatever shares its batch, and a batch needs no generator a row: a thousand rows are sampled by a few kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from multisynth.serving.protocol import Request

if TYPE_CHECKING:
    import torch

LIKELY = 256
"""Tokens looked at before a whole vocabulary is sorted; almost every nucleus fits."""
COLDEST = 1e-5
"""Temperature below which the likeliest token is taken, as vLLM does: logits divided by less may not be finite."""
SCRATCH = 1 << 25
"""Logits worked on at once: 400 MB in double precision bound what sampling adds to the memory of a GPU."""
BLOCK = 256
"""Tokens whose probabilities are added up before one of them is drawn."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def uniforms(
    seeds: NDArray[np.uint64],  # [B]
    places: NDArray[np.uint64],  # [B], tokens written so far
) -> NDArray[np.float64]:
    """A draw in [0, 1) for each row: SplitMix64 (Steele et al., OOPSLA 2014), its stream chosen by the seed. [B]"""
    mixed = _mix(_mix(seeds + _GOLDEN) + (places + np.uint64(1)) * _GOLDEN)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


class Sampler:
    """Samples for the rows of a batch until other requests take their places.

    Which rows are sampled how is known before, so that nothing waits for the device, but for a nucleus that may be
    larger than `LIKELY`.

    Args:
        seeds: Of the requests. [B]
        temperature: Below `COLDEST` for a row that is none of ours, or takes the likeliest token. [B]
        top_p: [B]
        top_k: 0 for all. [B]
        device: Where the logits are.
    """

    def __init__(
        self,
        seeds: NDArray[np.uint64],
        temperature: NDArray[np.float32],
        top_p: NDArray[np.float64],
        top_k: NDArray[np.int64],
        device: torch.device,
    ) -> None:
        self._device, self._seeds, self._top_k = device, seeds, top_k
        drawn, cut = temperature >= COLDEST, (top_p < 1) | (top_k > 0)
        self._whole, self._cut = np.flatnonzero(drawn & ~cut), np.flatnonzero(drawn & cut)
        self._all = len(self._whole) == len(seeds)
        self._temperature = self._sent(temperature)
        if len(self._cut):
            self._columns = self._sent(top_p), self._sent(top_k)

    @classmethod
    def of(cls, requests: Sequence[Request], device: torch.device) -> Sampler:
        """For rows of requests. [B]"""
        return cls(
            np.array([request.seed & (2**64 - 1) for request in requests], np.uint64),
            np.array([request.temperature for request in requests], np.float32),
            np.array([request.top_p for request in requests], np.float64),
            np.array([request.top_k for request in requests], np.int64),
            device,
        )

    @property
    def draws(self) -> bool:
        """Whether any row is left to chance."""
        return bool(len(self._whole) or len(self._cut))

    def pick(
        self,
        logits: torch.Tensor,  # [B, V] float32, left in no useful state
        places: NDArray[np.uint64],  # [B], tokens that each row has written
        picked: torch.Tensor,  # [B] int64, filled in for the rows that are left to chance
    ) -> None:
        """Sample a token for each row that is not as cold as `COLDEST`."""
        import torch

        uniform = self._sent(uniforms(self._seeds, places))
        step = max(1, SCRATCH // logits.shape[1])
        for rows in _pieces(self._whole, step):
            # A slice is a view, an index would copy: the common batch samples all of its rows alike.
            at = slice(int(rows[0]), int(rows[-1]) + 1) if self._all else self._sent(rows)
            values = torch.softmax(logits[at].div_(self._temperature[at, None]), dim=-1)
            picked[at] = _pick_whole(values, uniform[at])
        for rows in _pieces(self._cut, step):
            at, largest = self._sent(rows), self._top_k[rows]
            values = torch.softmax(logits[at].div_(self._temperature[at, None]), dim=-1)
            top_p, top_k = (column[at] for column in self._columns)
            picked[at] = _pick_nucleus(
                values, top_p, top_k, int(largest.max()), bool((largest == 0).any()), uniform[at]
            )

    def _sent(self, values: NDArray[Any]) -> torch.Tensor:
        import torch

        return torch.from_numpy(values).to(self._device, non_blocking=True)

    @property
    def rows(self) -> torch.Tensor:
        """The rows that are left to chance."""
        return self._sent(np.concatenate([self._whole, self._cut]))


def _pieces(rows: NDArray[np.intp], size: int) -> list[NDArray[np.intp]]:
    return [rows[first : first + size] for first in range(0, len(rows), size)]


def _pick_whole(
    probabilities: torch.Tensor,  # [B, V]
    uniform: torch.Tensor,  # [B]
) -> torch.Tensor:
    """A token from all of them: first its block, then its place there, so that a vocabulary is read once. [B]"""
    import torch

    size = probabilities.shape[-1]
    blocks, rest = divmod(size, BLOCK)
    sums = probabilities[:, : blocks * BLOCK].unflatten(-1, (blocks, BLOCK)).sum(dim=-1)
    if rest:
        sums = torch.cat([sums, probabilities[:, blocks * BLOCK :].sum(dim=-1, keepdim=True)], dim=-1)
    sums = sums.double()
    cumulative = sums.cumsum(dim=-1)
    target = uniform * cumulative[:, -1]
    block = _invert(cumulative, target)[:, None]
    before = (cumulative - sums).gather(1, block)[:, 0]
    places = block * BLOCK + torch.arange(BLOCK, device=block.device)
    values = probabilities.gather(1, places.clamp(max=size - 1)).double() * (places < size)
    within = _invert(values.cumsum(dim=-1), target - before)
    return (block[:, 0] * BLOCK + within).clamp(max=size - 1)


def _pick_nucleus(
    probabilities: torch.Tensor,  # [B, V]
    top_p: torch.Tensor,  # [B]
    top_k: torch.Tensor,  # [B], 0 for all
    largest: int,  # of top_k
    unbounded: bool,  # whether some top_k is 0
    uniform: torch.Tensor,  # [B]
) -> torch.Tensor:
    """A token from the likeliest `top_k`, and of these from the smallest set with probability `top_p`. [B]"""
    import torch

    size = probabilities.shape[-1]
    count = min(max(largest, LIKELY if unbounded else 0), size)
    values, tokens = probabilities.topk(count, dim=-1)
    if unbounded and count < size and bool(((values.double().sum(dim=-1) < top_p) & (top_k == 0)).any()):
        values, tokens = torch.sort(probabilities, dim=-1, descending=True, stable=True)
    values = values.double()
    place = torch.arange(values.shape[-1], device=values.device)
    values = values * ((place < top_k[:, None]) | (top_k[:, None] == 0))
    cumulative = values.cumsum(dim=-1)
    # Of the likeliest k, the nucleus has its share of what they hold together, as if the rest were not there.
    whole = torch.where(top_k > 0, cumulative[:, -1], 1.0)
    inside = (cumulative - values < (top_p * whole)[:, None]) & (values > 0)
    mass = (values * inside).sum(dim=-1)
    chosen = torch.minimum(_invert(cumulative, uniform * mass), inside.sum(dim=-1) - 1)
    return tokens.gather(1, chosen[:, None])[:, 0]


def _invert(cumulative: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    import torch

    # Below the whole, however sums were rounded: what has no probability (a schema forbids it, say) is never drawn.
    target = torch.minimum(target, cumulative[:, -1] * (1 - 2.0**-52))
    place = torch.searchsorted(cumulative, target[:, None], right=True)[:, 0]
    return place.clamp(max=cumulative.shape[-1] - 1)
