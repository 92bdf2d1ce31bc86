"""A policy's network: a multilayer perceptron over normalised observations, with a value and an exploration noise.

Workers act with NumPy, which takes a tenth of torch's time for one observation; torch learns on the same weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from multisynth.errors import BadInput

LAYERS = 3
CLIP = 8.0  # standard deviations, beyond which an observation says no more
FIRST_NOISE = 0.5  # standard deviation of explored actions at first


@dataclass(frozen=True)
class Normaliser:
    """Mean and spread of observations so far (Chan et al. 1983).

    Args:
        count: How many were seen.
        mean: [D] float64
        squares: Sum of squared deviations. [D] float64
    """

    count: float
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, width: int) -> Normaliser:
        """Of nothing seen yet."""
        return cls(0.0, np.zeros(width), np.zeros(width))

    def with_more(self, observations: np.ndarray) -> Normaliser:
        """Having seen these too. [N, D]"""
        new = observations.astype(np.float64)
        mean, count = new.mean(0), self.count + len(new)
        change = mean - self.mean
        squares = self.squares + ((new - mean) ** 2).sum(0) + change**2 * self.count * len(new) / count
        return Normaliser(count, self.mean + change * len(new) / count, squares)

    def __call__(self, observations: np.ndarray) -> np.ndarray:
        """Normalised, once anything was seen. [..., D] → [..., D] float32"""
        if not self.count:
            return np.clip(observations, -CLIP, CLIP).astype(np.float32)
        spread = np.sqrt(self.squares / max(self.count, 1.0)) + 1e-4
        return np.clip((observations - self.mean) / spread, -CLIP, CLIP).astype(np.float32)


@dataclass(frozen=True)
class Network:
    """Weights by name, and the normaliser.

    Args:
        weights: `actor.0.weight` [H, D] … `critic.2.bias` [1], `log_std` [A]; float32.
        normaliser: Of observations.
    """

    weights: Mapping[str, np.ndarray]
    normaliser: Normaliser

    @classmethod
    def fresh(cls, observations: int, actions: int, width: int, rng: np.random.Generator) -> Network:
        """Orthogonal weights (Saxe et al., arXiv 1312.6120), as CleanRL's PPO has them; small last actor layer.

        Args:
            observations: D, numbers in one.
            actions: A, numbers in one.
            width: H, of the hidden layers.
            rng: Draws the weights.
        """
        weights = {}
        for head, out, last in (("actor", actions, 0.01), ("critic", 1, 1.0)):
            sizes = [observations, *[width] * (LAYERS - 1), out]
            for layer in range(LAYERS):
                gain = last if layer == LAYERS - 1 else math.sqrt(2)
                weights[f"{head}.{layer}.weight"] = gain * _orthogonal(sizes[layer + 1], sizes[layer], rng)
                weights[f"{head}.{layer}.bias"] = np.zeros(sizes[layer + 1])
        weights["log_std"] = np.full(actions, math.log(FIRST_NOISE))
        return cls({k: v.astype(np.float32) for k, v in weights.items()}, Normaliser.of(observations))

    def act(self, observation: np.ndarray) -> np.ndarray:
        """The mean action. [D] → [A] float64"""
        x = self.normaliser(observation)
        for layer in range(LAYERS):
            x = self.weights[f"actor.{layer}.weight"] @ x + self.weights[f"actor.{layer}.bias"]
            if layer < LAYERS - 1:
                x = np.tanh(x)
        return x.astype(np.float64)

    @property
    def noise(self) -> np.ndarray:
        """Standard deviation of explored actions. [A]"""
        return np.exp(self.weights["log_std"].astype(np.float64))

    def to_bytes(self) -> bytes:
        """As safetensors."""
        from safetensors.numpy import save

        n = self.normaliser
        seen = {"seen.count": np.array([n.count]), "seen.mean": n.mean, "seen.squares": n.squares}
        return bytes(save({**self.weights, **seen}))

    @classmethod
    def from_bytes(cls, data: bytes) -> Network:
        """From safetensors, which hold no code.

        Raises:
            BadInput: They hold something else.
        """
        arrays = tensors(data)
        try:
            count, mean, squares = (arrays.pop(f"seen.{name}") for name in ("count", "mean", "squares"))
            if not all(np.isfinite(array).all() for array in (*arrays.values(), count, mean, squares)):
                raise ValueError("numbers that are not finite")
            if count.shape != (1,) or count[0] < 0 or mean.ndim != 1 or (squares < 0).any():
                raise ValueError("a normaliser of nothing")
            found = {name: (array.dtype.name, array.shape) for name, array in arrays.items()}
            if mean.shape != squares.shape or found != _layers(arrays, len(mean)):
                raise ValueError("layers that do not fit each other")
            return cls(arrays, Normaliser(float(count[0]), mean, squares))
        except (KeyError, ValueError) as error:
            raise BadInput(f"these are no weights of a policy: {error}", "give what `sim.train` made") from None


def _layers(arrays: Mapping[str, np.ndarray], observations: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Dtypes and shapes of weights for so many numbers observed; widths are those of the biases."""
    actions = len(np.atleast_1d(arrays["log_std"]))
    shapes: dict[str, tuple[int, ...]] = {"log_std": (actions,)}
    for head, out in (("actor", actions), ("critic", 1)):
        inner = [arrays[f"{head}.{layer}.bias"].size for layer in range(LAYERS - 1)]
        sizes = [observations, *inner, out]
        for layer in range(LAYERS):
            shapes[f"{head}.{layer}.weight"] = sizes[layer + 1], sizes[layer]
            shapes[f"{head}.{layer}.bias"] = (sizes[layer + 1],)
    return {name: ("float32", shape) for name, shape in shapes.items()}


def tensors(data: bytes) -> dict[str, Any]:
    """Arrays by name out of safetensors.

    Raises:
        BadInput: They are none.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return dict(load(data))
    except (SafetensorError, ValueError) as error:
        raise BadInput(f"these are no safetensors: {error}", "give what `sim.train` made") from None


def _orthogonal(rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """A random matrix with orthonormal rows or columns, whichever are fewer. [rows, columns]"""
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return q if rows >= columns else q.T
