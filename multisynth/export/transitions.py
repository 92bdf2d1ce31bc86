"""An episode as transitions: what was observed, what was done, what came of it.

An episode of T steps holds the state before each action, and none after the last. Formats that ask for the observation
after every action therefore get T - 1 transitions: the T-th state is the last observation, and the action that was
chosen there is not part of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multisynth.sample import Sample


@dataclass(frozen=True)
class Transitions:
    """N transitions."""

    observations: np.ndarray  # [N + 1, S] float32
    actions: np.ndarray  # [N, A] float32
    rewards: np.ndarray  # [N] float32
    successes: np.ndarray  # [N] bool, whether the task stood achieved after each

    @classmethod
    def of(cls, episode: Sample) -> Transitions:
        """Those of an episode of two steps or more."""
        return cls(episode["states"], episode["actions"][:-1], episode["rewards"][:-1], episode["successes"][:-1])

    def __len__(self) -> int:
        return len(self.actions)
