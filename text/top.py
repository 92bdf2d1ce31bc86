"""The best by reward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Reduce

from .posed import problem_of


class Top(Reduce):
    """Keeps what has at least a percentile of the rewards: rejection sampling by a reward model.

    The percentile is numpy's, by linear interpolation. What equals it stays, so of equal rewards all stay, and of a
    group of one that one. A sample without a number in the `meta` is dropped.
    """

    takes = (REASONING, PROBLEM)

    percentile: float = Field(90.0, ge=0, le=100, description="Of the rewards, from which a sample stays.")
    within: Literal["all", "problem", "domain"] = Field(
        "all", description="Among which it has to be: all samples, the attempts at its problem, its domain's."
    )
    meta: str = Field("reward", min_length=1, max_length=100, description="Where in `meta` the reward is.")

    def sketch(self, samples: Batch) -> pa.Table:
        """Reward, null where there is none, and group of each."""
        return pa.table(
            {
                "reward": pa.array([reward_of(sample, self.meta) for sample in samples], pa.float64()),
                "group": pa.array([self._group(sample) for sample in samples], pa.string()),
            }
        )

    def resolve(self, sketches: pa.Table) -> dict[str, float]:
        """The least reward that stays, by group."""
        groups: dict[str, list[float]] = {}
        for reward, group in zip(sketches["reward"].to_pylist(), sketches["group"].to_pylist(), strict=True):
            if reward is not None:
                groups.setdefault(group, []).append(reward)
        return {group: float(np.percentile(rewards, self.percentile)) for group, rewards in groups.items()}

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        """As `Reduce.apply`."""
        for sample in samples:
            reward = reward_of(sample, self.meta)
            if reward is None:
                yield Drop(sample, f"no {self.meta}")
            elif reward < (least := decision[self._group(sample)]):
                yield Drop(sample, f"below the {self.percentile:g}th percentile: {reward:.4g} of {least:.4g}")
            else:
                yield sample

    def _group(self, sample: Sample) -> str:
        if self.within == "all":
            return ""
        return str(sample["domain"]) if self.within == "domain" else problem_of(sample)


def reward_of(sample: Sample, name: str) -> float | None:
    """The finite number of that name in a sample's meta; None where there is none."""
    value = sample.meta.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        return None
    return float(value)
