"""Gradient descent with AdamW (Loshchilov and Hutter 2019) that can be stopped after any step and go on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from .network import Network, from_bytes, to_bytes
from .order import passes

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)
Schedule = Literal["constant", "linear", "cosine"]
CLIPPED = 1.0
"""Longest gradient; a longer one is scaled down to it, as trainers of transformers do by default."""


class Objective(Protocol[Item]):
    """What is learned, as a mean over the items of a batch."""

    drops_out: bool
    """Whether layers leave out at random what their configuration says, while it is learned."""

    def length(self, item: Item) -> int:
        """Tokens of an item's longest text."""
        ...

    def rows(self, item: Item) -> int:
        """Texts of an item."""
        ...

    def share(self, item: Item) -> float:
        """How much of the mean it is."""
        ...

    def loss(self, model: Any, items: Sequence[Item]) -> torch.Tensor:
        """Sum of the items' losses, each times its share; nats."""
        ...


@dataclass(frozen=True)
class Pace:
    """How far each step goes.

    Args:
        rate: Largest learning rate.
        schedule: How it falls after the warm-up, to 0 at the last step unless constant.
        warmup: Steps in which it rises from 0, as in trainers of transformers.
        steps: All steps.
        decay: Weight decay of matrices; vectors (biases, norms) have none.
        tokens: That pass through the model at once at most.
    """

    rate: float
    schedule: Schedule
    warmup: int
    steps: int
    decay: float
    tokens: int

    def at(self, step: int) -> float:
        """Learning rate at a step, counted from 0."""
        if step < self.warmup:
            return self.rate * step / self.warmup
        gone = (step - self.warmup) / max(self.steps - self.warmup, 1)
        if self.schedule == "constant":
            return self.rate
        return self.rate * (1 - gone if self.schedule == "linear" else (1 + math.cos(math.pi * gone)) / 2)


class Descent(Generic[T]):
    """Steps down an objective's gradient.

    Args:
        network: What learns; on the device that it shall learn on.
        objective: What it learns.
        pace: How fast.
        seed: Of what layers leave out.
    """

    def __init__(self, network: Network, objective: Objective[T], pace: Pace, seed: int) -> None:
        import torch

        self._network, self._objective, self._pace, self._seed = network, objective, pace, seed
        self._learned = network.learned
        groups: list[dict[str, Any]] = [
            {"params": [p for p in self._learned if p.ndim >= 2], "weight_decay": pace.decay},
            {"params": [p for p in self._learned if p.ndim < 2], "weight_decay": 0.0},
        ]
        self._ordered = [p for group in groups for p in group["params"]]
        self._cuda = bool(self._learned[0].is_cuda)
        self._optimiser = torch.optim.AdamW(groups, lr=pace.rate, betas=(0.9, 0.999), eps=1e-8, fused=True)

    def run(self, first: int, last: int, batch: Callable[[int], Sequence[T]]) -> list[float]:
        """Do the steps [first, last); returns the loss at each, before its step, in nats.

        Args:
            first: The first step.
            last: The step after the last.
            batch: The items of a step, sorted by length.
        """
        import torch

        model, losses = self._network.model, []
        model.train(self._objective.drops_out)
        with torch.random.fork_rng(devices=[torch.cuda.current_device()] if self._cuda else []):
            for step in range(first, last):
                torch.manual_seed((self._seed + step) % 2**63)
                losses.append(self._step(step, batch(step)))
        model.eval()
        return [float(loss) for loss in losses]

    def _step(self, step: int, items: Sequence[T]) -> torch.Tensor:
        import torch

        objective, whole = self._objective, torch.zeros((), device=self._learned[0].device)
        total = sum(map(objective.share, items))
        lengths = [objective.length(item) * objective.rows(item) for item in items]
        for part in passes(lengths, self._pace.tokens):
            with torch.autocast("cuda", torch.bfloat16, enabled=self._cuda):
                loss = objective.loss(self._network.model, items[part]) / total
            loss.backward()
            whole = whole + loss.detach()
        torch.nn.utils.clip_grad_norm_(self._learned, CLIPPED)
        for group in self._optimiser.param_groups:
            group["lr"] = self._pace.at(step)
        self._optimiser.step()
        self._optimiser.zero_grad()
        return whole  # fetched at the end, so that a GPU need not wait for it

    def moments(self) -> bytes:
        """All that the next step needs, exactly: what is learned in float32, and AdamW's moments."""
        state = self._optimiser.state
        tensors = {f"learned.{k}": p for k, p in enumerate(self._ordered)}
        for k, p in enumerate(self._ordered):
            tensors |= {f"first.{k}": state[p]["exp_avg"], f"second.{k}": state[p]["exp_avg_sq"]}
        return to_bytes(tensors)

    def go_on(self, moments: bytes, step: int) -> None:
        """Take up where `moments` were taken, after so many steps."""
        import torch

        tensors = from_bytes(moments)
        state = {}
        for k, p in enumerate(self._ordered):
            with torch.no_grad():
                p.copy_(tensors[f"learned.{k}"])
            count = torch.tensor(float(step))
            state[k] = {"step": count, "exp_avg": tensors[f"first.{k}"], "exp_avg_sq": tensors[f"second.{k}"]}
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})


def mean_loss(model: Any, objective: Objective[T], items: Sequence[T], tokens: int) -> float:
    """The objective's mean over items that are only measured.

    Args:
        model: The model.
        objective: What is measured.
        items: The items, in any order.
        tokens: That go through the model at once at most.
    """
    sums = [float(total) for _, total in without_gradient(model, objective, items, tokens, objective.loss)]
    return math.fsum(sums) / sum(map(objective.share, items))


def each_of(
    model: Any,
    objective: Objective[T],
    items: Sequence[T],
    tokens: int,
    measure: Callable[[Any, list[T]], torch.Tensor],
) -> list[float]:
    """What a function of a model and some items [B] → [B] says of each item, in their order; see `without_gradient`."""
    told = [0.0] * len(items)
    for places, values in without_gradient(model, objective, items, tokens, measure):
        for place, value in zip(places, values.tolist(), strict=True):
            told[place] = value
    return told


def without_gradient(
    model: Any,
    objective: Objective[T],
    items: Sequence[T],
    tokens: int,
    measure: Callable[[Any, list[T]], torch.Tensor],
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """What a function of a model and some items says of the items of each pass, with their places.

    Args:
        model: The model.
        objective: Knows how long items are.
        items: The items, in any order.
        tokens: That go through the model at once at most.
        measure: The function.
    """
    import torch

    order = sorted(range(len(items)), key=lambda k: objective.length(items[k]))
    lengths = [objective.length(items[k]) * objective.rows(items[k]) for k in order]
    model.eval()
    cuda = next(model.parameters()).is_cuda
    for part in passes(lengths, tokens):
        with torch.no_grad(), torch.autocast("cuda", torch.bfloat16, enabled=cuda):
            measured = measure(model, [items[k] for k in order[part]])
        yield order[part], measured
