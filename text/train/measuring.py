"""What a model says of items that it does not learn from now."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .descent import Objective
from .lesson import Item
from .order import passes

if TYPE_CHECKING:
    import torch

T = TypeVar("T", bound=Item)


def mean_loss(model: Any, objective: Objective[T], items: Sequence[T], tokens: int) -> float:
    """The objective's mean over items.

    Args:
        model: The model.
        objective: What is measured.
        items: The items, in any order.
        tokens: That go through the model at once at most.
    """
    sums = [float(total) for _, total in _measured(model, items, tokens, objective.loss)]
    return math.fsum(sums) / sum(item.share for item in items)


def each_of(
    model: Any, items: Sequence[T], tokens: int, measure: Callable[[Any, list[T]], torch.Tensor]
) -> list[float]:
    """What a function of a model and some items [B] → [B] says of each item, in their order.

    Args:
        model: The model.
        items: The items, in any order.
        tokens: That go through the model at once at most.
        measure: The function.
    """
    told = [0.0] * len(items)
    for places, values in _measured(model, items, tokens, measure):
        for place, value in zip(places, values.tolist(), strict=True):
            told[place] = value
    return told


def _measured(
    model: Any, items: Sequence[T], tokens: int, measure: Callable[[Any, list[T]], torch.Tensor]
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """What the function says of the items of each pass, with their places."""
    import torch

    order = sorted(range(len(items)), key=lambda k: items[k].longest)
    model.eval()
    cuda = next(model.parameters()).is_cuda
    for part in passes([items[k].longest * items[k].texts for k in order], tokens):
        with torch.no_grad(), torch.autocast("cuda", torch.bfloat16, enabled=cuda):
            measured = measure(model, [items[k] for k in order[part]])
        yield order[part], measured
