"""What was practised: whole episodes, in arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .network import tensors


@dataclass(frozen=True)
class Practice:
    """One episode as its learner needs it.

    Args:
        observations: What the policy saw before each action, and at the end. [T + 1, D] float32
        actions: What it did. [T, A] float32
        labels: What the expert would have done; NaN where nobody asked. [T, A] float32
        rewards: After each action. [T] float32
        achieved: Whether the task stood achieved after each action. [T] bool
    """

    observations: np.ndarray
    actions: np.ndarray
    labels: np.ndarray
    rewards: np.ndarray
    achieved: np.ndarray

    @property
    def success(self) -> bool:
        """Whether the task stood achieved at the end."""
        return bool(self.achieved[-1])


def seen(episodes: Sequence[Practice]) -> np.ndarray:
    """All observations that an action followed. [N, D]"""
    return np.concatenate([episode.observations[:-1] for episode in episodes])


class Lessons(NamedTuple):
    """What an expert said it would do."""

    observations: np.ndarray
    """At which it was asked. [N, D]"""
    labels: np.ndarray
    """What it said. [N, A]"""

    @classmethod
    def of(cls, episodes: Sequence[Practice]) -> Lessons:
        """Those of some episodes."""
        labels = np.concatenate([episode.labels for episode in episodes])
        asked = ~np.isnan(labels).any(1)
        return cls(seen(episodes)[asked], labels[asked])

    @classmethod
    def together(cls, parts: Sequence[bytes]) -> Lessons:
        """Those of several iterations, each as `to_bytes` has them."""
        read = [tensors(part) for part in parts]
        return cls(*(np.concatenate([arrays[name] for arrays in read]) for name in cls._fields))

    def to_bytes(self) -> bytes:
        """As safetensors."""
        from safetensors.numpy import save

        return bytes(save(self._asdict()))
