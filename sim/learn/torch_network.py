"""The network in torch, for learning: the same weights and the same Adam moments, out of bytes and into bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .network import LAYERS, Network, Normaliser, tensors


class Learner:
    """Weights that require gradients, and Adam (Kingma and Ba, arXiv 1412.6980).

    Args:
        network: What to start from.
        rate: Of learning.
        moments: Adam's, as `moments` gave them; none at first.
    """

    def __init__(self, network: Network, rate: float, moments: bytes | None = None) -> None:
        import torch

        self._normaliser = network.normaliser
        # sorted, since the norm of the gradient is a sum over them, whose last bits depend on the order
        self.weights = {
            name: torch.tensor(network.weights[name], requires_grad=True) for name in sorted(network.weights)
        }
        self.optimiser = torch.optim.Adam(list(self.weights.values()), lr=rate, eps=1e-5)
        if moments:
            self._restore(moments)

    def actor(self, observations: Any) -> Any:
        """Mean actions of normalised observations. [N, D] → [N, A]"""
        return self._forward("actor", observations)

    def critic(self, observations: Any) -> Any:
        """Values of normalised observations. [N, D] → [N]"""
        return self._forward("critic", observations)[:, 0]

    def descend(self, loss: Any, norm: float = 0.5) -> None:
        """One step of Adam down a loss, its gradient clipped to a norm."""
        import torch

        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.weights.values()), norm)
        self.optimiser.step()

    def network(self, normaliser: Normaliser | None = None) -> Network:
        """The weights as they are now."""
        arrays = {name: weight.detach().numpy().copy() for name, weight in self.weights.items()}
        return Network(arrays, normaliser or self._normaliser)

    def moments(self) -> bytes:
        """Adam's state, as safetensors."""
        from safetensors.numpy import save

        arrays = {}
        for name, weight in self.weights.items():
            for key, value in self.optimiser.state.get(weight, {}).items():
                arrays[f"{name}/{key}"] = np.atleast_1d(value.detach().numpy()).copy()
        return bytes(save(arrays))

    def _forward(self, head: str, x: Any) -> Any:
        import torch

        for layer in range(LAYERS):
            x = torch.nn.functional.linear(
                x, self.weights[f"{head}.{layer}.weight"], self.weights[f"{head}.{layer}.bias"]
            )
            if layer < LAYERS - 1:
                x = torch.tanh(x)
        return x

    def _restore(self, moments: bytes) -> None:
        import torch

        for key, array in tensors(moments).items():
            name, _, part = key.rpartition("/")
            value = torch.tensor(array[0] if part == "step" else array)
            self.optimiser.state[self.weights[name]][part] = value


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: the order of its sums, and so their last bits, depend on how many there are."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def minibatches(count: int, size: int, epochs: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Indices of all of `count` rows in random order, `size` at once, so many times over."""
    for _ in range(epochs):
        order = rng.permutation(count)
        yield from (order[start : start + size] for start in range(0, count, size))
