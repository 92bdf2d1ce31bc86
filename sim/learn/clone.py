"""Behaviour cloning: regression on what an expert does, or would have done where the policy went (DAgger)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .batch import Practice, seen
from .network import Network
from .torch_network import Learner, minibatches, one_thread


class Clone(BaseModel):
    """How a policy imitates; DAgger (Ross et al., arXiv 1011.0686) where the policy practises and the expert tells.

    Each iteration learns from its own episodes alone, so that nothing but weights and moments goes on to the next.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    rate: float = Field(1e-3, gt=0, description="Of learning.")
    epochs: int = Field(10, ge=1, description="Over the episodes of an iteration.")
    minibatch: int = Field(256, ge=1, description="Steps in one descent.")


def clone(
    network: Network, moments: bytes | None, episodes: Sequence[Practice], how: Clone, rng: np.random.Generator
) -> tuple[Network, bytes, dict[str, float]]:
    """Fit the actor to the labels.

    Args:
        network: What to start from.
        moments: Of Adam.
        episodes: With labels.
        how: Options.
        rng: Shuffles.

    Returns:
        The network and Adam's moments afterwards, and the mean absolute error before the fit.
    """
    import torch

    observations, labels = seen(episodes), np.concatenate([episode.labels for episode in episodes])
    asked = ~np.isnan(labels).any(1)
    observations, labels = observations[asked], labels[asked]
    normaliser = network.normaliser.with_more(observations)
    with one_thread():
        learner = Learner(network, how.rate, moments)
        x, y = torch.from_numpy(normaliser(observations)), torch.from_numpy(labels.astype(np.float32))
        with torch.no_grad():
            error = float((learner.actor(x) - y).abs().mean())
        for rows in minibatches(len(x), how.minibatch, how.epochs, rng):
            learner.descend(torch.nn.functional.smooth_l1_loss(learner.actor(x[rows]), y[rows], beta=0.1))
        return learner.network(normaliser), learner.moments(), {"error": error}
