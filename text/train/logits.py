"""What a model says about the tokens of lessons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .lesson import Lesson

if TYPE_CHECKING:
    import torch


class Said(NamedTuple):
    """Of all answers' tokens, one answer after the other.

    Args:
        logits: Before each token. [N, V]
        tokens: The tokens. [N]
        rows: The lesson that each is of. [N]
    """

    logits: torch.Tensor
    tokens: torch.Tensor
    rows: torch.Tensor


def said(model: Any, lessons: Sequence[Lesson]) -> Said:
    """Run a model over lessons.

    Padding comes after the text, where a causal model does not see it, so there is no mask. Its head sees nothing but
    the hidden states that foretell answers: with a large vocabulary most of the memory, and much of the time, is there.
    """
    import torch

    device = next(model.parameters()).device
    longest = max(one.longest for one in lessons)
    ids = torch.zeros(len(lessons), longest, dtype=torch.long)
    learned = torch.zeros(len(lessons), longest, dtype=torch.bool)
    for row, one in enumerate(lessons):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        learned[row, one.start : len(one.ids)] = True
    rows = learned.nonzero()[:, 0].to(device)
    ids, learned = ids.to(device), learned.to(device)
    before = learned.roll(-1, dims=1)  # no first token is learned, so that none comes round to the end
    hook = model.get_output_embeddings().register_forward_pre_hook(lambda head, inputs: (inputs[0][before],))
    try:
        logits = model(input_ids=ids, use_cache=False).logits
    finally:
        hook.remove()
    return Said(logits, ids[learned], rows)


def log_probabilities(model: Any, lessons: Sequence[Lesson]) -> torch.Tensor:
    """Of each whole answer, nats. [B]"""
    import torch

    heard = said(model, lessons)
    each = -torch.nn.functional.cross_entropy(heard.logits.float(), heard.tokens, reduction="none")
    return torch.zeros(len(lessons), device=each.device).index_add(0, heard.rows, each)
