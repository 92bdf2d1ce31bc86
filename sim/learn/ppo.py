"""Proximal policy optimisation (Schulman et al., arXiv 1707.06347) on whole episodes, in the style of CleanRL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .batch import Practice, seen
from .network import Network
from .torch_network import Learner, minibatches, one_thread


class Ppo(BaseModel):
    """Its options, with the values that CleanRL has for continuous actions."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    rate: float = Field(3e-4, gt=0, description="Of learning.")
    epochs: int = Field(10, ge=1, description="Over the episodes of an iteration.")
    minibatch: int = Field(256, ge=1, description="Steps in one descent.")
    discount: float = Field(0.98, ge=0, lt=1, description="γ.")
    smoothing: float = Field(0.95, ge=0, le=1, description="λ of generalised advantage estimation.")
    clip: float = Field(0.2, gt=0, description="How far the ratio of probabilities may go from 1.")
    value: float = Field(0.5, ge=0, description="Weight of the value's loss.")
    exploration: float = Field(0.0, ge=0, description="Weight of the entropy of actions.")


def advantages(rewards: np.ndarray, values: np.ndarray, discount: float, smoothing: float) -> np.ndarray:
    """Generalised advantage estimation (Schulman et al., arXiv 1506.02438) of an episode that time ends.

    Args:
        rewards: [T]
        values: Of each state, the last one's too, from which the future goes on. [T + 1]
        discount: γ.
        smoothing: λ.

    Returns:
        [T]
    """
    found, later = np.zeros(len(rewards)), 0.0
    for t in range(len(rewards) - 1, -1, -1):
        surprise = rewards[t] + discount * values[t + 1] - values[t]
        found[t] = later = surprise + discount * smoothing * later
    return found


def ppo(
    network: Network, moments: bytes | None, episodes: Sequence[Practice], how: Ppo, rng: np.random.Generator
) -> tuple[Network, bytes, dict[str, float]]:
    """Improve actor and critic by the episodes that the network's own actions made.

    A network that has seen nothing yet learns nothing from its first episodes but how observations spread: what it did
    in them, it did by numbers that it will not meet again once they are normalised.

    Args:
        network: Which acted, with its noise.
        moments: Of Adam.
        episodes: As it made them.
        how: Options.
        rng: Shuffles.

    Returns:
        The network and Adam's moments afterwards, and the approximate Kullback-Leibler divergence between the two.
    """
    import torch

    with one_thread():
        learner = Learner(network, how.rate, moments)
        if not network.normaliser.count:
            return learner.network(network.normaliser.with_more(seen(episodes))), learner.moments(), {"divergence": 0.0}
        normaliser = network.normaliser  # the one that the episodes were acted with
        gains, returns = [], []
        for episode in episodes:
            with torch.no_grad():
                values = learner.critic(torch.from_numpy(normaliser(episode.observations))).numpy()
            gain = advantages(episode.rewards, values, how.discount, how.smoothing)
            gains.append(gain)
            returns.append(gain + values[:-1])
        x = torch.from_numpy(normaliser(seen(episodes)))
        actions = torch.from_numpy(np.concatenate([episode.actions for episode in episodes]))
        gain_all = np.concatenate(gains)
        advantage = torch.from_numpy(((gain_all - gain_all.mean()) / (gain_all.std() + 1e-8)).astype(np.float32))
        target = torch.from_numpy(np.concatenate(returns).astype(np.float32))
        with torch.no_grad():
            before = _log_probability(learner, x, actions)
        for rows in minibatches(len(x), how.minibatch, how.epochs, rng):
            now = _log_probability(learner, x[rows], actions[rows])
            ratio = torch.exp(now - before[rows])
            clipped = ratio.clamp(1 - how.clip, 1 + how.clip)
            policy = -torch.minimum(ratio * advantage[rows], clipped * advantage[rows]).mean()
            value = 0.5 * (learner.critic(x[rows]) - target[rows]).square().mean()
            learner.descend(policy + how.value * value - how.exploration * learner.weights["log_std"].sum())
        with torch.no_grad():
            change = _log_probability(learner, x, actions) - before
            divergence = float((change.exp() - 1 - change).mean())  # Schulman, "Approximating KL Divergence" (2020)
        return learner.network(normaliser.with_more(seen(episodes))), learner.moments(), {"divergence": divergence}


def _log_probability(learner: Learner, observations: Any, actions: Any) -> Any:
    import torch

    log_std = learner.weights["log_std"]
    return torch.distributions.Normal(learner.actor(observations), log_std.exp()).log_prob(actions).sum(1)
