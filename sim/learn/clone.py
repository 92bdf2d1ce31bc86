"""Behaviour cloning: regression on what an expert does, or would have done where the policy went."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .network import Network, Normaliser
from .torch_network import Learner, one_thread


class Clone(BaseModel):
    """How a policy imitates."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    rate: float = Field(2e-3, gt=0, description="Of learning.")
    descents: int = Field(800, ge=1, description="In an iteration.")
    minibatch: int = Field(256, ge=1, description="Steps in one descent, out of all iterations so far.")


def clone(
    network: Network,
    moments: bytes | None,
    observations: np.ndarray,
    labels: np.ndarray,
    how: Clone,
    rng: np.random.Generator,
) -> tuple[Network, bytes, dict[str, float]]:
    """Fit the actor to labels; DAgger (Ross et al., arXiv 1011.0686) where the policy met what it observed.

    Args:
        network: What to start from.
        moments: Of Adam.
        observations: [N, D]
        labels: What the expert would have done. [N, A]
        how: Options.
        rng: Shuffles.

    Returns:
        The network and Adam's moments afterwards, and the mean absolute error on the last minibatches.
    """
    import torch

    normaliser = Normaliser.of(observations.shape[1]).with_more(observations)
    errors = []
    with one_thread():
        learner = Learner(network, how.rate, moments)
        x, y = torch.from_numpy(normaliser(observations)), torch.from_numpy(labels.astype(np.float32))
        for _ in range(how.descents):
            rows = rng.integers(len(x), size=how.minibatch)
            told = learner.actor(x[rows])
            learner.descend(torch.nn.functional.smooth_l1_loss(told, y[rows], beta=0.1))
            errors.append(float((told.detach() - y[rows]).abs().mean()))
        return learner.network(normaliser), learner.moments(), {"error": float(np.mean(errors[-50:]))}
