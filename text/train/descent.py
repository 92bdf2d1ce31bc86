"""Gradient descent with AdamW (Loshchilov and Hutter 2019) that can be stopped after any step and go on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from multisynth.errors import BadInput

from .lesson import Item
from .network import Network, from_bytes, to_bytes
from .order import passes

if TYPE_CHECKING:
    import torch

T = TypeVar("T", bound=Item)
Learned = TypeVar("Learned", contravariant=True)
Schedule = Literal["constant", "linear", "cosine"]
CLIPPED = 1.0
"""Longest gradient; a longer one is scaled down to it, as trainers of transformers do by default."""


class Objective(Protocol[Learned]):
    """What is learned, as a mean over the items of a batch."""

    drops_out: bool
    """Whether layers leave out at random what their configuration says, while it is learned."""

    def loss(self, model: Any, items: Sequence[Learned]) -> torch.Tensor:
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

        Raises:
            BadInput: A loss or a gradient is not finite.
        """
        import torch

        model = self._network.model
        done: list[tuple[torch.Tensor, torch.Tensor]] = []
        model.train(self._objective.drops_out)
        with torch.random.fork_rng(devices=[torch.cuda.current_device()] if self._cuda else []):
            for step in range(first, last):
                torch.manual_seed((self._seed + step) % 2**63)
                done.append(self._step(step, batch(step)))
                if step > first:  # one step late, so that a GPU need not wait for the question
                    _finite(step - 1, *done[-2])
        if done:
            _finite(last - 1, *done[-1])
        model.eval()
        return [float(loss) for loss, _ in done]

    def _step(self, step: int, items: Sequence[T]) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss before the step, and the length of its gradient."""
        import torch

        objective, whole = self._objective, torch.zeros((), device=self._learned[0].device)
        total = sum(item.share for item in items)
        for part in passes([item.longest * item.texts for item in items], self._pace.tokens):
            with torch.autocast("cuda", torch.bfloat16, enabled=self._cuda):
                loss = objective.loss(self._network.model, items[part]) / total
            loss.backward()
            whole = whole + loss.detach()
        length = torch.nn.utils.clip_grad_norm_(self._learned, CLIPPED)
        for group in self._optimiser.param_groups:
            group["lr"] = self._pace.at(step)
        self._optimiser.step()
        self._optimiser.zero_grad()
        return whole, length

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


def _finite(step: int, loss: torch.Tensor, length: torch.Tensor) -> None:
    for name, value in (("loss", float(loss)), ("gradient", float(length))):
        if not math.isfinite(value):
            remedy = "lower `learning_rate`" if step else "begin at another model: no step has been taken yet"
            raise BadInput(f"the {name} is {value} at step {step}", remedy)
