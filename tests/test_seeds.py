"""Draws depend on what they are for and on nothing else."""

from __future__ import annotations

import numpy as np
from scipy import stats

from multisynth import seeds


def test_streams_repeat_and_differ():
    def first(run: int, stage: str, origin: str, purpose: str) -> int:
        return int(seeds.rng(seeds.seed(run, stage, origin), purpose).integers(1 << 62))

    base = (7, "stage", "12", "colour")
    assert first(*base) == first(*base)
    others = [
        (8, "stage", "12", "colour"),
        (7, "stages", "12", "colour"),
        (7, "stage", "13", "colour"),
        (7, "stage", "12", "pose"),
    ]
    assert len({first(*other) for other in [base, *others]}) == 5


def test_names_do_not_run_into_each_other():
    assert seeds.seed(1, "a", "1b") != seeds.seed(1, "a1", "b") and seeds.seed(11, "a", "b") != seeds.seed(1, "1a", "b")


def test_first_draws_of_neighbouring_samples_are_uniform_and_independent():
    draws = np.array([seeds.rng(seeds.seed(7, "s", str(n)), "x").random(2) for n in range(4000)])
    assert stats.kstest(draws[:, 0], "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 0.06
    assert abs(np.corrcoef(draws.T)[0, 1]) < 0.06
